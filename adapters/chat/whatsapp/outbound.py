"""What we say, as messages of the Cloud API: texts that fit, buttons or a list below the last one. Pure.

Up to 3 choices are reply buttons, more are the rows of a list. What was sent cannot be changed on WhatsApp, so of a
changed message only what is new is said, as a new message that quotes the old one:
- a card that is carried out says nothing before it is over, however often it is pressed meanwhile;
- a card that is over, put off or planned says so in a line, with the buttons that there are now (Undo, say);
- a card that was pressed in vain says why;
- everything else (a card with other arguments, another answer in the place of a failed one) is said anew as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from adapters.chat.commonmark import spans
from adapters.chat.whatsapp.markup import parts
from adapters.chat.whatsapp.shown import Shown
from bot.message import Address, Choice, Reply, Upload

LONGEST = 4096  # characters of a text (cloud-api/messages/text-messages)
CARD = 1024  # of the body above buttons or a list (cloud-api/reference/messages, interactive object)
BUTTONS, ROWS = 3, 10
MENU = "Choose"  # on the button that opens a list
NOTHING = "…"  # a message cannot be empty
PASSING = ("Running …", "Undoing …")
OVER = ("✅", "❌", "↩️", "✖️", "Put off;", "Planned.", "Expired;", "I do not know whether this happened.")
TAKEN_BACK = "↩️"
TITLE = re.compile(r"\*\*[^\n]+\*\*")  # what a card begins with
NOTE = re.compile(r"_[^\n]+_")
BUSINESS_SCOPED = re.compile(r"[A-Z]{2}\..+")  # US.134..., US.ENT.118...

Json = dict[str, Any]


def render(reply: Reply) -> tuple[Json, ...]:
    """The contents of messages, to whom is added by `addressed`; none where a recording or files say it all."""
    if not reply.text.strip() and not reply.choices and (reply.voice or reply.files):
        return ()
    found = spans(reply.text)
    if not reply.choices:
        return tuple(_text(part) for part in parts(found, LONGEST)) or (_text(NOTHING),)
    *first, body = parts(found, LONGEST, last=CARD) or (NOTHING,)
    return (*(_text(part) for part in first), *_choosing(body, reply.choices))


def _text(body: str) -> Json:
    """Without previews of links: whoever serves the page would learn that it was mentioned."""
    return {"type": "text", "text": {"body": body, "preview_url": False}}


def _choosing(body: str, choices: Sequence[Choice]) -> Iterator[Json]:
    """A list holds ten rows; what is more stands in the next."""
    if len(choices) <= BUTTONS:
        yield _interactive("button", body, {"buttons": [_button(*named) for named in _named(choices)]})
        return
    for at in range(0, len(choices), ROWS):
        rows = [{"id": choice.token, "title": title} for choice, title in _named(choices[at : at + ROWS])]
        yield _interactive("list", NOTHING if at else body, {"button": MENU, "sections": [{"rows": rows}]})


def _interactive(kind: str, body: str, action: Json) -> Json:
    return {"type": "interactive", "interactive": {"type": kind, "body": {"text": body}, "action": action}}


def _button(choice: Choice, title: str) -> Json:
    return {"type": "reply", "reply": {"id": choice.token, "title": title}}


def _named(choices: Sequence[Choice]) -> Iterator[tuple[Choice, str]]:
    """Titles must differ: the second of the same name gets a number."""
    taken: set[str] = set()
    for choice in choices:
        title, number = choice.label, 2
        while title in taken:
            ending = f" {number}"
            title, number = choice.label[: 20 - len(ending)] + ending, number + 1
        taken.add(title)
        yield choice, title


def addressed(at: Address, content: Json, quoting: str | None = None) -> Json:
    """`to` is a phone number, `recipient` the id of a person for our business. The chat's key comes back with what
    WhatsApp tells of the message."""
    to = "recipient" if BUSINESS_SCOPED.fullmatch(at.place) else "to"
    body = {"messaging_product": "whatsapp", "recipient_type": "individual", to: at.place, **content}
    body["biz_opaque_callback_data"] = at.place
    return body | ({"context": {"message_id": quoting}} if quoting else {})


def change(reply: Reply, shown: Shown) -> Reply | None:
    """Of a message that was said before and is now this, what has to be said anew; None: nothing."""
    title, *paragraphs = [part for part in reply.text.split("\n\n") if part.strip()] or [""]
    note = paragraphs[-1:] if paragraphs and NOTE.fullmatch(paragraphs[-1]) else []
    body = paragraphs[: len(paragraphs) - len(note)]
    is_card = TITLE.fullmatch(title) is not None
    if is_card and body and body[-1] in PASSING:
        return None
    added = shown.added(reply.text)
    if added is not None:
        return replace(reply, text=added.strip()) if added.strip() else None
    begins = OVER if is_card else TAKEN_BACK
    at = max((number for number, part in enumerate(body) if part.startswith(begins)), default=len(body))
    said = [*body[at:], *(note if is_card else [])]
    return replace(reply, text="\n\n".join(said)) if said else reply


def template(at: Address, named: str) -> Json:
    """`named`: "name:language"."""
    name, _, language = named.partition(":")
    return addressed(at, {"type": "template", "template": {"name": name, "language": {"code": language or "en"}}})


# Kinds and sizes that WhatsApp takes (cloud-api/reference/media, supported media types).
MEGABYTE = 1024 * 1024
LIMITS = {"image": 5 * MEGABYTE, "video": 16 * MEGABYTE, "audio": 16 * MEGABYTE, "document": 100 * MEGABYTE}
OFFICE = "application/vnd.openxmlformats-officedocument."
DOCUMENTS = {
    "application/pdf", "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
    f"{OFFICE}wordprocessingml.document", f"{OFFICE}spreadsheetml.sheet", f"{OFFICE}presentationml.presentation",
}  # fmt: skip
NATIVE: Mapping[str, str] = {
    "image/jpeg": "image", "image/png": "image",
    "video/mp4": "video", "video/3gpp": "video",
    "audio/aac": "audio", "audio/amr": "audio", "audio/mpeg": "audio", "audio/mp4": "audio",
    "audio/ogg": "audio", "audio/ogg; codecs=opus": "audio",
}  # fmt: skip
VOICE = "audio/ogg; codecs=opus"


def kind_and_mime(upload: Upload) -> tuple[str, str] | None:
    """As which kind of message a file goes, and the type it is uploaded with; None for what WhatsApp does not take.
    Any text goes as plain text."""
    mime = upload.about.mime
    kind = NATIVE.get(mime, "document")
    if len(upload.content) > LIMITS[kind]:
        kind = "document"
    if kind == "document":
        mime = "text/plain" if mime.startswith("text/") or mime == "application/json" else mime
        if mime not in DOCUMENTS | {"text/plain"} or len(upload.content) > LIMITS[kind]:
            return None
    return kind, VOICE if mime == "audio/ogg" else mime


def media(kind: str, id: str, name: str) -> Json:
    return {"type": kind, kind: {"id": id} | ({"filename": name} if kind == "document" and name else {})}


def voice(id: str) -> Json:
    """A real voice note (cloud-api/messages/audio-messages)."""
    return {"type": "audio", "audio": {"id": id, "voice": True}}


def not_taken(upload: Upload) -> Json:
    """Instead of a file that WhatsApp does not take."""
    name, size = upload.about.name or "A file", len(upload.content) / MEGABYTE
    return _text(f"({name}, {size:.1f} MB, cannot be sent: WhatsApp takes no such file ({upload.about.mime}).)")
