"""What a file is, told by its first bytes and never by what its name or the browser claims. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePath

from bot.message import Attachment, Kind

TAKEN = "I can take pictures, PDF, text, office documents, sound and video."
UNSAYABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (8, b"WAVE", "audio/wav"),
    (0, b"fLaC", "audio/flac"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
)
OFFICE = {  # all of them are zip archives
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odp": "application/vnd.oasis.opendocument.presentation",
}
TEXT = {".csv": "text/csv", ".json": "application/json", ".ics": "text/calendar", ".eml": "message/rfc822"}
KINDS = {"image": Kind.IMAGE, "video": Kind.VIDEO}
SOUND_IN = {"video/webm": "audio/webm", "video/mp4": "audio/mp4"}  # containers into which browsers record sound alone
LONGEST_RECORDING = 10 * 60 + 5.0  # seconds: the page stops at ten minutes by a clock of its own
LARGEST_RECORDING = 10 * 1024 * 1024


def recording(name: str, mime: str, content: bytes, seconds: str) -> Attachment:
    """The voice note that the person recorded in the page just now, without its ref. `seconds` is how long it took, as
    the page counted. Raises ValueError."""
    found = attachment(name, mime, content)
    if not found.mime.startswith("audio/"):
        raise ValueError("This recording holds no sound that I know. Try another browser, or send a sound file.")
    if len(content) > LARGEST_RECORDING:
        raise ValueError("A recording has at most 10 MB. Say it in two parts.")
    try:
        duration = float(seconds)
    except ValueError:
        duration = 0.0
    if not 0 < duration <= LONGEST_RECORDING:
        raise ValueError("A recording takes at most 10 minutes. Say it in two parts.")
    return replace(found, kind=Kind.VOICE, duration=round(duration, 1))


def attachment(name: str, mime: str, content: bytes) -> Attachment:
    """The attachment without its ref. Raises ValueError for an empty file or a kind that we do not take."""
    name = UNSAYABLE.sub("", PurePath(name.replace("\\", "/")).name)[-120:] or "file"
    if not content:
        raise ValueError(f"“{name}” is empty.")
    found = _mime(PurePath(name).suffix.lower(), content)
    if found is None:
        raise ValueError(f"“{name}” is of a kind that I cannot read. {TAKEN}")
    family = mime.partition("/")[0]
    if family == "image" and not found.startswith("image/"):
        raise ValueError(f"“{name}” says it is a picture, but is none.")
    if family == "audio":
        found = SOUND_IN.get(found, found)
    kind = KINDS.get(found.partition("/")[0], Kind.FILE)
    return Attachment(kind=kind, ref="", mime=found, size=len(content), name=name)


def _mime(suffix: str, content: bytes) -> str | None:
    for offset, signature, mime in SIGNATURES:
        if content[offset : offset + len(signature)] == signature:
            return mime
    if content.startswith(b"PK\x03\x04"):
        return OFFICE.get(suffix)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return TEXT.get(suffix, "text/plain") if "\x00" not in text else None
