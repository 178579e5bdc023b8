"""What a person sees: the chat as the app shows it. Pure."""

from __future__ import annotations

import time
from collections.abc import Mapping
from html import escape
from typing import Any

from lab.telegram.markup import write_html
from lab.telegram.world import Chat, Json, World

NOTHING: Json = {"messages": [], "typing": False, "form": None}
FILES = {"photo": "photo", "voice": "voice", "audio": "audio", "video": "video", "animation": "video"} | {
    "video_note": "video",
    "document": "document",
}


def screen(world: World, chat: Chat | None) -> Json:
    """Oldest first; what was deleted is absent. A draft is a message that grows."""
    if chat is None:
        return NOTHING
    messages: list[Any] = sorted(chat.messages.values(), key=lambda message: int(message["message_id"]))
    shown = [_message(world, chat, message) for message in messages]
    shown += [_draft(world, number, text, entities) for number, (text, entities) in chat.drafts.items()]
    return {"messages": shown, "typing": chat.typing_until > time.monotonic(), "form": None}


def _message(world: World, chat: Chat, message: Json) -> Json:
    by_bot = message["from"]["is_bot"]
    text = str(message.get("text") or message.get("caption") or "")
    entities = message.get("entities") or message.get("caption_entities") or []
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    replied = message.get("reply_to_message")
    return {
        "id": str(message["message_id"]),
        "author": "bot" if by_bot else "person",
        "name": message["from"]["first_name"],
        "text": text,
        "html": write_html(text, entities) if by_bot else escape(text),
        "buttons": [_button(button) for row in rows for button in row],
        "files": [_file(world, message, field) for field in FILES if field in message],
        "edited": chat.edits[message["message_id"]],
        "growing": False,
        "reply_to": str(replied["message_id"]) if replied else None,
    }


def _button(button: Mapping[str, Any]) -> Json:
    return {"label": button["text"], "token": button.get("callback_data", ""), "style": button.get("style", "")}


def _file(world: World, message: Json, field: str) -> Json:
    about = message[field][-1] if field == "photo" else message[field]
    file = world.files[about["file_id"]]
    found = {"id": about["file_id"], "kind": FILES[field], "name": file.name, "mime": file.mime}
    return found | {"size": len(file.content), "duration": about.get("duration")}


def _draft(world: World, number: int, text: str, entities: list[Json]) -> Json:
    return {
        "id": f"draft-{number}",
        "author": "bot",
        "name": world.bot["first_name"],
        "text": text,
        "html": write_html(text, entities),
        "buttons": [],
        "files": [],
        "edited": 0,
        "growing": True,
        "reply_to": None,
    }
