"""What a rule gives back, and how rules are written down: a pattern and a function."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from lab.rules.request import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One use of an action, by its id ("tasks.add")."""

    action: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Text to say, or calls to make: one tuple per round, the next only when the one before went well."""

    text: str = ""
    rounds: tuple[tuple[Call, ...], ...] = ()
    whole: bool = False  # what was written belongs together: it is not split into several requests

    @property
    def calls(self) -> tuple[Call, ...]:
        return self.rounds[0] if self.rounds else ()


Reply = Callable[[re.Match[str], Turn], Answer | None]
Rule = tuple[re.Pattern[str], Reply]


def rule(pattern: str, reply: Reply) -> Rule:
    """`pattern` must fit the whole request, in any case; None from `reply` leaves it to the next rule."""
    return re.compile(rf"(?:{pattern})", re.IGNORECASE | re.DOTALL), reply


def call(action: str, **arguments: Any) -> Answer:
    """One call; arguments that are None or empty are left out."""
    given = {name: value for name, value in arguments.items() if value not in (None, "", [])}
    return Answer(rounds=((Call(action=action, arguments=given),),))


def undivided(made: Answer) -> Answer:
    """The same answer, for a message that must not be split: "and" inside a letter starts no second request."""
    return replace(made, whole=True)


def simple(action: str, **groups: str) -> Reply:
    """A reply that calls `action` with arguments taken from the groups of the pattern: `simple("x", text="what")`."""

    def reply(found: re.Match[str], _: Turn) -> Answer:
        return call(action, **{name: clean(found[group] or "") for name, group in groups.items()})

    return reply


def clean(words: str) -> str:
    """Without quotes and stray punctuation around it."""
    return words.strip().strip("\"'“”„«»").strip(" \t,;:").strip()
