"""What we say, as Telegram shows it: messages of HTML that fit, the buttons below the last one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.chat.commonmark import plain, spans
from adapters.chat.splitting import split
from adapters.chat.telegram.html import html
from bot.message import Choice, Reply, Tone

LONGEST = 4096  # UTF-16 units of a message, after its entities were read (Bot API, sendMessage)
IN_A_ROW = 3
NOTHING = "…"  # a message cannot be empty
STYLES = {Tone.PRIMARY: "primary", Tone.DANGER: "danger"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """`style` is "primary", "danger" or None: Telegram's own names."""

    text: str
    data: str
    style: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One message. `plain` is what it says without markup, for the case that the markup is refused."""

    html: str
    plain: str
    rows: tuple[tuple[Button, ...], ...] = ()


def render(reply: Reply) -> tuple[Part, ...]:
    """At least one part."""
    found = [Part(html=html(part), plain=plain(part)) for part in split(spans(reply.text), LONGEST)]
    *first, last = found or [Part(html=NOTHING, plain=NOTHING)]
    return (*first, Part(html=last.html, plain=last.plain, rows=_rows(reply.choices)))


def _rows(choices: Sequence[Choice]) -> tuple[tuple[Button, ...], ...]:
    buttons = [Button(text=choice.label, data=choice.token, style=STYLES.get(choice.tone)) for choice in choices]
    return tuple(tuple(buttons[at : at + IN_A_ROW]) for at in range(0, len(buttons), IN_A_ROW))
