"""Fills the `{input}` holes of an action's sentence: "Remind you to {text}". No conditions, no expressions."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.action import Json

HOLE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)\S*")
LONGEST = 120  # characters of one value; the card shows every argument in full below


def holes(sentence: str) -> tuple[str, ...]:
    """The names of the inputs that the sentence mentions."""
    return tuple(HOLE.findall(sentence))


def fill(sentence: str, values: Mapping[str, Json]) -> str:
    """The sentence with its holes filled, once: a value that contains braces stays as it is."""
    return HOLE.sub(lambda hole: _worded(values.get(hole[1])), sentence)


def _worded(value: Json) -> str:
    if value is None:
        return "?"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    text = MOMENT.sub(r"\1 \2", " ".join(text.split()))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
