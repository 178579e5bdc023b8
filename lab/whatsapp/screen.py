"""A chat as its person sees it. Pure."""

from __future__ import annotations

from html import escape

from lab.whatsapp.markup import html, shown
from lab.whatsapp.world import TEMPLATES, Chat, Json, Line, World

FILES = ("audio", "image", "video", "document", "sticker")


def screen(world: World, chat: Chat | None) -> Json:
    if chat is None:
        return {"chat": None, "messages": [], "typing": False, "form": None}
    person = chat.person
    return {
        "chat": {"id": person.id, "kind": "private", "title": person.name},
        "messages": [_message(world, chat, line) for line in chat.lines.values()],
        "typing": chat.typing_until > world.now(),
        "form": None,
    }


def _message(world: World, chat: Chat, line: Line) -> Json:
    text = _text(line.native)
    written = line.author == "bot"
    return {
        "id": line.id,
        "author": line.author,
        "name": "Aurelius" if written else chat.person.name,
        "text": shown(text) if written else text,
        "html": html(text) if written else escape(text).replace("\n", "<br>"),
        "buttons": buttons(line),
        "files": _files(world, line.native),
        "edited": line.edited,
        "growing": False,
        "reply_to": line.reply_to,
        "read": line.read,
    }


def _text(native: Json) -> str:
    kind = native["type"]
    about = native.get(kind) or {}
    if kind == "interactive":
        reply = about.get("button_reply") or about.get("list_reply")
        return str(reply["title"] if reply else about["body"]["text"])
    if kind == "template":
        return TEMPLATES[about["name"]][about["language"]["code"]]
    return str(about.get("body") or about.get("caption") or "") if isinstance(about, dict) else ""


def buttons(line: Line) -> list[Json]:
    """Those of reply buttons, and the rows of a list."""
    action = (line.native.get("interactive") or {}).get("action") or {}
    found = [button["reply"] | {"style": "button"} for button in action.get("buttons") or ()]
    found += [row | {"style": "row"} for section in action.get("sections") or () for row in section["rows"]]
    return [{"label": one["title"], "token": one["id"], "style": one["style"]} for one in found]


def _files(world: World, native: Json) -> list[Json]:
    kind = native["type"]
    if kind not in FILES:
        return []
    about = native[kind]
    media = world.media.get(about["id"])
    if media is None:
        return []
    shown_as = {"audio": "voice" if about.get("voice") else "audio", "image": "photo"}.get(kind, kind)
    found: Json = {"id": about["id"], "kind": shown_as, "name": about.get("filename") or media.name}
    return [found | {"mime": media.mime, "size": len(media.content), "duration": None}]
