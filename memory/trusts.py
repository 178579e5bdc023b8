"""What the person allowed once and for a while."""

from __future__ import annotations

import builtins

from sqlalchemy import delete, update

from bot.trust import Trust
from memory.rows import Shape, Shelf
from memory.tables import trusts


class OwnTrusts(Shelf[Trust]):
    shape = Shape(Trust, trusts)

    async def add(self, trust: Trust) -> None:
        await self.put(trust)

    async def list(self) -> builtins.list[Trust]:
        return await self._list(order=[trusts.c.id], limit=500)

    async def revoke(self, trust: str) -> bool:
        """False when there is no such trust (any more)."""
        gone = await self.tx.execute(delete(trusts).where(self.mine(trusts), trusts.c.id == trust))
        return gone.rowcount > 0

    async def used(self, trust: str) -> None:
        mine = update(trusts).where(self.mine(trusts), trusts.c.id == trust)
        await self.tx.execute(mine.values(used=trusts.c.used + 1))
