"""What a person sees: the conversation as Slack shows it, the open form, the Home tab. Pure."""

from __future__ import annotations

import re
import time
from html import escape
from typing import Any

from lab.slack import blocks, views
from lab.slack.world import Channel, Json, Team, World

KINDS = {"image": "photo", "video": "video", "audio": "audio"}
SPECIAL = re.compile(r"<([@#!]?)([^<>|]+)(?:\|([^<>]*))?>")


def screen(world: World, team: Team, user: str, channel: Channel) -> Json:
    """Oldest first; what was deleted is absent. Messages whose metadata names an event that ends in "growing" are still
    being written, as their app says."""
    shown = [m for m in channel.messages.values() if m.get("ephemeral") in (None, user)]
    form = next((view for view in world.views.values() if (view["user"], view["team_id"]) == (user, team.id)), None)
    home = world.homes.get(f"{team.id} {user}")
    return {
        "messages": [_message(world, channel, message) for message in shown],
        "typing": channel.status_until > time.monotonic(),
        "form": views.form(form) if form else None,
    } | ({"home": _page(home)} if home else {})


def _page(view: Json) -> Json:
    return {"text": blocks.plain(view["blocks"]), "html": blocks.html(view["blocks"]), "buttons": _buttons(view)}


def _buttons(about: Json) -> list[Json]:
    found = blocks.buttons(about.get("blocks") or [])
    return [{"label": b["text"]["text"], "token": b.get("value", ""), "style": b.get("style", "")} for b in found]


def _message(world: World, channel: Channel, message: Json) -> Json:
    ours = "bot_id" in message
    name = "Aurelius" if ours else str(world.users[message["user"]].get("real_name") or "somebody")
    written = [block for block in message.get("blocks") or [] if block["type"] != "actions"]
    text = _text(message, written)
    thread = message.get("thread_ts")
    return {
        "id": message["ts"],
        "author": "bot" if ours else "person",
        "name": name,
        "text": text,
        "html": blocks.html(written) if written else escape(text),
        "buttons": _buttons(message),
        "files": [_file(world, file) for file in message.get("files") or []],
        "edited": channel.edits[message["ts"]],
        "growing": _grows(message),
        "reply_to": thread if thread != message["ts"] else None,
    }


def _text(message: Json, written: list[Any]) -> str:
    if "markdown" in message:
        return str(message["markdown"])
    return blocks.plain(written) if written else _read(str(message.get("text") or ""))


def _grows(message: Json) -> bool:
    named = str((message.get("metadata") or {}).get("event_type") or "")
    return bool(message.get("streaming")) or named.endswith("growing")


def _read(text: str) -> str:
    shown = SPECIAL.sub(lambda found: found[3] or f"{found[1]}{found[2]}", text)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _file(world: World, about: Json) -> Json:
    file = world.files[about["id"]]
    kind = "voice" if file.clip == "slack_audio" else KINDS.get(file.mime.partition("/")[0], "document")
    found = {"id": file.id, "kind": kind, "name": file.name, "mime": file.mime}
    return found | {"size": len(file.content), "duration": file.duration}
