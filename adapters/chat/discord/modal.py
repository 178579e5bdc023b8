"""The form behind an Edit button as Discord's modal, and what was written into it. Pure.

A modal has at most five parts; titles and labels have at most 45 characters (discord-api-spec,
ModalInteractionCallbackRequestData and its components)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.action import Json
from bot.card import Field
from bot.ports import Form

INPUTS = 5
TITLE, LABEL, NAME, DESCRIPTION = 45, 45, 100, 100  # characters
LONGEST = 4000  # characters of a value
OPTIONS, OPTION = 25, 100
TEXT, SELECT, WRAPPED, ROW = 4, 3, 18, 1  # types of components
SHORT, PARAGRAPH = 1, 2  # styles of an input
REST = "To change the rest, answer the card in words: "


def modal(form: Form) -> Json | None:
    """The answer to the press; none of its inputs is required, since an emptied one means: leave it out.
    None when nothing of the form fits into a modal."""
    shown = _chosen(form.fields)
    rest = [field.label for field in form.fields if field not in shown]
    parts = [_input(field) for field in shown]
    if not parts:
        return None
    if rest:
        parts[-1] |= {"description": _cut(f"{REST}{', '.join(rest)}", DESCRIPTION)}
    return {"custom_id": form.token, "title": _cut(form.title, TITLE), "components": parts}


def _chosen(fields: Sequence[Field]) -> tuple[Field, ...]:
    """Those that matter most, the filled ones, in their order. What is too long to be shown whole is not shown: what
    was cut off would be lost."""
    fit = [field for field in fields if len(field.value) <= LONGEST and 0 < len(field.name) <= NAME]
    best = sorted(fit, key=lambda field: field.value == "")[:INPUTS]
    return tuple(field for field in fields if field in best)


def _input(field: Field) -> dict[str, Json]:
    return {"type": WRAPPED, "label": _cut(field.label, LABEL), "component": _component(field)}


def _component(field: Field) -> Json:
    options = ("true", "false") if field.kind == "bool" else field.options
    if 0 < len(options) <= OPTIONS and all(0 < len(option) <= OPTION for option in options):
        chosen = [{"label": o, "value": o} | ({"default": True} if o == field.value else {}) for o in options]
        return {"type": SELECT, "custom_id": field.name, "options": chosen, "required": False, "min_values": 0}
    long = field.kind == "long" or "\n" in field.value or len(field.value) > 80
    found: dict[str, Json] = {
        "type": TEXT,
        "custom_id": field.name,
        "style": PARAGRAPH if long else SHORT,
        "required": False,
        "max_length": LONGEST,
    }
    return found | ({"value": field.value} if field.value else {})


def _cut(words: str, limit: int) -> str:
    return (words if len(words) <= limit else f"{words[: limit - 1]}…") or "…"


def values(components: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    """(name, value) of every input of a modal that was sent off."""
    return tuple((str(part["custom_id"]), _value(part)) for part in _inputs(components))


def _inputs(components: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for component in components:
        if component["type"] == WRAPPED:
            yield component["component"]
        elif component["type"] == ROW:
            yield from component["components"]


def _value(part: Mapping[str, Any]) -> str:
    if part["type"] == SELECT:
        return str(next(iter(part.get("values") or ()), ""))
    return str(part.get("value") or "")
