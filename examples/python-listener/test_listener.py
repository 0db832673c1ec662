"""Without a broker: python3 -m unittest, in this folder."""

import json
import unittest

from pika import BasicProperties
from pika.spec import Basic

from listener import EVENTS, GET, respond
from order_counts import OrderCounts
from wire import Caller, Message, Unreadable, facts_in, failed, read

ORDER = "0198c0de-0000-8000-8000-000000000001"
CALLER = Caller("amq.rabbitmq.reply-to.x", "c-1", None)


def id_of(number: int) -> str:
    return f"0198c0de-0000-7000-8000-{number:012d}"


def fact(number: int, type: str, version: int, **more: object) -> Message:
    return Message(id_of(number), type, 1, {"orderId": ORDER, "version": version, **more})


def properties(**more: object) -> BasicProperties:
    return BasicProperties(**{"message_id": id_of(1), "type": "order.placed", "headers": {"version": 1}, **more})


class Counting(unittest.TestCase):
    def setUp(self) -> None:
        self.counts = OrderCounts(":memory:")
        self.addCleanup(self.counts.close)

    def test_counts_the_same_message_once(self) -> None:
        placed = fact(1, "order.placed", 1)
        self.assertEqual([self.counts.hear(placed), self.counts.hear(placed)], [True, False])
        self.assertEqual(self.counts.facts(), {"order.placed": 1})

    def test_knows_an_order_by_its_newest_fact_whatever_comes_last(self) -> None:
        for number, (type, version) in enumerate([("order.paid", 4), ("order.placed", 1), ("order.awaiting_payment", 3)]):
            self.counts.hear(fact(number, type, version))
        self.assertEqual(self.counts.orders(), {"paid": 1})
        self.assertEqual(self.counts.orders("pending"), {})

    def test_ignores_fields_and_types_that_it_does_not_know(self) -> None:
        self.counts.hear(fact(1, "order.placed", 1, colour="green"))
        self.counts.hear(Message(id_of(2), "order.framed", 7, {}))
        self.assertEqual((self.counts.orders(), self.counts.facts()), ({"pending": 1}, {"order.framed": 1, "order.placed": 1}))

    def test_refuses_another_version_and_a_fact_without_its_order_and_counts_neither(self) -> None:
        for message in [Message(id_of(1), "order.paid", 2, fact(1, "order.paid", 1).data), Message(id_of(2), "order.paid", 1, {"orderId": "x", "version": 1}), fact(3, "order.paid", None)]:
            with self.assertRaises(Unreadable):
                self.counts.hear(message)
        self.assertEqual(self.counts.facts(), {})


class Reading(unittest.TestCase):
    def test_takes_the_data_from_the_body_and_the_rest_from_the_properties(self) -> None:
        self.assertEqual(read(properties(), b'{"n":1}'), Message(id_of(1), "order.placed", 1, {"n": 1}))

    def test_refuses_what_is_not_a_message(self) -> None:
        broken = [(properties(), b"{"), (properties(), b"\xff"), (properties(), b"[]"), (properties(message_id="1"), b"{}"), (properties(message_id=None), b"{}"), (properties(type=None), b"{}"), (properties(headers=None), b"{}"), (properties(headers={"version": "1"}), b"{}")]
        for some, body in broken:
            with self.assertRaises(Unreadable):
                read(some, body)

    def test_takes_a_batch_apart_and_leaves_every_other_message_as_it_is(self) -> None:
        event = {"specversion": "1.0", "id": id_of(2), "source": "orders", "type": "order.placed", "dataversion": 1, "correlationid": "c-1"}
        batch = properties(content_type="application/cloudevents-batch+json", user_id="orders", headers={"version": 1, "facts": 2})
        facts = facts_in(batch, json.dumps([{**event, "data": {"n": 1}}, {**event, "id": id_of(3), "data": {"n": 2}}]).encode())
        self.assertEqual([read(*fact) for fact in facts], [Message(id_of(number), "order.placed", 1, {"n": number - 1}) for number in (2, 3)])
        first, _ = facts[0]
        self.assertEqual((first.user_id, first.content_type, first.headers), ("orders", "application/json", {"version": 1, "correlation-id": "c-1"}))
        for other in [(properties(), b"[]"), (batch, b"{"), (batch, b"[1]"), (batch, b"7"), (batch, b'[{"id": "x"}]')]:
            self.assertEqual(facts_in(*other), [other])
            with self.assertRaises(Unreadable):
                read(*other)


class Failing(unittest.TestCase):
    METHOD = Basic.Deliver(exchange="shop.events", routing_key="order.placed")

    def test_goes_through_the_tiers_and_is_then_a_dead_letter(self) -> None:
        current, exchanges = properties(), []
        for _ in range(4):
            out = failed(EVENTS, self.METHOD, current, b"{}", OSError("disk full"))
            current = out.properties
            exchanges.append(out.exchange)
        self.assertEqual(exchanges, ["shop.retry-tier.1000", "shop.retry-tier.10000", "shop.retry-tier.60000", "shop.dead"])
        self.assertEqual((out.routing_key, out.mandatory, out.properties.delivery_mode), (EVENTS, True, 2))
        self.assertEqual(out.properties.headers["attempts"], 4)

    def test_is_a_dead_letter_at_once_when_trying_again_is_pointless(self) -> None:
        came = properties(headers={"version": 1, "x-death": [], "original-exchange": "first", "timeout-ms": 5}, expiration="9", user_id="orders")
        out = failed(EVENTS, self.METHOD, came, b"?", Unreadable("not a message"))
        headers = out.properties.headers
        self.assertEqual((out.exchange, out.body, out.properties.expiration), ("shop.dead", b"?", None))
        self.assertEqual((out.properties.user_id, headers["sent-by"]), (None, "orders"))
        self.assertEqual((headers["reason"], headers["original-exchange"], headers["original-routing-key"], headers["timeout-ms"]), ("Unreadable: not a message", "first", "order.placed", 5))
        self.assertRegex(headers["failed-at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertNotIn("x-death", headers)


class Answering(unittest.TestCase):
    def ask(self, data: dict, version: int = 1) -> tuple:
        counts = OrderCounts(":memory:")
        counts.hear(fact(1, "order.placed", 1))
        out = respond(counts, CALLER, Message(id_of(9), GET, version, data))
        counts.close()
        self.assertEqual((out.exchange, out.routing_key, out.mandatory, out.properties.correlation_id, out.properties.type), ("", CALLER.reply_to, False, "c-1", "answer"))
        return out.properties.content_type, json.loads(out.body)

    def test_answers_all_states_or_one(self) -> None:
        everything = {"orders": {"pending": 1}, "facts": {"order.placed": 1}}
        self.assertEqual(self.ask({}), ("application/json", everything))
        self.assertEqual(self.ask({"status": "paid"}), ("application/json", {**everything, "orders": {}}))

    def test_says_in_problem_details_why_not(self) -> None:
        for content_type, body, status in [(*self.ask({"status": "lost"}), 422), (*self.ask({"status": []}), 422), (*self.ask({}, version=2), 400)]:
            self.assertEqual((content_type, body["status"], body["type"]), ("application/problem+json", status, "about:blank"))

    def test_knows_who_waits_and_for_how_long(self) -> None:
        def asked(timeout_ms: int) -> Caller:
            return Caller.of(properties(reply_to="x", correlation_id="c", headers={"timeout-ms": timeout_ms}))

        self.assertIsNone(Caller.of(properties(reply_to="x")))
        self.assertTrue(asked(0).has_gone())
        self.assertFalse(asked(1).has_gone())
        self.assertFalse(CALLER.has_gone())


if __name__ == "__main__":
    unittest.main()
