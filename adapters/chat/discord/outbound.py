"""What we say, as Discord shows it: messages of markdown that fit, the buttons below the last one, files. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adapters.chat.commonmark import Span, spans
from adapters.chat.discord.inbound import STOP
from adapters.chat.discord.markdown import escaped, markdown
from adapters.chat.splitting import split, utf16
from bot.action import Json
from bot.message import Choice, Reply, Tone, Upload

LONGEST = 2000  # characters of a message
IN_A_ROW, ROWS = 5, 5
TOGETHER = 10  # files of a message
LARGEST = 10 * 1024 * 1024  # bytes of a file that a bot sends where nobody pays for more
QUIET, VOICE = 1 << 2, 1 << 13  # flags: no previews of links; a voice note
PRIMARY, SECONDARY, DANGER = 1, 2, 4  # styles of a button
STYLES = {Tone.PRIMARY: PRIMARY, Tone.DANGER: DANGER}
NOBODY: Json = {"parse": []}  # is called by a mention
NOTHING = "…"  # a message cannot be empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One message: words with buttons, or files, or a voice note."""

    content: str = ""
    rows: tuple[Json, ...] = ()
    files: tuple[Upload, ...] = ()
    voice: Upload | None = None

    @property
    def fixed(self) -> bool:
        """Once sent it stays as it is."""
        return bool(self.files or self.voice)


def render(reply: Reply) -> tuple[Part, ...]:
    """At least one part."""
    fit = [file for file in reply.files if len(file.content) <= LARGEST]
    notes = [_too_large(file) for file in reply.files if file not in fit]
    found = [*_fitting(spans(reply.text), LONGEST), *notes]
    sounds = bool(fit or reply.voice)
    if not found and (reply.choices or not sounds):
        found = [NOTHING]
    words = [Part(content=content) for content in found]
    if words:
        words[-1] = Part(content=words[-1].content, rows=rows(reply.choices))
    voice = [Part(voice=reply.voice)] if reply.voice else []
    files = [Part(files=tuple(fit[at : at + TOGETHER])) for at in range(0, len(fit), TOGETHER)]
    return (*words, *voice, *files)


def growing(text: str, key: str) -> tuple[Part, ...]:
    """An answer that is being written, with a button that ends it."""
    *first, last = [Part(content=content) for content in _fitting(spans(text), LONGEST)] or [Part(content=NOTHING)]
    button = _button("Stop", f"{STOP}{nonce(key, 0)}", SECONDARY)
    return (*first, Part(content=last.content, rows=({"type": 1, "components": [button]},)))


def _fitting(found: Sequence[Span], limit: int) -> Iterator[str]:
    """Signs and backslashes count too, so what is full of them is cut smaller."""
    for part in split(found, limit):
        text = markdown(part)
        size = utf16(text)
        if size <= LONGEST or limit <= 2:
            yield text
        else:
            yield from _fitting(part, min(limit - 1, limit * LONGEST // size))


def _too_large(file: Upload) -> str:
    size = len(file.content) / 1024 / 1024
    return f"{escaped(file.about.name or 'A file')} has {size:.0f} MB; Discord takes 10 MB at most."


def rows(choices: Sequence[Choice]) -> tuple[Json, ...]:
    buttons = [_button(choice.label, choice.token, STYLES.get(choice.tone, SECONDARY)) for choice in choices]
    lines = [buttons[at : at + IN_A_ROW] for at in range(0, len(buttons), IN_A_ROW)]
    return tuple({"type": 1, "components": line} for line in lines[:ROWS])


def _button(label: str, token: str, style: int) -> Json:
    return {"type": 2, "style": style, "label": label, "custom_id": token}


def nonce(key: str, number: int) -> str:
    """What makes Discord show a repeat only once: at most 25 characters, the same for the same part of an answer."""
    return hashlib.blake2b(f"{key}/{number}".encode(), digest_size=12).hexdigest()


def words(part: Part) -> dict[str, Json]:
    """The body that posts or edits the words of a part."""
    return {"content": part.content, "components": list(part.rows), "allowed_mentions": NOBODY, "flags": QUIET}


def with_files(part: Part) -> dict[str, Json]:
    about = [{"id": number, "filename": _name(file, number)} for number, file in enumerate(part.files)]
    return {"attachments": about, "allowed_mentions": NOBODY}


def _name(file: Upload, number: int) -> str:
    return file.about.name.replace("/", "_")[:200] or f"file-{number + 1}"


def voice_note(seconds: float, waveform: str) -> dict[str, Json]:
    """A voice note has nothing beside it (discord-api-spec, MessageAttachmentRequest; flag 8192)."""
    about = {"id": 0, "filename": "voice-message.ogg", "duration_secs": seconds, "waveform": waveform}
    return {"flags": VOICE, "attachments": [about], "allowed_mentions": NOBODY}


def signature(part: Part) -> str:
    """Tells whether two versions of a part look the same."""
    return f"{part.content}\x1f{part.rows}"
