"""The card: what a person sees of a suggestion, and the buttons that its state offers. Pure.

The preview comes first, then every argument, then why, then whether it can be undone and until when it waits: what
stands on the card is exactly what runs. A button holds a verb and the nonce of the revision; all else is in the row.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.action import Action, Call, Json, Risk
from bot.message import Choice, Tone
from bot.people import User
from bot.suggestion import Event, State, Suggestion

Find = Callable[[str], Action | None]  # an action by its id

VERBS: dict[str, Event] = {
    "a": Event.APPROVE,
    "w": Event.ALWAYS,
    "d": Event.DENY,
    "e": Event.EDIT,
    "l": Event.LATER,
    "u": Event.UNDO,
    "r": Event.RETRY,
    "x": Event.LEAVE,
    "c": Event.CANCEL,
}
BUTTONS: dict[State, tuple[tuple[str, str, Tone], ...]] = {
    State.OPEN: (
        ("Approve", "a", Tone.PRIMARY),
        ("Edit", "e", Tone.NEUTRAL),
        ("Deny", "d", Tone.DANGER),
        ("Later", "l", Tone.NEUTRAL),
        ("Always", "w", Tone.NEUTRAL),
    ),
    State.SNOOZED: (("Approve", "a", Tone.PRIMARY), ("Deny", "d", Tone.DANGER)),
    State.SCHEDULED: (("Cancel", "c", Tone.NEUTRAL),),
    State.UNKNOWN: (("Run again", "r", Tone.PRIMARY), ("Leave it", "x", Tone.NEUTRAL)),
}
LABEL = re.compile(r"[_-]+")
MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!&])")
BEGINS = re.compile(r"^(\d*)([-+=.)])")  # what would make a list, a rule or a heading of a line
INDENT = re.compile(r"^[ \t]+")
# Characters that show nothing or turn the order of others around (the joiners of scripts and emoji stay).
UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)
TRUE, FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0", "")
PLAIN_ITEM = re.compile(r"[^\s,\[][^,\n]*(?<!\s)")
KINDS = {"integer": "a whole number", "number": "a number", "boolean": "yes or no", "array": "a list"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One line of the edit form. `kind`: text, long, number, date, datetime, bool or enum (then with `options`)."""

    name: str
    label: str
    kind: str
    value: str
    options: tuple[str, ...] = ()


def choices(suggestion: Suggestion, find: Find) -> tuple[Choice, ...]:
    """The buttons for the state; "Always" only where an always can be honoured."""
    if suggestion.state is State.DONE:
        return (undo_choice(suggestion),) if suggestion.undo else ()
    buttons = BUTTONS.get(suggestion.state, ())
    return tuple(
        Choice(label=label, token=f"{verb}.{suggestion.nonce}", tone=tone)
        for label, verb, tone in buttons
        if verb != "w" or can_be_always(suggestion, find)
    )


def undo_choice(suggestion: Suggestion) -> Choice:
    label = "Undo" if len(suggestion.undo) == 1 else f"Undo all ({len(suggestion.undo)})"
    return Choice(label=label, token=f"u.{suggestion.nonce}")


def can_be_always(suggestion: Suggestion, find: Find) -> bool:
    """One step, below DANGER, with at least one named target: an "always" without limits is not offered."""
    if len(suggestion.steps) != 1 or suggestion.risk >= Risk.DANGER:
        return False
    call = suggestion.steps[0]
    action = find(call.action)
    return action is not None and any(call.arguments.get(name) is not None for name in action.targets)


def parse_token(token: str) -> tuple[str, str] | None:
    """(verb, nonce or id), or None for something that no button of ours holds."""
    verb, dot, rest = token.partition(".")
    return (verb, rest) if dot and len(verb) == 1 and rest else None


def text(suggestion: Suggestion, user: User, find: Find, now: datetime) -> str:
    """The card as CommonMark."""
    lines = [f"**{_line(suggestion.title)}**"]
    lines += [_arguments(step, find(step.action)) for step in suggestion.steps]
    if suggestion.why:
        lines.append(f"Why: {_line(suggestion.why)}")
    lines += [f"> {_opening(_line(item.quote))} ({_line(item.source)})" for item in suggestion.evidence]
    lines.append(_status(suggestion, user, find, now))
    return "\n\n".join(line for line in lines if line)


def _arguments(call: Call, action: Action | None) -> str:
    shown = [f"- {escape(label(name))}: {_shown(value)}" for name, value in call.arguments.items()]
    account = [f"- account: {_line(call.account)}"] if call.account else []
    missing = [name for name in (action.inputs.get("properties", {}) if action else {}) if name not in call.arguments]
    nothing = [f"- {', '.join(escape(label(name)) for name in missing)}: none"] if missing else []
    return "\n".join(account + shown + nothing)


def label(name: str) -> str:
    return LABEL.sub(" ", name)


def _shown(value: Json) -> str:
    """A value as it is; several lines stand in a quote of their own, so that none looks like one of the card's."""
    if value is None:
        return "none"
    if not isinstance(value, str):
        return escape(json.dumps(value, ensure_ascii=False))
    lines = value.splitlines()
    if len(lines) <= 1:
        return escape(value.strip()) or "(empty)"
    quoted = [_opening(escape(line)) for line in lines]
    breaks = ["\\" if here and after else "" for here, after in zip(quoted, [*quoted[1:], ""], strict=True)]
    return "\n\n" + "\n".join(f"  > {line}{end}" for line, end in zip(quoted, breaks, strict=True)) + "\n"


def escape(words: str) -> str:
    """Text that others may have written, so that it cannot dress up as part of the card; the invisible is named."""
    return UNSEEN.sub(lambda hidden: f"⟨U+{ord(hidden[0]):04X}⟩", MARKUP.sub(r"\\\1", words))


def _line(words: str) -> str:
    return escape(" ".join(words.split()))


def _opening(line: str) -> str:
    """The same where a line begins: neither a list nor a rule, and what is indented stays so."""
    opened = INDENT.sub(lambda blank: "\u00a0" * len(blank[0].expandtabs(4)), line.rstrip())
    return BEGINS.sub(r"\1\\\2", opened)


def _status(suggestion: Suggestion, user: User, find: Find, now: datetime) -> str:
    state, until = suggestion.state, when(suggestion.expires_at, user, now)
    if state is State.OPEN:
        return f"{_reversible(suggestion, find)} · expires {until}"
    words = {
        State.SNOOZED: f"Put off; it comes back by itself. Expires {until}.",
        State.SCHEDULED: "Planned.",
        State.RUNNING: "Running …",
        State.UNDOING: "Undoing …",
        State.EXPIRED: "Expired; ask again if you still want it.",
        State.UNKNOWN: "I do not know whether this happened. Please check, then choose.",
    }
    head = {State.DONE: "✅ ", State.FAILED: "❌ ", State.UNDONE: "↩️ ", State.COMPENSATED: "↩️ ", State.DENIED: "✖️ "}
    return words.get(state) or head.get(state, "") + (suggestion.result or state.value)


def _reversible(suggestion: Suggestion, find: Find) -> str:
    actions = [find(step.action) for step in suggestion.steps]
    return "Can be undone" if all(a is not None and a.undoable for a in actions) else "Cannot be undone"


def when(moment: datetime, user: User, now: datetime) -> str:
    """A time in the user's own zone, as people say it."""
    there, here = user.local(moment), user.local(now)
    days = (there.date() - here.date()).days
    day = {0: "today", 1: "tomorrow", -1: "yesterday"}.get(days) or f"{there:%a} {there.day} {there:%b}"
    zone = "" if user.zone else " UTC"
    return f"{day} {there:%H:%M}{zone}"


def fields(suggestion: Suggestion, action: Action | None) -> tuple[Field, ...]:
    """The edit form of a suggestion's first step: one field for each input of its action."""
    if action is None or not suggestion.steps:
        return ()
    properties = action.inputs.get("properties", {})
    arguments = suggestion.steps[0].arguments
    return tuple(_field(name, schema, arguments.get(name)) for name, schema in properties.items())


def _field(name: str, schema: Json, value: Json) -> Field:
    kinds = {"integer": "number", "number": "number", "boolean": "bool"}
    kind = kinds.get(str(schema.get("type")), "text")
    if "enum" in schema:
        kind = "enum"
    elif schema.get("format") in ("date", "date-time"):
        kind = "datetime" if schema["format"] == "date-time" else "date"
    elif kind == "text" and isinstance(value, str) and (len(value) > 80 or "\n" in value):
        kind = "long"
    options = tuple(str(option) for option in schema.get("enum", ()))
    return Field(name=name, label=label(name), kind=kind, value=_plain(value), options=options)


def _plain(value: Json) -> str:
    """A value as a person would type it: a list of plain words with commas between them, all else as JSON."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, list | tuple) and all(isinstance(item, str) and PLAIN_ITEM.fullmatch(item) for item in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)


def question(suggestion: Suggestion, action: Action | None) -> str:
    """What we ask where a platform has no forms; `answered` reads what comes back."""
    shown = [f"{field.label}: {field.value}" for field in fields(suggestion, action) if field.value]
    lines = "\n".join("> " + _opening(_line(line)) + "\\" for line in shown[:8]).removesuffix("\\")
    asked = f"What should be different in **{_line(suggestion.title)}**? Tell me, or send the lines as they should be:"
    return f"{asked}\n\n{lines}"


def answered(words: str, suggestion: Suggestion, action: Action | None) -> tuple[tuple[str, str], ...]:
    """The values when every line is "label: value" of the form; () when it is said in other words."""
    names = {field.label.casefold(): field.name for field in fields(suggestion, action)}
    lines = [line.partition(":") for line in words.splitlines() if line.strip()]
    found = [(names.get(label.strip(" >*").casefold(), ""), value.strip()) for label, colon, value in lines if colon]
    return tuple(found) if found and len(found) == len(lines) and all(name for name, _ in found) else ()


def edited(call: Call, values: tuple[tuple[str, str], ...], action: Action) -> Call:
    """The call with the form's values. A field left as it was changes nothing; an emptied one is an argument left out.

    Types follow the action's schema. Raises ValueError, in words for the person, for a value not of its type."""
    arguments: dict[str, Json] = dict(call.arguments)
    properties = action.inputs.get("properties", {})
    for name, value in values:
        if name not in properties:
            raise ValueError(f"There is no field {label(name)}.")
        value = value.replace("\r\n", "\n")  # as browsers send what has several lines
        if value == _plain(arguments.get(name)).replace("\r\n", "\n"):
            continue
        if value.strip() == "" and properties[name].get("type") != "boolean":
            arguments.pop(name, None)
        else:
            arguments[name] = _typed(name, value.strip(), properties[name])
    return replace(call, arguments=arguments)


def _typed(name: str, value: str, schema: Json) -> Json:
    kind = str(schema.get("type"))
    if kind == "array" and not value.startswith("["):
        items = [item.strip() for item in value.split(",")]
        return [_typed(name, item, schema.get("items", {})) for item in items if item]
    try:
        if kind == "integer":
            return int(value)
        if kind == "number":
            return _finite(float(value))
        if kind == "boolean":
            return (*TRUE, *FALSE).index(value.lower()) < len(TRUE)
        return json.loads(value) if kind in ("array", "object") else value
    except (ValueError, RecursionError):
        raise ValueError(f"{label(name)} must be {KINDS.get(kind, 'JSON')}, and “{value[:80]}” is none.") from None


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError(number)
    return number
