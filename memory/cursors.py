"""How far something outside has been read: one row for each reader."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.action import Json
from memory.tables import cursors


class NamedCursors:
    """Fulfils `bot.repositories.Cursors`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self.tx = tx

    async def put(self, name: str, value: Json) -> None:
        row = insert(cursors).values(name=name, value=value)
        await self.tx.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": value}))

    async def get(self, name: str) -> Json:
        """None when there is none."""
        return (await self.tx.execute(select(cursors.c.value).where(cursors.c.name == name))).scalar_one_or_none()
