"""The passages that may answer a question, brought by one statement: those with its words, those near in meaning, those
of the days it speaks of, and what was said around each."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import ARRAY, Float, Integer, Row, SmallInteger, Text, bindparam, text

from memory.columns import Id, Moment, clean
from memory.meanings import Meaning
from memory.question import Question, Side
from memory.recall import FULL_LENGTH, SATURATION, Candidate, Terms
from memory.rows import Owned
from memory.words import fuzzy, similar

MOST = 100  # candidates by words, by meaning and by time, each; then their neighbours
BESIDE = 2  # turns
SIMILAR_SHARE = 0.6  # what a word counts that is only like the one asked for
EVERY_SIDE = frozenset(Side)

# How often the terms of a text occur, and in how many passages of what length.
COUNTED = text(
    "SELECT lexeme AS term, (SELECT count(*) FROM postings WHERE user_id = :user AND term = lexeme) AS passages, "
    "corpus.many, corpus.words FROM unnest(recall_terms(:about)), LATERAL (SELECT coalesce(sum(passages), 0)::float "
    "AS many, coalesce(sum(words), 0)::float AS words FROM tallies WHERE user_id = :user) AS corpus"
).bindparams(bindparam("user", type_=Id()), bindparam("about", type_=Text()))

# Jumps through the index from term to term, so that it costs what there are terms, not what there are passages.
VOCABULARY = text(
    """
    WITH RECURSIVE vocabulary AS (
        (SELECT term FROM postings WHERE user_id = :user AND term >= :first AND term < :end ORDER BY term LIMIT 1)
        UNION ALL
        SELECT (
            SELECT term FROM postings WHERE user_id = :user AND term > vocabulary.term AND term < :end
            ORDER BY term LIMIT 1
        )
        FROM vocabulary WHERE vocabulary.term IS NOT NULL
    )
    SELECT term FROM vocabulary WHERE term IS NOT NULL LIMIT 20000
    """
).bindparams(bindparam("user", type_=Id()), bindparam("first", type_=Text()), bindparam("end", type_=Text()))

# Written so that its plan does not depend on what the planner believes of the sizes: one scan of the index by term,
# then look-ups by key (OFFSET 0 keeps it from joining what it should look up).
CANDIDATES = """
    WITH asked AS MATERIALIZED (
        SELECT * FROM unnest(:terms, :numbers, :rarities) AS asked (term, number, rarity)
    ), by_words AS MATERIALIZED (
        SELECT passage FROM asked JOIN postings ON user_id = :user AND postings.term = asked.term
        WHERE side = ANY(:sides)
        GROUP BY passage
        ORDER BY sum(rarity * times / (times + :room + :room_by_length * length)) DESC
        LIMIT :most
    ), by_meaning AS MATERIALIZED ({by_meaning}
    ), by_time AS MATERIALIZED (
        SELECT id AS passage FROM passages
        WHERE user_id = :user AND at >= :begin AND at < :end + interval '14 days' AND side = ANY(:sides)
        ORDER BY at < :end DESC, at DESC LIMIT :most
    ), chosen AS MATERIALIZED (
        SELECT passage FROM by_words UNION SELECT passage FROM by_meaning UNION SELECT passage FROM by_time
    ), widened AS MATERIALIZED (
        SELECT passage FROM chosen
        UNION
        SELECT beside.id FROM chosen, LATERAL (
            SELECT thread, position FROM passages WHERE passages.id = passage AND thread <> '' OFFSET 0
        ) AS here, LATERAL (
            (SELECT id FROM passages AS other WHERE other.user_id = :user AND other.thread = here.thread
                AND other.position < here.position ORDER BY other.position DESC LIMIT :beside)
            UNION ALL
            (SELECT id FROM passages AS other WHERE other.user_id = :user AND other.thread = here.thread
                AND other.position > here.position ORDER BY other.position LIMIT :beside)
        ) AS beside
    )
    SELECT id, kind, record, side, thread, position, at, asks, dated, length, numbers, times, {likeness} AS likeness
    FROM widened, LATERAL (
        SELECT * FROM passages WHERE passages.id = widened.passage AND user_id = :user OFFSET 0
    ) AS passages, LATERAL (
        SELECT array_agg(number) AS numbers, array_agg(times) AS times
        FROM asked, LATERAL (
            SELECT times FROM postings
            WHERE user_id = :user AND postings.term = asked.term AND postings.passage = widened.passage OFFSET 0
        ) AS posting
    ) AS had {vectors}
"""

NO_MEANING = " SELECT NULL::bigint AS passage WHERE false"
BY_MEANING = """
        SELECT passages.id AS passage FROM (
            SELECT hash FROM vectors WHERE user_id = :user AND model = :model AND dimension = {dimension}
            ORDER BY vector::halfvec({dimension}) <=> :vector LIMIT :most
        ) AS near, LATERAL (
            SELECT id, side FROM passages WHERE user_id = :user AND passages.hash = near.hash OFFSET 0
        ) AS passages
        WHERE side = ANY(:sides) LIMIT :most"""
VECTORS = """LEFT JOIN LATERAL (
        SELECT vector FROM vectors
        WHERE vectors.user_id = :user AND model = :model AND vectors.hash = passages.hash OFFSET 0
    ) AS meant ON true"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A term to look up, the number of the word in the question that it stands for, and how much it tells."""

    term: str
    number: int
    rarity: float


class OwnPassages(Owned):
    async def about(
        self, question: Question, meaning: Meaning | None = None, sides: Collection[Side] = EVERY_SIDE
    ) -> tuple[Terms, list[Candidate]]:
        """What may answer it, of these sides, and what was said around, of any."""
        terms, asked = await self._asked(question.about)
        given = {
            "user": self.scope.user,
            "terms": [each.term for each in asked],
            "numbers": [each.number for each in asked],
            "rarities": [each.rarity for each in asked],
            "room": SATURATION * (1 - FULL_LENGTH),
            "room_by_length": SATURATION * FULL_LENGTH / terms.length,
            "sides": sorted({*sides, *_partners(sides)}),
            "begin": question.begin,
            "end": question.end,
            "most": MOST,
            "beside": BESIDE,
        }
        if meaning is not None:
            given |= {"model": meaning.model, "vector": list(meaning.vector)}
        return terms, [_candidate(row) for row in await self.tx.execute(_statement(meaning), given)]

    async def _asked(self, words: Sequence[str]) -> tuple[Terms, list[Asked]]:
        """A word that was never said stands for those that look like a slip of the pen for it."""
        about = {"user": self.scope.user, "about": clean(" ".join(words))}
        rows = (await self.tx.execute(COUNTED, about)).all()
        asked: list[Asked] = []
        unknown = 0.0
        for number, row in enumerate(rows):
            rarity = math.log(1 + (row.many - row.passages + 0.5) / (row.passages + 0.5))
            if row.passages:
                asked.append(Asked(term=row.term, number=number, rarity=rarity))
                continue
            like = await self._like(row.term) if row.many and fuzzy(row.term) else []
            asked += [Asked(term=term, number=number, rarity=rarity * SIMILAR_SHARE) for term in like]
            unknown += 0.0 if like else rarity
        length = max(1.0, rows[0].words / rows[0].many) if rows and rows[0].many else 1.0
        return Terms(rarity={each.number: each.rarity for each in asked}, unknown=unknown, length=length), asked

    async def _like(self, term: str) -> list[str]:
        given = {"user": self.scope.user, "first": term[0], "end": chr(ord(term[0]) + 1)}
        return sorted(similar(term, (await self.tx.execute(VOCABULARY, given)).scalars()))


def _partners(sides: Collection[Side]) -> Collection[Side]:
    """Whoever answers a question need not repeat its words: those of the other one lead there."""
    return {Side.PERSON, Side.AURELIUS} if {Side.PERSON, Side.AURELIUS} & set(sides) else ()


def _statement(meaning: Meaning | None) -> Any:
    types: dict[str, Any] = {"user": Id(), "terms": ARRAY(Text()), "numbers": ARRAY(Integer())}
    types |= {"rarities": ARRAY(Float()), "sides": ARRAY(SmallInteger()), "begin": Moment, "end": Moment}
    types |= {"room": Float(), "room_by_length": Float()}
    if meaning is None:
        statement = text(CANDIDATES.format(by_meaning=NO_MEANING, likeness="NULL::float", vectors=""))
    else:
        dimension = len(meaning.vector)
        likeness = f"1 - (vector::halfvec({dimension}) <=> :vector)"
        near = BY_MEANING.format(dimension=dimension)
        statement = text(CANDIDATES.format(by_meaning=near, likeness=likeness, vectors=VECTORS))
        types["vector"] = HALFVEC(dimension)
    return statement.bindparams(*(bindparam(name, type_=kind) for name, kind in types.items()))


def _candidate(row: Row[Any]) -> Candidate:
    return Candidate(
        id=row.id,
        kind=row.kind,
        record=str(row.record),
        side=Side(row.side),
        thread=row.thread,
        position=row.position,
        at=row.at,
        asks=row.asks,
        dated=row.dated,
        length=row.length,
        times=_summed(row.numbers or (), row.times or ()),
        likeness=row.likeness,
    )


def _summed(numbers: Sequence[int], times: Sequence[int]) -> dict[int, int]:
    """Two words that stand for one term of the question count together."""
    summed: dict[int, int] = {}
    for number, count in zip(numbers, times, strict=True):
        summed[number] = summed.get(number, 0) + count
    return summed
