"""What a question asks for: its words, the days it speaks of, who said it, and whether it asks for a time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from memory.when import period, without_period
from memory.words import terms_of, words_of

WHEN = re.compile(
    r"\b(when|wann|how long|wie lange|"
    r"(what|which|welche[mnrs]?) (date|day|week|month|year|time|tag|woche|monat|jahr))\b"
)
I_SAID = frozenset(
    "i i'm i've i'd me my mine we our us ich mir mich mein meine meinem meinen meiner wir uns unser".split()
)
YOU_SAID = re.compile(
    r"\b(did|have|had|were|was) you\b.{0,30}"
    r"\b(say|said|tell|told|suggest|recommend|advise|propose|mention|explain|answer)"
    r"|\byour? (suggest|recommend|advi[cs]e|propos|explain|answer|said|told|mention)|\bwas hast du\b",
)


class Side(IntEnum):
    """Whose words a passage is."""

    FACT = 0
    NOTE = 1
    PERSON = 2
    AURELIUS = 3
    OUTSIDE = 4  # said by Aurelius while words of others were in view
    FILE = 5  # stands in a file that the person sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`about`: the words to look for, without filler, names of the speakers and time words. `meaning`: what is turned
    into a vector. `begin` to `end`: the days it speaks of. `side`: who said what is asked for, where it tells."""

    about: tuple[str, ...]
    meaning: str
    now: datetime
    begin: datetime | None = None
    end: datetime | None = None
    side: Side | None = None
    when: bool = False

    def covers(self, at: datetime) -> bool:
        return self.begin is not None and self.end is not None and self.begin <= at < self.end


def read(query: str, now: datetime, names: Mapping[str, Side]) -> Question:
    """`now` in the person's own zone; `names` in lower case: who speaks as whom."""
    days = period(query, now)
    left = without_period(query) if days else query.lower()
    words = words_of(left)
    named = {names[word] for word in words if word in names}
    about = tuple(term for term in terms_of(left, filler=days is None) if term not in names)
    return Question(
        about=about or tuple(terms_of(left, filler=days is None)),
        meaning=_without_names(query, names),
        now=now,
        begin=days[0] if days else None,
        end=days[1] if days else None,
        side=next(iter(named)) if len(named) == 1 else None if named else _speaker(query.lower()),
        when=WHEN.search(query.lower()) is not None,
    )


def _speaker(query: str) -> Side | None:
    """By "I" and "you": what the person said of themselves, or what they were told here."""
    if YOU_SAID.search(query):
        return Side.AURELIUS
    return Side.PERSON if I_SAID & set(re.findall(r"[\w']+", query)) else None


def _without_names(query: str, names: Mapping[str, Side]) -> str:
    """A name in the question pulls its vector to everything that mentions it, whatever was asked."""
    if not names:
        return query
    known = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    left = re.sub(rf"\b(?:{known})\b(?:['’]s)?", " ", query, flags=re.IGNORECASE)
    return " ".join(left.split()) or query
