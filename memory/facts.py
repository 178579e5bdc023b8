"""What is remembered about the person, what they asked to forget, and recall over facts, notes and past messages."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.people import Scope
from bot.records import Fact, Found
from memory.recollection import Recollection
from memory.rows import Shape, Shelf
from memory.tables import facts
from memory.tombstones import Tombstones

OWN = "you"  # how the source of something begins that the person said themselves


class OwnFacts(Shelf[Fact]):
    shape = Shape(Fact, facts)

    def __init__(self, tx: AsyncConnection, scope: Scope, recollection: Recollection) -> None:
        super().__init__(tx, scope)
        self._recollection, self._tombstones = recollection, Tombstones(tx, scope)

    async def put(self, fact: Fact) -> None:
        """Insert or change. What the person says again themselves (`source` begins with "you") is no longer forgotten;
        whoever learns from anything else asks `is_forgotten` or `was_forgotten` first."""
        await super().put(fact)
        if fact.source.lower().startswith(OWN):
            await self._tombstones.lift(fact.text)

    async def list(self, limit: int = 500) -> builtins.list[Fact]:
        """Those that count today, newest first; what was replaced is history."""
        order = [facts.c.at.desc(), facts.c.id.desc()]
        return await self._list(facts.c.replaced_by.is_(None), order=order, limit=limit)

    async def forget(self, fact: str) -> None:
        """Remove it with everything it replaced, and leave tombstones, so that it is not learned again."""
        await self.alone()
        gone = delete(facts).where(facts.c.id.in_(self._with_history(fact)))
        rows = (await self.tx.execute(gone.returning(facts.c.text, facts.c.quote, facts.c.message))).all()
        await self._tombstones.lay([text for row in rows for text in (row.text, row.quote) if text])
        await self._tombstones.close([row.message for row in rows if row.message])

    async def history(self, fact: str) -> Sequence[Fact]:
        """What it replaced, the newest first."""
        older = facts.c.id.in_(self._with_history(fact)) & (facts.c.id != fact)
        return await self._list(older, order=[facts.c.at.desc(), facts.c.id.desc()], limit=100)

    def _with_history(self, fact: str) -> Any:
        chain = select(facts.c.id).where(self.mine(facts), facts.c.id == fact).cte(recursive=True)
        older = select(facts.c.id).where(self.mine(facts), facts.c.replaced_by == chain.c.id)
        return select(chain.union(older).c.id)

    async def is_forgotten(self, text: str) -> bool:
        return await self._tombstones.has(text)

    async def was_forgotten(self, fact: Fact) -> bool:
        """What it states or quotes, or anything from the same message."""
        return await self._tombstones.cover([fact.text, fact.quote], fact.message)

    async def recall(self, query: str, limit: int = 8) -> Sequence[Found]:
        """Facts, notes and the person's own past messages that fit, best first, each with its date."""
        return await self._recollection.recall(query, limit)
