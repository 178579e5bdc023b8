"""What we say, as Telegram shows it: messages of HTML that fit, the buttons below the last one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from adapters.chat.commonmark import plain, spans
from adapters.chat.splitting import split
from adapters.chat.telegram.html import html
from bot.message import Choice, Reply, Tone, Upload

LONGEST = 4096  # UTF-16 units of a message, after its entities were read (Bot API, sendMessage)
PHOTO, DOCUMENT = 10_000_000, 50_000_000  # bytes that a bot may send (Bot API, Sending files)
PHOTOS = ("image/jpeg", "image/png", "image/webp")
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


class Shape(StrEnum):
    """As what a file is sent."""

    VOICE = "voice"
    PHOTO = "photo"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    shape: Shape
    upload: Upload


def render(reply: Reply) -> tuple[Part, ...]:
    """The messages of text; none where files say it all, else at least one."""
    text = "\n\n".join(part for part in (reply.text, *_left_out(reply)) if part)
    found = [Part(html=html(part), plain=plain(part)) for part in split(spans(text), LONGEST)]
    if not found and not reply.choices and enclosures(reply):
        return ()
    *first, last = found or [Part(html=NOTHING, plain=NOTHING)]
    return (*first, Part(html=last.html, plain=last.plain, rows=_rows(reply.choices)))


def enclosures(reply: Reply) -> tuple[Enclosure, ...]:
    """Each is a message of its own, after the text: the voice note, then the files."""
    voice = (Enclosure(shape=Shape.VOICE, upload=reply.voice),) if reply.voice else ()
    return voice + tuple(Enclosure(shape=_shape(file), upload=file) for file in reply.files if _fits(file))


def _shape(file: Upload) -> Shape:
    is_photo = file.about.mime in PHOTOS and len(file.content) <= PHOTO
    return Shape.PHOTO if is_photo else Shape.DOCUMENT


def _fits(file: Upload) -> bool:
    return 0 < len(file.content) <= DOCUMENT


def _left_out(reply: Reply) -> Sequence[str]:
    """Said of each file that Telegram takes from no bot."""
    lost = [file.about.name or "A file" for file in reply.files if not _fits(file)]
    return [f"{name} could not be sent: Telegram takes files of up to 50 MB, and no empty ones." for name in lost]


def _rows(choices: Sequence[Choice]) -> tuple[tuple[Button, ...], ...]:
    buttons = [Button(text=choice.label, data=choice.token, style=STYLES.get(choice.tone)) for choice in choices]
    return tuple(tuple(buttons[at : at + IN_A_ROW]) for at in range(0, len(buttons), IN_A_ROW))
