"""The person's side: what somebody does in their app, as requests of a test or of the lab's page."""

from __future__ import annotations

import base64
import re
import time
import uuid
from typing import Any

from lab.telegram.markup import units
from lab.telegram.refusal import Refusal
from lab.telegram.world import Chat, Json, World

ENTITIES = (("mention", re.compile(r"(?<!\w)@\w{4,}")), ("bot_command", re.compile(r"(?<![\w/])/\w+(?:@\w+)?")))
FILES = ("voice", "audio", "document", "video")


def user(about: Json) -> Json:
    return {"is_bot": False, "first_name": "Ann"} | about


def place(world: World, body: Json) -> Chat:
    """`chat` as the API shows it; without one, the private chat with the person."""
    who = user(body["user"])
    private = {"id": who["id"], "type": "private", "first_name": who["first_name"]}
    return world.chat(body.get("chat") or private)


async def say(world: World, body: Json) -> Json:
    """`user`, and of these what is wanted: chat, text, file {kind, name, mime, base64, duration}, reply_to, thread,
    and `fields` that are put into the message as they are."""
    chat = place(world, body)
    message: Json = {"from": user(body["user"])}
    text, file = str(body.get("text") or ""), body.get("file")
    if file:
        message |= _file(world, file)
    if text:
        message |= {"caption" if file else "text": text}
        message |= {"caption_entities" if file else "entities": entities(text)}
    if body.get("reply_to"):
        replied = chat.messages.get(int(body["reply_to"]))
        message["reply_to_message"] = {
            k: v for k, v in (replied or {}).items() if k not in ("html", "reply_to_message")
        }
    if body.get("thread"):
        message |= {"message_thread_id": int(body["thread"]), "is_topic_message": True}
    message |= body.get("fields") or {}
    full = world.put(chat, message)
    return await world.happen("message", full)


def entities(text: str) -> list[Json]:
    """Those that the app finds by itself and that matter here."""
    found = [
        {"type": kind, "offset": units(text[: match.start()]), "length": units(match.group())}
        for kind, pattern in ENTITIES
        for match in pattern.finditer(text)
    ]
    return sorted(found, key=lambda entity: int(entity["offset"]))


def _file(world: World, file: Json) -> Json:
    content = base64.b64decode(file.get("base64") or "")
    kind = str(file.get("kind") or "document")
    name = str(file.get("name") or "file")
    file_id = world.keep(name, content)
    about: Json = {"file_id": file_id, "file_unique_id": file_id[:12], "file_size": len(content)}
    if kind == "photo":
        small = about | {"width": 90, "height": 60}
        return {"photo": [small, about | {"width": 1280, "height": 853}]}
    if kind not in FILES:
        raise Refusal("unknown kind of file")
    if kind in ("voice", "audio", "video"):
        about |= {"duration": int(file.get("duration") or 1)}
    return {kind: about | {"mime_type": file.get("mime") or "application/octet-stream", "file_name": name}}


async def edit(world: World, body: Json) -> Json:
    """`user`, chat?, message_id, text."""
    chat = place(world, body)
    message = chat.messages[int(body["message_id"])]
    text = str(body["text"])
    message |= {"text": text, "entities": entities(text), "edit_date": int(time.time())}
    return await world.happen("edited_message", message)


async def press(world: World, body: Json) -> Json:
    """`user`, chat?, message_id and `button`, the beginning of its label or all of its data. Buttons that are gone can
    still be pressed by their data, as in an app that was offline."""
    chat = place(world, body)
    message = chat.messages[int(body["message_id"])]
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    wanted = str(body["button"])
    data = next((b["callback_data"] for row in rows for b in row if b["text"].startswith(wanted)), wanted)
    query = uuid.uuid4().hex
    world.presses[query] = False
    shown = {key: value for key, value in message.items() if key != "html"}
    about = {"id": query, "from": user(body["user"]), "message": shown, "chat_instance": "1", "data": data}
    return await world.happen("callback_query", about)


async def react(world: World, body: Json) -> Json:
    chat = place(world, body)
    new = [{"type": "emoji", "emoji": body["emoji"]}] if body.get("emoji") else []
    about = {
        "chat": chat.about,
        "message_id": int(body["message_id"]),
        "user": user(body["user"]),
        "date": int(time.time()),
        "old_reaction": [],
        "new_reaction": new,
    }
    return await world.happen("message_reaction", about)


async def stop(world: World, body: Json) -> Json:
    """The button below a growing answer, if the bot lets it be stopped."""
    chat = place(world, body)
    draft = next((number for number in chat.drafts if chat.stoppable), None)
    if draft is None:
        raise Refusal("nothing to stop")
    return await world.happen("stopped_message_generation", {"chat": chat.about, "draft_id": draft})


async def again(world: World, body: Json) -> Json:
    """The same update once more, as after an answer that got lost."""
    known = [*world.confirmed, *world.updates]
    update = next(u for u in known if u["update_id"] == int(body["update_id"]))
    world.updates.append(update)
    await world.note("again", update=update)
    return update


async def block(world: World, body: Json) -> Json:
    """The person blocks the bot, or takes it back."""
    place(world, body).blocked = bool(body.get("blocked", True))
    await world.note("block")
    return {}


async def forget_faults(world: World, body: Json) -> Json:
    world.faults.clear()
    return {}


def view(chat: Chat) -> Json:
    """A chat as the person sees it: `html` is what the bot wrote, `text` what is shown."""
    messages: list[Any] = sorted(chat.messages.values(), key=lambda message: int(message["message_id"]))
    return {"chat": chat.about, "messages": messages, "drafts": chat.drafts, "gone": sorted(chat.gone)}
