"""Slack's views of ours: the form behind an Edit button, and the Home tab. Pure.

Limits are those of docs.slack.dev/reference/views and .../block-kit/block-elements.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from adapters.chat.commonmark import spans
from adapters.chat.slack.blocks import actions, rich_text
from adapters.chat.slack.inbound import FORM
from adapters.chat.splitting import split
from bot.card import Field
from bot.message import Address
from bot.ports import Form, Home

Json = dict[str, Any]

TITLE, LABEL, OPTION, OPTIONS = 24, 2000, 75, 100  # characters; how many options
VALUE = 3000  # characters of a text field
BLOCKS = 100  # of a view
IN_A_CARD = 3000  # UTF-16 units of a card on the page
STRANGER = "I do not know you yet. Write me a message, and I tell you how we get to know each other."
NOTHING = "Nothing waits for you."


def modal(form: Form, at: Address) -> Json | None:
    """None when it does not fit into a form of Slack's: a text that is too long, too many fields."""
    if len(form.fields) > BLOCKS or any(len(field.value) > VALUE for field in form.fields):
        return None
    kept = {"token": form.token, "place": at.place, "thread": at.thread}
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": json.dumps(kept),
        "title": _plain(_cut(form.title, TITLE)),
        "submit": _plain("Save"),
        "close": _plain("Cancel"),
        "blocks": [_input(field) for field in form.fields],
    }


def _input(field: Field) -> Json:
    """All may be left empty: that leaves the argument out."""
    return {
        "type": "input",
        "block_id": field.name,
        "optional": True,
        "label": _plain(_cut(field.label or field.name, LABEL)),
        "element": {"action_id": "value"} | _element(field),
    }


def _element(field: Field) -> Json:
    match field.kind:
        case "bool":
            return _select(("true", "false"), field.value)
        case "enum" if 0 < len(field.options) <= OPTIONS and all(0 < len(o) <= OPTION for o in field.options):
            return _select(field.options, field.value)
        case "date" if not field.value or _is_date(field.value):
            return {"type": "datepicker"} | ({"initial_date": field.value} if field.value else {})
        case "number":
            return {"type": "number_input", "is_decimal_allowed": True} | _initial(field.value)
    return {"type": "plain_text_input", "multiline": field.kind == "long"} | _initial(field.value)


def _initial(value: str) -> Json:
    return {"initial_value": value} if value else {}


def _select(options: Sequence[str], value: str) -> Json:
    shown = {option: {"text": _plain(option), "value": option} for option in options}
    chosen = {"initial_option": shown[value]} if value in shown else {}
    return {"type": "static_select", "options": list(shown.values())} | chosen


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def home(found: Home | None) -> Json:
    """The page: what waits for a tap, then the tasks."""
    if found is None:
        return {"type": "home", "blocks": _text(STRANGER)}
    blocks = [_header("Waiting for you"), *([] if found.cards else _text(NOTHING))]
    for text, choices in found.cards:
        card = [*_text(text), *actions(choices), {"type": "divider"}]
        if len(blocks) + len(card) < BLOCKS - 2:
            blocks += card
    tasks = "\n".join(f"- {task}" for task in found.tasks) or "You have no open tasks."
    return {"type": "home", "blocks": [*blocks, _header("Your tasks"), *_text(tasks)]}


def _text(text: str) -> list[Json]:
    parts = split(spans(text), IN_A_CARD)
    return rich_text(parts[0]) if parts else []


def _header(text: str) -> Json:
    return {"type": "header", "text": _plain(text)}


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
