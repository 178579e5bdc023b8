"""What a person sees in their app."""

from __future__ import annotations

import time

from lab.discord.components import buttons, fields
from lab.discord.interactions import LOADING
from lab.discord.markdown import read
from lab.discord.messages import is_growing
from lab.discord.world import DIRECT, THREAD, Channel, Json, World

VOICE = 1 << 13
STYLES = {1: "primary", 2: "neutral", 3: "success", 4: "danger", 5: "link"}
KINDS = {"image": "photo", "video": "video", "audio": "audio"}


def screen(world: World, user: str, channel: Channel) -> Json:
    messages = [m for m in channel.messages.values() if channel.only.get(m["id"], user) == user]
    kind = "private" if channel.type == DIRECT else ("thread" if channel.type == THREAD else "group")
    return {
        "chat": {"id": channel.id, "kind": kind, "title": channel.title},
        "messages": [_message(world, channel, m) for m in sorted(messages, key=lambda m: int(m["id"]))],
        "typing": time.monotonic() < channel.typing_until,
        "form": _form(world.forms.get((user, channel.id))),
    }


def _message(world: World, channel: Channel, message: Json) -> Json:
    text, html = read(message["content"])
    replied = message.get("message_reference") or {}
    return {
        "id": message["id"],
        "author": "bot" if message["author"]["id"] == world.bot["id"] else "person",
        "name": message["author"]["global_name"] or message["author"]["username"],
        "text": text,
        "html": html,
        "source": message["content"],
        "buttons": [
            {"label": b.get("label", ""), "token": b.get("custom_id", ""), "style": STYLES[b["style"]]}
            for b in buttons(message)
        ],
        "files": [_file(file, bool(int(message["flags"]) & VOICE)) for file in message["attachments"]],
        "edited": channel.edits[message["id"]],
        "growing": is_growing(message) or bool(int(message["flags"]) & LOADING),
        "reply_to": replied.get("message_id"),
        "hidden": message["id"] in channel.only,
    }


def _file(file: Json, voice: bool) -> Json:
    mime = str(file.get("content_type") or "application/octet-stream")
    return {
        "id": file["id"],
        "kind": "voice" if voice else KINDS.get(mime.partition("/")[0], "document"),
        "name": file["filename"],
        "mime": mime,
        "size": file["size"],
        "duration": file.get("duration_secs"),
        "waveform": file.get("waveform"),
    }


def _form(form: Json | None) -> Json | None:
    if form is None:
        return None
    return {"id": form["custom_id"], "title": form["title"], "fields": fields(form["components"])}
