"""Judgement: may this call run, must the person be asked, or is it refused? Pure, and every cell is a test.

A target is a recipient, file, channel, amount or address (Action.targets). Where its value comes from decides:
OWN words of the person; POINTED to (a structured field of an item the person referred to); FOUND by the assistant in
the person's own accounts; FOREIGN: only in the body of something that others wrote. Learning never moves a cell.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from bot.action import Action, Call, Json, Risk

RESUME = "me.resume"  # the way out of a pause is not itself paused

# What, beside a value, makes it a part of something longer: of a word, of a number, of an address.
WORD_BEFORE, WORD_AFTER = re.compile(r"[\w@.+-]$"), re.compile(r"[\w@]|[.+-]\w")
NUMBER_BEFORE, NUMBER_AFTER = re.compile(r"\d[ ,:/'’]$"), re.compile(r"[ ,:/'’]\d")
ADDRESS_BEFORE, ADDRESS_AFTER = re.compile(r"\w[^\w\s,;:<>()\[\]\"]$"), re.compile(r"[^\w\s,;<>()\[\]\"'’]+\w")
BESIDE = 40  # characters that are looked at
UNSEEN = re.compile(r"[\s\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]+")
TELLING = 5  # characters from which on a value that only shows without blanks is no accident


class Origin(IntEnum):
    """From most to least trusted; a call is as trusted as its least trusted target."""

    OWN = 0
    POINTED = 1
    FOUND = 2
    FOREIGN = 3


class Ruling(StrEnum):
    RUN = "run"
    ASK = "ask"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    ruling: Ruling
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a turn has in view: the person's words, structured values, and bodies that others wrote."""

    own: tuple[str, ...] = ()
    pointed: frozenset[str] = frozenset()
    found: frozenset[str] = frozenset()
    foreign: tuple[str, ...] = ()
    tainted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A call before the judge. `proposed`: our own idea, nobody asked; `trusted`: a Trust covers exactly this call."""

    action: Action
    origin: Origin
    tainted: bool = False
    proposed: bool = False
    trusted: bool = False
    confidence: float = 1.0
    paused: bool = False


def judge(case: Case) -> Judgement:
    """The table, risk by risk."""
    risk, action = case.action.risk, case.action
    if risk is Risk.READ:
        return _judge_read(case)
    if case.origin is Origin.FOREIGN and risk > Risk.DRAFT:
        return _refuse("Only a text that somebody else wrote asks for this, so I will not do it.")
    if case.paused and not (action.id == RESUME and not case.tainted):
        return _ask("Everything is paused until /resume.")
    if risk is Risk.DRAFT:
        return _run("A draft changes nothing outside.")
    if risk is Risk.DANGER:
        return _ask("This cannot be taken back, spends or grants access.")
    if risk is Risk.WRITE and action.undoable:
        return _judge_undoable(case)
    return _judge_final(case)


def _judge_read(case: Case) -> Judgement:
    """An address that nobody wrote may be one of theirs with something of the person's at its end."""
    if case.action.open_address and case.origin is Origin.FOREIGN:
        return _ask("The address comes from a text that somebody else wrote.")
    if case.action.open_address and case.origin is Origin.FOUND and case.tainted:
        return _ask("I put this address together while a text that somebody else wrote is in view.")
    return _run("Reading changes nothing.")


def _judge_undoable(case: Case) -> Judgement:
    if case.proposed:
        allowed = case.trusted and case.confidence > 0.9 and not case.tainted
        return _run("You allowed this, and I am sure.") if allowed else _ask("This is my own idea.")
    if case.origin is Origin.OWN:
        return _run("You asked for it, and it can be undone.")
    if case.trusted and not case.tainted:
        return _run("You allowed this.")
    return _ask("A text that somebody else wrote is in view." if case.tainted else "I found this out myself.")


def _judge_final(case: Case) -> Judgement:
    if case.trusted and case.origin is Origin.OWN and not case.proposed:
        return _run("You allowed exactly this.")
    return _ask("This cannot be undone.")


def _run(why: str) -> Judgement:
    return Judgement(ruling=Ruling.RUN, why=why)


def _ask(why: str) -> Judgement:
    return Judgement(ruling=Ruling.ASK, why=why)


def _refuse(why: str) -> Judgement:
    return Judgement(ruling=Ruling.REFUSE, why=why)


def origin_of(action: Action, call: Call, seen: Seen) -> Origin:
    """Where the call's targets come from: the worst of them. Without targets: own words, unless the turn is tainted."""
    values = [leaf for name in action.targets for leaf in leaves(call.arguments.get(name))]
    if not values:
        return Origin.FOUND if seen.tainted else Origin.OWN
    return max(_origin_of_value(value, seen) for value in values)


def _origin_of_value(value: str, seen: Seen) -> Origin:
    if any(stands_in(value, text) for text in seen.own):
        return Origin.OWN
    if normal(value) in seen.pointed:
        return Origin.POINTED
    if normal(value) in seen.found:
        return Origin.FOUND
    if any(hides_in(value, text) for text in seen.foreign):
        return Origin.FOREIGN
    return Origin.FOUND  # nobody wrote it: the model put it together, so a person looks at it


def leaves(value: Json) -> list[str]:
    """All plain values inside, as text; a key that is no plain word ("eve@x.com": 5) is a value too."""
    if value is None or value == "":
        return []
    if isinstance(value, dict):
        keys = [key for key in value if not key.isidentifier()]
        return keys + [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in leaves(item)]
    if isinstance(value, float) and value.is_integer():
        return [str(int(value))]
    return [str(value)]


def normal(text: str) -> str:
    """Blind to case, blanks and how an accent is stored; never to another letter that looks or sorts like it."""
    return unicodedata.normalize("NFC", " ".join(text.split()).lower())


def stands_in(value: str, text: str) -> bool:
    """Whether the value stands in the text whole: "5" not in "15" or "5,000", "ann" not in "joanna"."""
    needle, hay = normal(value), normal(text)
    start = hay.find(needle) if needle else -1
    while start >= 0:
        end = start + len(needle)
        if not _is_part(_lettered(hay[max(0, start - BESIDE) : start]), needle, _lettered(hay[end : end + BESIDE])):
            return True
        start = hay.find(needle, start + 1)
    return False


def _is_part(before: str, needle: str, after: str) -> bool:
    address = any(mark in needle for mark in "@/.")
    return bool(
        WORD_BEFORE.search(before)
        or WORD_AFTER.match(after)
        or (needle[0].isdigit() and NUMBER_BEFORE.search(before))
        or (needle[-1].isdigit() and NUMBER_AFTER.match(after))
        or (address and (ADDRESS_BEFORE.search(before) or ADDRESS_AFTER.match(after)))
    )


def _lettered(text: str) -> str:
    """Accents, vowel signs and invisible characters count as letters: a word does not end where they begin."""
    return "".join("x" if unicodedata.category(char) in ("Mn", "Mc", "Me", "Cf") else char for char in text)


def hides_in(value: str, text: str) -> bool:
    """As `stands_in`, but also broken over lines, dressed in other letter forms or strewn with invisible characters."""
    bare = _squeezed(value)
    return stands_in(value, text) or (len(bare) >= TELLING and bare in _squeezed(text))


def _squeezed(text: str) -> str:
    return UNSEEN.sub("", unicodedata.normalize("NFKC", text).casefold())


def structured(data: Iterable[Json]) -> frozenset[str]:
    """The short, single-line values of results: names, ids, addresses; never a body."""
    found = (leaf for item in data for leaf in leaves(item))
    return frozenset(normal(leaf) for leaf in found if len(leaf) <= 200 and len(leaf.splitlines()) == 1)
