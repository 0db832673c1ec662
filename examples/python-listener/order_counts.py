"""Counts orders by state, and received events by type."""

from __future__ import annotations

import sqlite3
from typing import Any
from uuid import UUID

from wire import Message, Unreadable

# State of an order after an event; other events change no state.
STATE_AFTER = {
    "order.placed": "pending",
    "order.awaiting_payment": "awaiting_payment",
    "order.paid": "paid",
    "order.shipped": "shipped",
    "order.completed": "completed",
    "order.rejected": "rejected",
    "order.cancelled": "cancelled",
}
KNOWN_VERSION = 1

SCHEMA = """
CREATE TABLE IF NOT EXISTS handled (message_id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (type TEXT PRIMARY KEY, heard INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, version INTEGER NOT NULL, state TEXT NOT NULL) WITHOUT ROWID;
"""
COUNT_FACT = "INSERT INTO facts VALUES (?, 1) ON CONFLICT (type) DO UPDATE SET heard = heard + 1"
# Events may arrive out of order: an older one changes nothing.
SET_STATE = """INSERT INTO orders VALUES (?, ?, ?)
ON CONFLICT (id) DO UPDATE SET version = excluded.version, state = excluded.state WHERE excluded.version > version"""


class OrderCounts:
    """Counts in one SQLite file, so that a message id and its effect are stored in one transaction."""

    def __init__(self, file: str) -> None:
        self._db = sqlite3.connect(file)
        self._db.executescript(SCHEMA)

    def hear(self, message: Message) -> bool:
        """Counts a message. Returns False when it was counted before. Raises Unreadable."""
        state = STATE_AFTER.get(message.type)
        order_id, version = _order_in(message) if state else ("", 0)
        with self._db:
            if self._db.execute("INSERT OR IGNORE INTO handled VALUES (?)", (message.id,)).rowcount == 0:
                return False
            self._db.execute(COUNT_FACT, (message.type,))
            if state:
                self._db.execute(SET_STATE, (order_id, version, state))
        return True

    def facts(self) -> dict[str, int]:
        return dict(self._db.execute("SELECT type, heard FROM facts ORDER BY type"))

    def orders(self, state: str | None = None) -> dict[str, int]:
        counted = self._db.execute("SELECT state, count(*) FROM orders WHERE ?1 IS NULL OR state = ?1 GROUP BY state ORDER BY state", (state,))
        return dict(counted)

    def close(self) -> None:
        self._db.close()


def _order_in(message: Message) -> tuple[str, int]:
    if message.version != KNOWN_VERSION:
        raise Unreadable(f"{message.type} is version {message.version}, and version {KNOWN_VERSION} is known here")
    data: dict[str, Any] = message.data
    try:
        order_id, version = str(UUID(data["orderId"])), data["version"]
    except (KeyError, ValueError, AttributeError) as error:
        raise Unreadable(f"{message.type} without an order: {error!r}") from error
    if not isinstance(version, int):
        raise Unreadable(f"{message.type} without the version of its order")
    return order_id, version
