"""Reminders, and the schedule in them that the tick claims."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.people import Scope
from bot.records import Reminder
from memory.rows import Shape, Shelf
from memory.tables import reminders

SHAPE = Shape(Reminder, reminders)


class OwnReminders(Shelf[Reminder]):
    shape = SHAPE

    async def list(self) -> builtins.list[Reminder]:
        """Those to come, next first, then those that are over."""
        order = [reminders.c.next_at.asc().nulls_last(), reminders.c.id.desc()]
        return await self._list(order=order, limit=200)


class AllDueReminders:
    """Fulfils `bot.repositories.DueReminders`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self.tx = tx

    async def claim(self, now: datetime, limit: int = 500) -> Sequence[tuple[Scope, Reminder]]:
        """Due reminders, locked until commit so that no other process claims them."""
        due = SHAPE.select().add_columns(reminders.c.org_id, reminders.c.user_id).where(reminders.c.next_at <= now)
        due = due.order_by(reminders.c.next_at).limit(limit).with_for_update(skip_locked=True)
        rows = await self.tx.execute(due)
        return [(Scope(org=row.org_id, user=row.user_id), SHAPE.record(row)) for row in rows]

    async def advance(self, scope: Scope, reminder: str, next_at: datetime | None) -> None:
        mine = (reminders.c.org_id == scope.org) & (reminders.c.user_id == scope.user)
        await self.tx.execute(update(reminders).where(mine, reminders.c.id == reminder).values(next_at=next_at))
