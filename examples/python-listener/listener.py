"""Counts the shop's orders from its events, and replies to the RPC `order-statistics.get`."""

from __future__ import annotations

import logging
import os
import signal
import ssl
import sys
import threading

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError
from pika.spec import Basic

from order_counts import STATE_AFTER, OrderCounts
from wire import RETRY_TIERS_MS, Caller, Message, Publish, Unreadable, answer, facts_in, failed, problem, read

NAME = "order-statistics"
EVENTS, QUERIES, GET = f"{NAME}.events", f"{NAME}.queries", f"{NAME}.get"
PREFETCH = 100
RECONNECT_SECONDS = 1
log = logging.getLogger(NAME)


def declare(channel: BlockingChannel) -> None:
    """Declares this program's own queues. Declaring an existing queue again changes nothing."""
    letters = {"x-dead-letter-exchange": "shop.dead", "x-dead-letter-routing-key": EVENTS, "x-dead-letter-strategy": "at-least-once"}
    channel.queue_declare(f"{EVENTS}.dead", durable=True, arguments={"x-queue-type": "quorum", "x-delivery-limit": 1_000_000_000})
    channel.queue_bind(f"{EVENTS}.dead", "shop.dead", EVENTS)
    channel.queue_declare(EVENTS, durable=True, arguments={"x-queue-type": "quorum", "x-delivery-limit": 20, "x-overflow": "reject-publish", **letters})
    channel.queue_bind(EVENTS, "shop.home", EVENTS)
    for ms in RETRY_TIERS_MS:
        tier = {"x-message-ttl": ms, "x-dead-letter-exchange": "shop.home", "x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}
        channel.queue_declare(f"{NAME}.retry.{ms}", durable=True, arguments={"x-queue-type": "quorum", "x-delivery-limit": 1_000_000_000, **tier})
        channel.queue_bind(f"{NAME}.retry.{ms}", f"shop.retry-tier.{ms}", f"{NAME}.#")
    channel.queue_bind(EVENTS, "shop.events", "order.*")
    channel.queue_declare(QUERIES, durable=True, arguments={"x-queue-type": "classic", "x-max-length": 10_000, "x-overflow": "reject-publish"})
    channel.queue_bind(QUERIES, "shop.commands", GET)


def respond(counts: OrderCounts, caller: Caller, message: Message) -> Publish:
    """Returns the number of orders in each state, or in the requested one."""
    if message.type != GET or message.version != 1:
        return problem(caller, 400, "Malformed message", f"this is {GET}, version 1")
    state = message.data.get("status")
    if state is not None and state not in STATE_AFTER.values():
        return problem(caller, 422, "Unknown status", f"{state!r} is no status of an order")
    return answer(caller, {"orders": counts.orders(state), "facts": counts.facts()})


class Listener:
    def __init__(self, parameters: pika.connection.Parameters, counts: OrderCounts) -> None:
        self._parameters, self._counts = parameters, counts
        self._stopping = threading.Event()
        self._connection: pika.BlockingConnection | None = None
        self._channel: BlockingChannel | None = None

    def run(self) -> None:
        """Consumes until `stop`, and reconnects after a lost connection."""
        while not self._stopping.is_set():
            try:
                self._listen()
            except (AMQPError, OSError) as error:
                log.warning("no broker, trying again: %r", error)
                self._stopping.wait(RECONNECT_SECONDS)

    def stop(self) -> None:
        """Stops after the current message. May be called from a signal handler."""
        self._stopping.set()
        if self._connection and self._channel and self._connection.is_open:
            self._connection.add_callback_threadsafe(self._channel.stop_consuming)

    def _listen(self) -> None:
        self._connection = pika.BlockingConnection(self._parameters)
        try:
            channel = self._channel = self._connection.channel()
            channel.confirm_delivery()
            declare(channel)
            channel.basic_qos(prefetch_count=PREFETCH)
            channel.add_on_cancel_callback(lambda _: channel.stop_consuming())
            channel.basic_consume(EVENTS, self._heard)
            channel.basic_consume(QUERIES, self._asked)
            log.info("listening")
            if not self._stopping.is_set():
                channel.start_consuming()
        finally:
            if self._connection.is_open:
                self._connection.close()

    def _heard(self, channel: BlockingChannel, method: Basic.Deliver, properties: pika.BasicProperties, body: bytes) -> None:
        for fact, data in facts_in(properties, body):
            self._count(channel, method, fact, data)
        channel.basic_ack(method.delivery_tag)

    def _count(self, channel: BlockingChannel, method: Basic.Deliver, properties: pika.BasicProperties, body: bytes) -> None:
        try:
            if self._counts.hear(read(properties, body)):
                log.info("counted %s %s", properties.type, properties.message_id)
        except Exception as error:
            log.warning("%s failed: %s", properties.type, error)
            publish(channel, failed(EVENTS, method, properties, body, error))

    def _asked(self, channel: BlockingChannel, method: Basic.Deliver, properties: pika.BasicProperties, body: bytes) -> None:
        caller = Caller.of(properties)
        if caller and not caller.has_gone():
            publish(channel, self._answer(caller, properties, body))
        channel.basic_ack(method.delivery_tag)

    def _answer(self, caller: Caller, properties: pika.BasicProperties, body: bytes) -> Publish:
        try:
            return respond(self._counts, caller, read(properties, body))
        except Unreadable as error:
            return problem(caller, 400, "Malformed message", str(error))
        except Exception:
            log.exception("%s failed", GET)
            return problem(caller, 500, "Internal error")


def publish(channel: BlockingChannel, what: Publish) -> None:
    """Returns after the broker's confirm. Otherwise raises: the delivery is not acknowledged, and is redelivered."""
    channel.basic_publish(what.exchange, what.routing_key, what.body, what.properties, mandatory=what.mandatory)


def parameters_of(environment: os._Environ[str]) -> pika.URLParameters:
    parameters = pika.URLParameters(environment["AMQP_URL"])
    parameters.heartbeat = 30
    parameters.blocked_connection_timeout = 60
    parameters.client_properties = {"connection_name": NAME}
    if "AMQP_CA" in environment:
        parameters.ssl_options = pika.SSLOptions(ssl.create_default_context(cafile=environment["AMQP_CA"]), parameters.host)
    return parameters


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    if "AMQP_URL" not in os.environ:
        sys.exit("AMQP_URL is not set: say which broker, for example AMQP_URL=amqp://user:password@host:5672/sluice")
    counts = OrderCounts(os.environ.get("STATISTICS_FILE", "order-statistics.sqlite"))
    listener = Listener(parameters_of(os.environ), counts)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: listener.stop())
    listener.run()
    counts.close()


if __name__ == "__main__":
    main()
