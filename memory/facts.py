"""What is remembered about the person, what they asked to forget, and recall over facts, notes and past messages."""

from __future__ import annotations

import builtins
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.learning.gate import place_of
from bot.people import Scope
from bot.records import Fact, Found
from memory.recollection import Recollection
from memory.rows import Shape, Shelf
from memory.tables import facts
from memory.tombstones import Tombstones
from memory.words import words_of

PAST = re.compile(
    r"\b(?:before(?=\W*$| that| then| now)|used? to|previous(?:ly)?|former(?:ly)?|earlier|history|originally|back then|"
    r"früher|vorher|damals|zuvor|ehemals)\b",
    re.I,
)  # asks for what was true once
UNTRUE = "[no longer true]"
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
        """Facts, notes and the person's own past messages that fit, best first, each with its date.

        Unless the past is asked for, a message no longer says what a newer fact has made untrue."""
        found = await self._recollection.recall(query, limit)
        return found if PAST.search(query) else await self._without_old(found)

    async def _without_old(self, found: Sequence[Found]) -> Sequence[Found]:
        texts = {hit.id: hit.text for hit in found if hit.kind == "message"}
        if not texts:
            return found
        old = facts.c.message.in_(texts) & facts.c.replaced_by.is_not(None)
        rows = await self.tx.execute(select(facts.c.message, facts.c.quote, facts.c.text).where(self.mine(facts), old))
        for row in rows:
            place = place_of(row.quote or row.text, texts[row.message])
            if place is not None:
                texts[row.message] = texts[row.message][: place[0]] + UNTRUE + texts[row.message][place[1] :]
        told = [replace(hit, text=texts.get(hit.id, hit.text)) for hit in found]
        return [hit for hit in told if words_of(hit.text.replace(UNTRUE, ""))]
