"""Messages as the shop's AsyncAPI document describes them: received ones and published ones."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from uuid import UUID

from pika import BasicProperties
from pika.spec import Basic

RETRY_TIERS_MS = (1_000, 10_000, 60_000)
PERSISTENT, TRANSIENT = 2, 1
BROKERS_OWN_HEADERS = re.compile(r"x-(death|first-death-|last-death-|delivery-count|acquired-count)")


class Unreadable(Exception):
    """The message can never be handled, however often it is retried."""


@dataclass(frozen=True)
class Message:
    id: str
    type: str
    version: int
    data: dict[str, Any]


def read(properties: BasicProperties, body: bytes) -> Message:
    """Reads a message. Raises Unreadable when the delivery is not a message."""
    try:
        id, version, data = str(UUID(properties.message_id)), (properties.headers or {})["version"], json.loads(body)
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise Unreadable(f"not a message: {error!r}") from error
    if not isinstance(properties.type, str) or not isinstance(version, int) or not isinstance(data, dict):
        raise Unreadable("not a message: it needs a type, a version, and an object as its data")
    return Message(id, properties.type, version, data)


# Attribute of an event in a batch: header of a message that comes alone.
HEADER_OF = {"dataversion": "version", "time": "time", "correlationid": "correlation-id", "causationid": "causation-id", "traceparent": "traceparent"}


def facts_in(properties: BasicProperties, body: bytes) -> list[tuple[BasicProperties, bytes]]:
    """Takes a batch (CloudEvents 1.0, JSON batch format) apart. A message that is no batch is its only fact."""
    if properties.content_type != "application/cloudevents-batch+json":
        return [(properties, body)]
    try:
        return [_fact_of(properties, event) for event in json.loads(body)]
    except (ValueError, TypeError, AttributeError, KeyError):
        return [(properties, body)]  # not a batch: `read` refuses it


def _fact_of(batch: BasicProperties, event: dict[str, Any]) -> tuple[BasicProperties, bytes]:
    headers = {name: value for name, value in (batch.headers or {}).items() if name != "facts"}
    headers |= {header: event[name] for name, header in HEADER_OF.items() if name in event}
    fact = BasicProperties(message_id=event["id"], type=event["type"], app_id=event["source"], user_id=batch.user_id, content_type="application/json", headers=headers)
    return fact, json.dumps(event["data"]).encode()


@dataclass(frozen=True)
class Caller:
    """The caller that waits for a reply, and its timeout (milliseconds since the request was published)."""

    reply_to: str
    correlation_id: str
    timeout_ms: int | None

    @staticmethod
    def of(properties: BasicProperties) -> Caller | None:
        if not properties.reply_to or not properties.correlation_id:
            return None
        timeout_ms = (properties.headers or {}).get("timeout-ms")
        return Caller(properties.reply_to, properties.correlation_id, timeout_ms if isinstance(timeout_ms, int) else None)

    def has_gone(self) -> bool:
        """Returns whether the timeout had passed on arrival. Requests that expire in the queue are dropped by the broker."""
        return self.timeout_ms is not None and self.timeout_ms <= 0


@dataclass(frozen=True)
class Publish:
    """A message that must be published and confirmed before a delivery is acknowledged."""

    exchange: str
    routing_key: str
    properties: BasicProperties
    body: bytes
    mandatory: bool


def failed(queue: str, method: Basic.Deliver, properties: BasicProperties, body: bytes, error: Exception) -> Publish:
    """Returns the unchanged message for the next retry tier, or for the dead letters when no retry is left or useful."""
    headers = properties.headers or {}
    before = headers.get("attempts", 0)
    before = before if isinstance(before, int) and before > 0 else 0
    facts: dict[str, Any] = {
        "attempts": before + 1,
        "reason": f"{type(error).__name__}: {error}"[:1_000],
        "original-exchange": headers.get("original-exchange", method.exchange),
        "original-routing-key": headers.get("original-routing-key", method.routing_key),
        "sent-by": headers.get("sent-by", properties.user_id or ""),
    }
    exchange = "shop.dead"
    if not isinstance(error, Unreadable) and before < len(RETRY_TIERS_MS):
        exchange = f"shop.retry-tier.{RETRY_TIERS_MS[before]}"
    else:
        facts["failed-at"] = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    kept = {name: value for name, value in headers.items() if not BROKERS_OWN_HEADERS.match(name)}
    properties.headers, properties.expiration, properties.delivery_mode = {**kept, **facts}, None, PERSISTENT
    properties.user_id = None  # the broker refuses a message with the user id of another user
    return Publish(exchange, queue, properties, body, mandatory=True)


def answer(caller: Caller, value: dict[str, Any], content_type: str = "application/json") -> Publish:
    properties = BasicProperties(type="answer", correlation_id=caller.correlation_id, content_type=content_type, delivery_mode=TRANSIENT)
    return Publish("", caller.reply_to, properties, json.dumps(value).encode(), mandatory=False)


def problem(caller: Caller, status: int, title: str, detail: str | None = None) -> Publish:
    """Returns problem details (RFC 9457): the reason why the request was not fulfilled."""
    value = {"type": "about:blank", "title": title, "status": status, **({} if detail is None else {"detail": detail})}
    return answer(caller, value, "application/problem+json")
