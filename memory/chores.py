"""Retention: what is over is deleted, a bounded piece at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.records import DeliveryState, InboundState
from memory.sessions import IDLE
from memory.tables import (
    deliveries,
    events,
    heard,
    inbound,
    link_codes,
    sessions,
    sign_in_links,
    spoken,
    wrong_codes,
)

KEPT = timedelta(days=90)
SPOKEN = timedelta(days=7)
AT_ONCE = 10_000  # rows of one table in one go, so that a chore never holds a table for long
UNFINISHED = (InboundState.RECEIVED.value, InboundState.WORKING.value)
UNSENT = (DeliveryState.PENDING.value, DeliveryState.ATTEMPTING.value)


class OldRows:
    """Fulfils `bot.repositories.Chores`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self.tx = tx

    async def prune(self, now: datetime) -> int:
        """How many rows were deleted; call again while it is many."""
        over = (
            (link_codes, link_codes.c.expires_at <= now),
            (wrong_codes, wrong_codes.c.at <= now - timedelta(hours=1)),
            (sign_in_links, sign_in_links.c.expires_at <= now),
            (sessions, sessions.c.used_at <= now - IDLE),
            (heard, heard.c.at <= now - KEPT),
            (spoken, spoken.c.at <= now - SPOKEN),
            (events, events.c.at <= now - KEPT),
            (deliveries, (deliveries.c.changed_at <= now - KEPT) & deliveries.c.state.not_in(UNSENT)),
            (inbound, (inbound.c.received_at <= now - KEPT) & inbound.c.state.not_in(UNFINISHED)),
        )
        return sum([await self._delete(table, where) for table, where in over])

    async def _delete(self, table: Table, where: ColumnElement[bool]) -> int:
        key = tuple_(*table.primary_key)
        some = select(*table.primary_key).where(where).limit(AT_ONCE)
        return (await self.tx.execute(delete(table).where(key.in_(some)))).rowcount
