"""Judgement: may this call run, must the person be asked, or is it refused? Pure, and every cell is a test.

A target is a recipient, file, channel, amount or address (Action.targets). Where its value comes from decides:
OWN words of the person; POINTED to (a structured field of an item the person referred to); FOUND by the assistant in
the person's own accounts; FOREIGN: only in the body of something that others wrote. Learning never moves a cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from bot.action import Action, Call, Json, Risk

RESUME = "me.resume"  # the way out of a pause is not itself paused


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
    if case.action.open_address and case.origin is Origin.FOREIGN:
        return _ask("The address comes from a text that somebody else wrote.")
    return _run("Reading changes nothing.")


def _judge_undoable(case: Case) -> Judgement:
    if case.proposed:
        allowed = case.trusted and case.confidence > 0.9 and not case.tainted
        return _run("You allowed this, and I am sure.") if allowed else _ask("This is my own idea.")
    if case.origin is Origin.OWN:
        return _run("You asked for it, and it can be undone.")
    if case.trusted and not case.tainted:
        return _run("You allowed this.")
    return _ask("I found this out myself.")


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
    if any(stands_in(value, text) for text in seen.foreign):
        return Origin.FOREIGN
    return Origin.FOUND  # nobody wrote it: the model put it together, so a person looks at it


def leaves(value: Json) -> list[str]:
    """All plain values inside, as text."""
    if value is None or value == "":
        return []
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in leaves(item)]
    return [str(value)]


def normal(text: str) -> str:
    return " ".join(text.casefold().split())


def stands_in(value: str, text: str) -> bool:
    """Whether the value stands in the text as whole words ("5" does not stand in "15", nor "ann" in "joanna")."""
    needle = normal(value)
    if not needle:
        return False
    return re.search(rf"(?<![\w@.+-]){re.escape(needle)}(?![\w@]|[.+-]\w)", normal(text)) is not None


def structured(data: Iterable[Json]) -> frozenset[str]:
    """The short, single-line values of results: names, ids, addresses; never a body."""
    found = (leaf for item in data for leaf in leaves(item))
    return frozenset(normal(leaf) for leaf in found if len(leaf) <= 200 and "\n" not in leaf)
