"""The person's side: what somebody does in their app, as requests of a test or of the lab's page.

A person is {id, name}, a group {id, kind: "group", title}; ids are strings here, and numbers in the Bot API.
"""

from __future__ import annotations

import base64
import re
import time
import uuid
import zlib

from lab.telegram.markup import units
from lab.telegram.refusal import Refusal
from lab.telegram.world import Chat, Json, World

ENTITIES = (("mention", re.compile(r"(?<!\w)@\w{4,}")), ("bot_command", re.compile(r"(?<![\w/])/\w+(?:@\w+)?")))
FILES = ("voice", "audio", "document", "video")
GROUPS = 10**12  # ids of groups are below minus this


def number(id: str) -> int:
    return int(id) if id.isdecimal() else 10**9 + zlib.crc32(id.encode())


def group_number(id: str) -> int:
    return int(id) if id.startswith("-") else -GROUPS - number(id)


def user(body: Json) -> Json:
    """Who acts, as the API shows them."""
    name = str(body["user"].get("name") or "Ann")
    first, _, last = name.partition(" ")
    found = {"id": number(str(body["user"]["id"])), "is_bot": False, "first_name": first}
    return found | ({"last_name": last} if last else {}) | {"username": re.sub(r"\W+", "_", name).lower()}


def place(world: World, body: Json) -> Chat:
    """The group that is named; else the private chat with the person."""
    group = body.get("chat")
    if group:
        about = {"id": group_number(str(group["id"])), "type": "supergroup", "title": group.get("title") or "Group"}
        return world.chat(about)
    who = user(body)
    return world.chat({"type": "private"} | {key: who[key] for key in who if key != "is_bot"})


def message_of(chat: Chat, body: Json) -> Json:
    found = chat.messages.get(int(body["message"]) if str(body["message"]).isdecimal() else 0)
    if found is None:
        raise Refusal("no such message in this chat")
    return found


async def say(world: World, body: Json) -> Json:
    """`text`, `file` {kind, name, mime, base64, duration}, `reply_to`, `thread`, `mention`, and `fields` that are put
    into the message as they are."""
    chat = place(world, body)
    message: Json = {"from": user(body)}
    text, file = str(body.get("text") or ""), body.get("file")
    if body.get("mention"):
        text = f"@{world.bot['username']} {text}"
    if file:
        message |= _file(world, file)
    if text:
        message |= {"caption" if file else "text": text}
        message |= {"caption_entities" if file else "entities": entities(text)}
    if body.get("reply_to"):
        replied = message_of(chat, {"message": body["reply_to"]})
        message["reply_to_message"] = {key: replied[key] for key in replied if key != "reply_to_message"}
    if body.get("thread"):
        message |= {"message_thread_id": number(str(body["thread"])), "is_topic_message": True}
    message |= body.get("fields") or {}
    return _told(await world.happen("message", world.put(chat, message)))


def _told(update: Json) -> Json:
    """What the person's side learns of an update: its id, and of which message it tells."""
    about = next(value for name, value in update.items() if name != "update_id")
    message = about.get("message_id") or about.get("message", {}).get("message_id")
    return {"event": str(update["update_id"]), "message": None if message is None else str(message)}


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
    kind, name = str(file.get("kind") or "document"), str(file.get("name") or "file")
    mime = str(file.get("mime") or ("image/jpeg" if kind == "photo" else "application/octet-stream"))
    file_id = world.keep(name, mime, content)
    about: Json = {"file_id": file_id, "file_unique_id": file_id[:12], "file_size": len(content)}
    if kind == "photo":
        small = about | {"width": 90, "height": 60}
        return {"photo": [small, about | {"width": 1280, "height": 853}]}
    if kind not in FILES:
        raise Refusal("unknown kind of file")
    if kind in ("voice", "audio", "video"):
        about |= {"duration": int(file.get("duration") or 1)}
    return {kind: about | {"mime_type": mime} | ({} if kind == "voice" else {"file_name": name})}


async def command(world: World, body: Json) -> Json:
    """The app writes it for whoever picks it from the list; in a group with the bot's name behind it."""
    whose = f"@{world.bot['username']}" if body.get("chat") else ""
    return await say(world, body | {"text": f"/{body['name']}{whose} {body.get('text') or ''}".strip()})


async def edit(world: World, body: Json) -> Json:
    chat = place(world, body)
    message = message_of(chat, body)
    text = str(body["text"])
    message |= {"text": text, "entities": entities(text), "edit_date": int(time.time())}
    chat.edits[message["message_id"]] += 1
    return _told(await world.happen("edited_message", message))


async def press(world: World, body: Json) -> Json:
    """`button` is the beginning of its label or all of its data. Buttons that are gone can still be pressed by their
    data, as in an app that was offline."""
    message = message_of(place(world, body), body)
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    wanted = str(body["button"])
    data = next((b["callback_data"] for row in rows for b in row if b["text"].startswith(wanted)), wanted)
    query = uuid.uuid4().hex
    world.presses[query] = False
    about = {"id": query, "from": user(body), "message": message, "chat_instance": "1", "data": data}
    return _told(await world.happen("callback_query", about))


async def submit(world: World, body: Json) -> Json:
    raise Refusal("Telegram has no forms")


async def react(world: World, body: Json) -> Json:
    chat = place(world, body)
    about = {
        "chat": chat.about,
        "message_id": message_of(chat, body)["message_id"],
        "user": user(body),
        "date": int(time.time()),
        "old_reaction": [],
        "new_reaction": [{"type": "emoji", "emoji": body["emoji"]}] if body.get("emoji") else [],
    }
    return _told(await world.happen("message_reaction", about))


async def stop(world: World, body: Json) -> Json:
    """The button below a growing answer, if the bot lets it be stopped."""
    chat = place(world, body)
    draft = next((number for number in chat.drafts if chat.stoppable), None)
    if draft is None:
        raise Refusal("nothing to stop")
    return _told(await world.happen("stopped_message_generation", {"chat": chat.about, "draft_id": draft}))


async def again(world: World, body: Json) -> Json:
    """The same update once more, as after an answer that got lost."""
    known = [*world.confirmed, *world.updates]
    update = next((u for u in known if str(u["update_id"]) == str(body["event"])), None)
    if update is None:
        raise Refusal("no such event")
    world.updates.append(update)
    await world.journal.note("again", event=str(update["update_id"]))
    return _told(update)


async def drop(world: World, body: Json) -> Json:
    """Cut the line: a poll breaks off, the answer of a webhook gets lost."""
    world.cuts += 1
    await world.journal.note("drop")
    return {}


async def revoke(world: World, body: Json) -> Json:
    """The token is refused, until `restore`."""
    world.revoked = True
    await world.journal.note("revoke")
    return {}


async def restore(world: World, body: Json) -> Json:
    world.revoked = False
    await world.journal.note("restore")
    return {}


async def block(world: World, body: Json) -> Json:
    """The person blocks the bot, or takes it back."""
    place(world, body).blocked = bool(body.get("blocked", True))
    await world.journal.note("block")
    return {}


ACTS = (say, command, edit, press, submit, react, stop, again, drop, revoke, restore, block)
