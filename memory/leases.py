"""Who alone may hold a socket or a polling loop."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from memory.tables import leases


class NamedLeases:
    def __init__(self, tx: AsyncConnection) -> None:
        self.tx = tx

    async def take(self, name: str, holder: str, now: datetime, seconds: float) -> bool:
        """Take or prolong; False while another holds it."""
        until = now + timedelta(seconds=seconds)
        free = (leases.c.holder == holder) | (leases.c.until <= now)
        row = insert(leases).values(name=name, holder=holder, until=until)
        row = row.on_conflict_do_update(index_elements=["name"], set_={"holder": holder, "until": until}, where=free)
        return (await self.tx.execute(row)).rowcount > 0

    async def release(self, name: str, holder: str) -> None:
        await self.tx.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))
