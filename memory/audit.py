"""The append-only log. The database itself refuses to change or delete a line."""

from __future__ import annotations

from sqlalchemy import insert

from bot.ids import new_id
from bot.records import Audit
from memory.rows import Owned, Shape
from memory.tables import audit

SHAPE = Shape(Audit, audit)


class AuditLines(Owned):
    async def add(self, line: Audit) -> None:
        await self.tx.execute(insert(audit).values(**SHAPE.row(line), **self.owner, id=new_id()))

    async def recent(self, limit: int = 100) -> list[Audit]:
        """Newest first."""
        lines = SHAPE.select().where(self.mine(audit)).order_by(audit.c.at.desc(), audit.c.id.desc()).limit(limit)
        return [SHAPE.record(row) for row in await self.tx.execute(lines)]
