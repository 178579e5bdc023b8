"""A message as the page shows it: JSON with finished HTML. Pure."""

from __future__ import annotations

from adapters.chat.web.markdown import html
from bot.action import Json
from bot.message import Attachment
from bot.records import Author, Message


def show(message: Message) -> Json:
    """What a person wrote is shown as it was written; what we say is CommonMark."""
    ours = message.author is Author.ASSISTANT
    return {
        "id": message.id,
        "seq": message.seq,
        "position": message.position,
        "author": message.author.value,
        "text": message.text,
        "html": html(message.text) if ours else "",
        "sent_at": message.sent_at.isoformat(),
        "state": message.state,
        "card": message.suggestion is not None and not message.actions,  # else an answer with an Undo
        "choices": [{"label": c.label, "token": c.token, "tone": c.tone.value} for c in message.choices],
        "files": [_file(file) for file in message.files],
        "outside": message.outside,
    }


def _file(file: Attachment) -> Json:
    return {
        "id": file.ref,
        "name": file.name,
        "mime": file.mime,
        "size": file.size,
        "kind": file.kind.value,
        "duration": file.duration,
    }
