"""What we say, as Slack shows it: messages that fit, the buttons below the last one. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.chat.commonmark import plain, spans
from adapters.chat.slack.blocks import Json, actions, rich_text
from adapters.chat.slack.words import escaped
from adapters.chat.splitting import split
from bot.message import Reply

LONGEST = 3000  # UTF-16 units of a message: what Slack takes in one text, and its escaped form fits in chat.update
NOTHING = "…"  # a message cannot be empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One message. `text` is what notifications and screen readers say."""

    text: str
    blocks: tuple[Json, ...]


def render(reply: Reply) -> tuple[Part, ...]:
    """No part at all only when a voice note or files say it all."""
    silent = not reply.text.strip() and not reply.choices and (reply.voice is not None or bool(reply.files))
    if silent:
        return ()
    cut = split(spans(reply.text), LONGEST) or split(spans(NOTHING), LONGEST)
    buttons = [actions(reply.choices) if number == len(cut) - 1 else [] for number in range(len(cut))]
    return tuple(
        Part(text=_notice(plain(part)), blocks=(*rich_text(part), *below))
        for part, below in zip(cut, buttons, strict=True)
    )


def _notice(text: str) -> str:
    """Escaped, it may grow by five times, and chat.update takes 4,000 characters."""
    shown = escaped(text)
    return shown if len(shown) <= LONGEST else f"{escaped(text[: LONGEST // 5])} …"
