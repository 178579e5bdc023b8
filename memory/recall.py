"""How well a passage answers a question: a weighted sum of signals, each between 0 and about 1. A pure function.

The passages are those that the database brought (`memory.passages`), with what was said around them. The weights were
fitted to two public sets of conversations, one set of weights for both (how, and how far to trust it:
`benchmarks/RESULTS.md`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import groupby

from memory.question import Question, Side

WEIGHTS: Mapping[str, float] = {
    "words": 0.3,
    "around": 0.3,  # the words in the turns before and after
    "session": 0.192,  # the best of the same conversation and day
    "meaning": 0.446,
    "meaning around": 0.625,
    "meaning of session": 0.047,
    "speaker": 0.425,
    "period": 0.3,
    "when": 0.089,  # asked when, and it speaks of a time
    "asks": -0.04,  # a question seldom answers one
    "long": -0.125,
    "kind": 1.0,
    "recent": 0.02,
}
SPOKEN_BY = {
    Side.PERSON: {Side.PERSON, Side.FACT, Side.NOTE},
    Side.AURELIUS: {Side.AURELIUS, Side.OUTSIDE},
}
KINDS = {Side.FACT: 0.15, Side.NOTE: 0.1}
SATURATION, FULL_LENGTH = 1.2, 0.9  # BM25's k1 and b: a word said twice tells little more; long passages must earn it
AROUND = {-2: 0.5, -1: 0.7, 0: 1.0, 1: 0.7, 2: 0.5}  # how much a turn's words count for the turn beside it
WIDTH = sum(AROUND.values())
MEANING_AROUND = {-1: 1.0, 0: 2.0, 1: 1.0}
AFTERWARDS_DAYS = 10.0  # what happened in a period is often told some days later
HALF_LIFE_DAYS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A passage as the database brought it. `times`: how often it has each term of the question, by the term's number.
    `likeness`: the cosine to the question, None while it has no vector."""

    id: int
    kind: str
    record: str
    side: Side
    thread: str
    position: int
    at: datetime
    asks: bool
    dated: bool
    length: int
    times: Mapping[int, int]
    likeness: float | None = None

    @property
    def session(self) -> tuple[str, date, int]:
        """What was said in one conversation on one day belongs together; a fact or a note stands alone."""
        return self.thread, self.at.date(), 0 if self.thread else self.id


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The question's terms in this person's memory: `rarity` is the inverse document frequency of each, by number;
    `unknown` what terms would weigh that stand nowhere; `length` the mean length of a passage."""

    rarity: Mapping[int, float]
    unknown: float = 0.0
    length: float = 1.0

    @cached_property
    def whole(self) -> float:
        return sum(self.rarity.values()) + self.unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """`fit`: the part of the score that says this is about the question at all."""

    candidate: Candidate
    signals: Mapping[str, float]
    score: float
    fit: float

    @property
    def why(self) -> dict[str, float]:
        """What each signal added to the score."""
        return {name: WEIGHTS[name] * value for name, value in self.signals.items() if value}


def rank(question: Question, terms: Terms, candidates: Sequence[Candidate], near: float = 1.0) -> list[Ranked]:
    """All of them, best first, with why. `near`: the likeness from which a passage is about the same by its meaning."""
    ranked: list[Ranked] = []
    order = sorted(candidates, key=lambda each: (each.session, each.position, each.id))
    for _, group in groupby(order, key=lambda each: each.session):
        ranked += [_weighed(candidate, each, near) for candidate, each in _of_session(question, terms, list(group))]
    return sorted(ranked, key=lambda each: (each.score, each.candidate.at, each.candidate.id), reverse=True)


def _weighed(candidate: Candidate, signals: Mapping[str, float], near: float) -> Ranked:
    score = sum([WEIGHTS[name] * value for name, value in signals.items()])
    fit = WEIGHTS["words"] * signals["words"] + WEIGHTS["around"] * signals["around"]
    if candidate.likeness is not None and candidate.likeness >= near:
        fit += WEIGHTS["meaning"] * candidate.likeness
    return Ranked(candidate=candidate, signals=signals, score=score, fit=fit)


def _of_session(
    question: Question, terms: Terms, turns: Sequence[Candidate]
) -> list[tuple[Candidate, dict[str, float]]]:
    own = [bm25(terms, turn.times, turn.length) for turn in turns]
    around = [_words_around(terms, turns, n) for n in range(len(turns))]
    near = [_meaning_around(turns, n) for n in range(len(turns))]
    best, nearest = max(around), max(near)
    return [
        (
            turn,
            {
                "words": own[n],
                "around": around[n],
                "session": best,
                "meaning": turn.likeness or 0.0,
                "meaning around": near[n],
                "meaning of session": nearest,
                **_of_itself(question, turn),
            },
        )
        for n, turn in enumerate(turns)
    ]


def _of_itself(question: Question, turn: Candidate) -> dict[str, float]:
    days = max(0.0, (question.now - turn.at).total_seconds() / 86400)
    return {
        "speaker": float(turn.side in SPOKEN_BY[question.side]) if question.side else 0.0,
        "period": _in_period(question, turn.at),
        "when": float(question.when and turn.dated),
        "asks": float(turn.asks),
        "long": math.log1p(turn.length) / 5,
        "kind": KINDS.get(turn.side, 0.0),
        "recent": math.exp2(-days / HALF_LIFE_DAYS),
    }


def _in_period(question: Question, at: datetime) -> float:
    if question.begin is None or question.end is None or at < question.begin:
        return 0.0
    late = max(0.0, (at - question.end).total_seconds() / 86400)
    return math.exp(-late / AFTERWARDS_DAYS)


def bm25(terms: Terms, times: Mapping[int, float], length: float) -> float:
    """BM25 as a share of what a passage of mean length would have that has every term once."""
    if not times:
        return 0.0
    room = SATURATION * (1 - FULL_LENGTH + FULL_LENGTH * length / terms.length)
    found = sum([terms.rarity[term] * count / (count + room) for term, count in times.items()])
    return (SATURATION + 1) * found / terms.whole


def _words_around(terms: Terms, turns: Sequence[Candidate], here: int) -> float:
    times: dict[int, float] = {}
    length = 0.0
    for step, share in AROUND.items():
        if 0 <= here + step < len(turns):
            turn = turns[here + step]
            length += share * turn.length
            for term, count in turn.times.items():
                times[term] = times.get(term, 0.0) + share * count
    return bm25(terms, times, length / WIDTH)


def _meaning_around(turns: Sequence[Candidate], here: int) -> float:
    """The mean likeness of a turn and those beside it."""
    likeness = shares = 0.0
    for step, share in MEANING_AROUND.items():
        if 0 <= here + step < len(turns):
            near = turns[here + step].likeness
            if near is not None:
                likeness, shares = likeness + share * near, shares + share
    return likeness / shares if shares else 0.0
