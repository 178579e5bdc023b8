"""What the models cost: a row for every call, sums for budgets and reports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select

from bot.ids import new_id
from bot.model import Usage
from bot.records import Spend
from memory.rows import Owned, Shape
from memory.tables import usage as table

SHAPE = Shape(Usage, table)
READ_TOKENS = table.c.input_tokens + table.c.cache_read_tokens + table.c.cache_write_tokens
SUMS = (
    func.coalesce(func.sum(table.c.dollars), 0.0).label("dollars"),
    func.count().label("calls"),
    func.coalesce(func.sum(READ_TOKENS), 0).label("input_tokens"),
    func.coalesce(func.sum(table.c.output_tokens), 0).label("output_tokens"),
)


class OwnUsage(Owned):
    async def add(self, purpose: str, usage: Usage, at: datetime) -> None:
        row = {**SHAPE.row(usage), "id": new_id(), "purpose": purpose, "at": at}
        await self.tx.execute(insert(table), {**row, **self.owner})

    async def since(self, moment: datetime) -> Spend:
        """The sum; input tokens count those read from and written to the cache, too."""
        row = (await self.tx.execute(select(*SUMS).where(self.mine(table), table.c.at >= moment))).one()
        return _spend(row)

    async def by_model(self, moment: datetime) -> list[tuple[str, Spend]]:
        """Dearest first."""
        statement = select(table.c.model, *SUMS).where(self.mine(table), table.c.at >= moment)
        statement = statement.group_by(table.c.model).order_by(SUMS[0].desc()).limit(100)
        return [(row.model, _spend(row)) for row in await self.tx.execute(statement)]


def _spend(row: Row[Any]) -> Spend:
    tokens = {"input_tokens": int(row.input_tokens), "output_tokens": int(row.output_tokens)}
    return Spend(dollars=float(row.dollars), calls=row.calls, **tokens)
