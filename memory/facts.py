"""What is remembered about the person, what they asked to forget, and recall over facts, notes and past messages."""

from __future__ import annotations

import builtins
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Row,
    Select,
    bindparam,
    delete,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.people import Scope
from bot.records import Author, Fact, Found
from memory.recall import LONGEST, Question, best
from memory.rows import Shape, Shelf
from memory.search import matching, rank
from memory.tables import facts, forgotten, messages, notes, users
from memory.when import period, without_period
from memory.words import fuzzy, terms_of, words_of

OWN = "you"  # how the source of something begins that the person said themselves
FACTS, NOTES, MESSAGES = 500, 200, 100  # candidates of each kind
SPAN = 40  # words of the longest forgotten text that is looked for inside a message


class OwnFacts(Shelf[Fact]):
    shape = Shape(Fact, facts)

    def __init__(self, tx: AsyncConnection, scope: Scope, now: Callable[[], datetime]) -> None:
        super().__init__(tx, scope)
        self.now = now

    async def put(self, fact: Fact) -> None:
        """Insert or change. What the person says again themselves (`source` begins with "you") is no longer forgotten;
        whoever learns from anything else asks `is_forgotten` first."""
        await super().put(fact)
        if fact.source.lower().startswith(OWN):
            same = forgotten.c.hash == self._hash(words_of(fact.text))
            await self.tx.execute(delete(forgotten).where(self.mine(forgotten), same))

    async def list(self, limit: int = 500) -> builtins.list[Fact]:
        """Those that count today, newest first; what was replaced is history."""
        order = [facts.c.at.desc(), facts.c.id.desc()]
        return await self._list(facts.c.replaced_by.is_(None), order=order, limit=limit)

    async def forget(self, fact: str) -> None:
        """Remove it with everything it replaced, and leave tombstones, so that it is not learned again."""
        all_of_it = delete(facts).where(facts.c.id.in_(self._with_history(fact))).returning(facts.c.text)
        gone = {self._hash(words_of(row.text)) for row in await self.tx.execute(all_of_it)}
        stones = [{**self.owner, "hash": stone} for stone in gone]
        if stones:
            await self.tx.execute(insert(forgotten).values(stones).on_conflict_do_nothing())

    def _with_history(self, fact: str) -> Any:
        chain = select(facts.c.id).where(self.mine(facts), facts.c.id == fact).cte(recursive=True)
        older = select(facts.c.id).where(self.mine(facts), facts.c.replaced_by == chain.c.id)
        return select(chain.union(older).c.id)

    async def is_forgotten(self, text: str) -> bool:
        return bool(await self._forgotten([self._hash(words_of(text))]))

    async def recall(self, query: str, limit: int = 8) -> Sequence[Found]:
        """Facts, notes and the person's own past messages that fit, best first, each with its date."""
        question = await self._question(query)
        rows = await self.tx.execute(self._candidates(question, query))
        found = best(question, [_found(row) for row in rows], limit * 2)
        return (await self._without_forgotten(found))[:limit]

    async def _question(self, query: str) -> Question:
        now = self.now()
        if period(query, now) is None:
            return Question(about=query, now=now)
        zone = await self.tx.scalar(select(users.c.zone).where(users.c.id == self.scope.user))
        days = period(query, now.astimezone(ZoneInfo(zone or "UTC")))
        if days is None:
            return Question(about=query, now=now)
        return Question(about=without_period(query), now=now, begin=days[0], end=days[1])

    def _candidates(self, question: Question, query: str) -> Any:
        """One statement for the three kinds; what fits by words comes first, then the newest (for slips of the pen)."""
        text = func.left(notes.c.title + "\n" + notes.c.text, LONGEST)
        return union_all(
            self._some("fact", facts, facts.c.text, facts.c.at, facts.c.source, question.about)
            .where(facts.c.replaced_by.is_(None))
            .limit(FACTS),
            self._some("note", notes, text, notes.c.created_at, literal("your note"), question.about).limit(NOTES),
            self._some("message", messages, messages.c.text, messages.c.sent_at, literal(OWN), question.about)
            .where(messages.c.author == Author.USER.value, messages.c.text != query, self._told(question))
            .limit(MESSAGES),
        )

    def _some(self, kind: str, table: Any, text: Any, at: Any, source: Any, about: str) -> Select[Any]:
        columns = (table.c.id, literal(kind).label("kind"), func.left(text, LONGEST).label("text"))
        found = select(*columns, at.label("at"), source.label("source")).where(self.mine(table))
        if not any(fuzzy(term) for term in terms_of(about)):
            found = found.where(matching(table, about))
        return found.order_by(rank(table, about).desc(), at.desc())

    def _told(self, question: Question) -> ColumnElement[bool]:
        fits = matching(messages, question.about)
        if question.begin is None:
            return fits
        return or_(fits, messages.c.sent_at.between(question.begin, question.end))

    async def _without_forgotten(self, found: Sequence[Found]) -> builtins.list[Found]:
        """Without those that hold, word for word, what the person asked to forget."""
        any_stone = select(forgotten.c.hash).where(self.mine(forgotten)).limit(1)
        if not found or await self.tx.scalar(any_stone) is None:
            return list(found)
        spans = [{self._hash(span) for span in _spans(words_of(each.text))} for each in found]
        stones = await self._forgotten(set().union(*spans))
        return [each for each, inside in zip(found, spans, strict=True) if not inside & stones]

    async def _forgotten(self, hashes: Any) -> set[bytes]:
        mine = select(forgotten.c.hash).where(self.mine(forgotten), forgotten.c.hash == func.any(_bytes(hashes)))
        return {bytes(row.hash) for row in await self.tx.execute(mine)}

    def _hash(self, words: Sequence[str]) -> bytes:
        """Of the words alone: case, spaces and marks make no difference; different for each person."""
        return hashlib.sha256("\x1f".join((self.scope.user, *words)).encode()).digest()


def _bytes(hashes: Any) -> Any:
    return bindparam("hashes", list(hashes), type_=ARRAY(LargeBinary()))


def _spans(words: Sequence[str]) -> list[Sequence[str]]:
    """Every run of words, up to a bound."""
    words = words[:200]
    ends = range(len(words) + 1)
    return [words[i:j] for i in ends for j in ends[i + 1 : i + 1 + SPAN]]


def _found(row: Row[Any]) -> Found:
    return Found(id=row.id, kind=row.kind, text=row.text, at=row.at, score=0.0, source=row.source)
