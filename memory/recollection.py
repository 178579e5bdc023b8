"""Recall: what a person once told, found again with its date and its words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.people import Scope
from bot.records import Found
from memory.excerpt import LONGEST, excerpt
from memory.meanings import Meanings
from memory.passages import OwnPassages
from memory.question import Question, Side, read
from memory.recall import Ranked, rank
from memory.rows import Owned
from memory.tables import documents, extracts, facts, messages, notes, users
from memory.tombstones import Tombstones
from memory.words import words_of

TOLD = frozenset({Side.FACT, Side.NOTE, Side.PERSON})  # what recall brings, and Aurelius' words if asked for these
SAID = frozenset({Side.PERSON, Side.AURELIUS, Side.OUTSIDE})  # messages
MOST_LETTERS = 100_000  # of a text, read to be shown
TOKENS = 1_000  # of all that is recalled for one question
LETTERS_PER_TOKEN = 4
WORTH_SHOWING = 0.35  # of the best one's fit
SOURCES = {
    Side.FACT: "",
    Side.NOTE: "your note",
    Side.PERSON: "you",
    Side.AURELIUS: "Aurelius",
    Side.OUTSIDE: "Aurelius",
    Side.FILE: "a file",
}
BY_OTHERS = frozenset({Side.OUTSIDE, Side.FILE})  # what they say is never the person's own word


class Recollection(Owned):
    """One person's. `now` tells the time."""

    def __init__(
        self, tx: AsyncConnection, scope: Scope, now: Callable[[], datetime], meanings: Meanings | None = None
    ) -> None:
        super().__init__(tx, scope)
        self.now, self._meanings = now, meanings or Meanings()

    async def recall(self, query: str, limit: int, sides: Collection[Side] = TOLD) -> list[Found]:
        """What the person told that fits, best first, small enough for a prompt; or what is of other `sides`."""
        question = await self.question(query)
        if question.side is Side.AURELIUS and sides is TOLD:
            sides = TOLD | {Side.AURELIUS}
        ranked = await self.ranked(question, sides)
        fitting = [each for each in ranked if each.fit > 0 or not question.about]
        found = await self.found(query, question, fitting, limit, WORTH_SHOWING)
        return within(found, TOKENS)

    async def search(self, query: str, limit: int, sides: Collection[Side] = SAID) -> list[Found]:
        """What has the words itself, best first."""
        question = await self.question(query)
        having = [each for each in await self.ranked(question, sides) if each.candidate.times]
        return await self.found("", question, having, limit)

    async def question(self, query: str, names: Mapping[str, Side] | None = None) -> Question:
        """`names`: who speaks, where that is not the person and Aurelius."""
        who = (
            await self.tx.execute(select(users.c.name, users.c.zone).where(users.c.id == self.scope.user))
        ).one_or_none()
        if names is None:
            theirs = words_of(who.name) if who else ()
            names = {"aurelius": Side.AURELIUS, **dict.fromkeys(theirs, Side.PERSON)}
        now = self.now().astimezone(ZoneInfo(who.zone if who and who.zone else "UTC"))
        return read(query, now, names)

    async def ranked(self, question: Question, sides: Collection[Side]) -> list[Ranked]:
        """The passages of these sides that may be about it, best first."""
        if not question.about:  # it asks for a time and nothing else
            meaning = None
        else:
            meaning = await self._meanings.of(question.meaning)
        terms, candidates = await OwnPassages(self.tx, self.scope).about(question, meaning, sides)
        near = meaning.near if meaning else 1.0
        ranked = [each for each in rank(question, terms, candidates, near) if each.candidate.side in sides]
        if not question.about:
            return [each for each in ranked if question.covers(each.candidate.at)]
        return ranked

    async def found(
        self, query: str, question: Question, ranked: Sequence[Ranked], limit: int, share: float = 0.0
    ) -> list[Found]:
        """With their texts, if they fit at least by this share of the best; without what only asks the same, and what
        the person asked to forget."""
        ranked = ranked[: 2 * limit + 10]
        texts = {(row.kind, str(row.id)): row for row in await self.tx.execute(self._texts(ranked))}
        telling = [
            (each, texts[key])
            for each in ranked
            if (key := (each.candidate.kind, each.candidate.record)) in texts and not _echoes(texts[key].text, query)
        ]
        bar = share * max((each.fit for each, _ in telling), default=0.0)
        found = [_as_found(each, row, question) for each, row in telling if each.fit >= bar]
        return (await Tombstones(self.tx, self.scope).without(found))[:limit]

    def _texts(self, ranked: Sequence[Ranked]) -> Any:
        ids = {kind: [each.candidate.record for each in ranked if each.candidate.kind == kind] for kind in TEXTS}
        return union_all(
            *(
                select(
                    literal(kind).label("kind"), table.c.id, func.left(told, MOST_LETTERS).label("text"), source
                ).where(self.mine(table), table.c.id.in_(ids[kind]))
                for kind, (table, told, source) in TEXTS.items()
            )
        )


NAME = select(documents.c.name).where(documents.c.id == extracts.c.document).scalar_subquery()
TEXTS: Mapping[str, tuple[Any, Any, Any]] = {
    "fact": (facts, facts.c.text, facts.c.source.label("source")),
    "note": (notes, notes.c.title + "\n" + notes.c.text, literal("").label("source")),
    "message": (messages, messages.c.text, literal("").label("source")),
    "file": (extracts, extracts.c.text, (NAME + ", " + extracts.c.label).label("source")),
}


def _echoes(text: str, query: str) -> bool:
    """Whether it is the question itself, or asked the same before: that answers nothing."""
    if text == query:
        return True
    asked = " ".join(words_of(query))
    return bool(asked) and text.rstrip().endswith("?") and asked in " ".join(words_of(text[:LONGEST]))


def _as_found(ranked: Ranked, row: Row[Any], question: Question) -> Found:
    side = ranked.candidate.side
    return Found(
        id=ranked.candidate.record,
        kind=ranked.candidate.kind,
        text=excerpt(row.text, question.about),
        at=ranked.candidate.at,
        score=ranked.score,
        source=row.source or SOURCES[side],
        outside=side in BY_OTHERS,
    )


def within(found: Sequence[Found], tokens: int) -> list[Found]:
    """As many of them, in their order, as fit."""
    kept, letters = [], 0
    for each in found:
        letters += len(each.text)
        if letters > tokens * LETTERS_PER_TOKEN:
            break
        kept.append(each)
    return kept
