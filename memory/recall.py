"""Which memories fit a question: a pure function over candidates that the database brought."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.records import Found
from memory.words import fuzzy, similar, stem, terms_of, words_of

KINDS = {"fact": 1.0, "note": 0.9, "message": 0.8}
RECENT = 0.15  # what being of today is worth, beside having all the words
HALF_LIFE_DAYS = 30.0
IN_PERIOD = 0.5
OUT_OF_PERIOD = 0.3
WORTH_SHOWING = 0.35  # of the best score
LONGEST = 2000  # characters of a candidate that are looked at and shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`about`: the words without time words. `begin` to `end`: the days it speaks of, where it does."""

    about: str
    now: datetime
    begin: datetime | None = None
    end: datetime | None = None

    def covers(self, at: datetime) -> bool:
        return self.begin is not None and self.end is not None and self.begin <= at < self.end


def best(question: Question, candidates: Sequence[Found], limit: int) -> list[Found]:
    """Those that fit, best first, with their scores."""
    texts = [set(words_of(candidate.text[:LONGEST])) for candidate in candidates]
    weights = _weights(terms_of(question.about, filler=question.begin is None), texts)
    scores = [_score(question, each, words, weights) for each, words in zip(candidates, texts, strict=True)]
    bar = max(scores, default=0.0) * WORTH_SHOWING
    fitting = [
        replace(each, score=score) for each, score in zip(candidates, scores, strict=True) if score and score >= bar
    ]
    return sorted(fitting, key=lambda found: (found.score, found.at), reverse=True)[:limit]


def _weights(terms: Sequence[str], texts: Sequence[set[str]]) -> list[tuple[set[str], float]]:
    """For each term the words that stand for it in these texts, and its weight: rare words tell more."""
    known = set().union(*texts)
    weights = []
    for term in terms:
        beginning = stem(term)
        forms = {word for word in known if word.startswith(beginning)}
        if not forms and fuzzy(term):
            forms = similar(term, known)
        having = sum(1 for words in texts if words & forms)
        weights.append((forms, math.log(1 + (len(texts) + 1) / (having + 1))))
    return weights


def _score(question: Question, found: Found, words: set[str], weights: list[tuple[set[str], float]]) -> float:
    """0: it does not fit. Else how much of the question it covers, a little more when it is recent."""
    whole = sum(weight for _, weight in weights)
    covered: float = sum(weight for forms, weight in weights if words & forms) / whole if whole else 0.0
    inside = question.covers(found.at)
    if not covered and not (inside and not weights):
        return 0.0
    days: float = max(0.0, (question.now - found.at).total_seconds() / 86400)
    score: float = covered * KINDS[found.kind] + RECENT * math.exp2(-days / HALF_LIFE_DAYS)
    if question.begin is None:
        return score
    return score + IN_PERIOD if inside else score * OUT_OF_PERIOD
