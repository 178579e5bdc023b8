"""The person's side: what somebody does in their app, as requests of a test or of the lab's page."""

from __future__ import annotations

import base64
from typing import Any

from lab.whatsapp import webhook
from lab.whatsapp.media import DAYS_CAME
from lab.whatsapp.refusal import Refusal
from lab.whatsapp.screen import buttons
from lab.whatsapp.world import Chat, Json, Line, World

FILES = {"voice": "audio", "audio": "audio", "photo": "image", "video": "video", "document": "document"}


def place(world: World, body: Json) -> Chat:
    if body.get("chat"):
        raise Refusal(100, "this stand-in has no groups")
    return world.chat(body["user"])


async def say(world: World, body: Json) -> Json:
    """`user`, and of these what is wanted: text, file {kind, name, mime, base64, duration}, reply_to, and `fields` that
    are put into the message as they are."""
    chat = place(world, body)
    text, file = str(body.get("text") or ""), body.get("file")
    content: Json = _file(world, file, text) if file else {"type": "text", "text": {"body": text}}
    return await _acts(world, chat, content | (body.get("fields") or {}), body.get("reply_to"))


async def _acts(world: World, chat: Chat, content: Json, reply_to: str | None = None) -> Json:
    """The person writes: that opens the window of 24 hours, and what stands there was read."""
    await look(world, chat)
    line = Line(id=world.wamid(), author="person", native=content, reply_to=reply_to)
    native = webhook.message(world, chat.person, line, content)
    if content["type"] not in ("reaction", "edit"):
        chat.lines[line.id] = line
    chat.person.wrote_at = world.now()
    event = await webhook.happen(world, {"contacts": [webhook.contact(chat.person)], "messages": [native]})
    return {"event": event, "message": line.id}


async def look(world: World, chat: Chat) -> None:
    for line in chat.lines.values():
        if line.author == "bot" and not line.read:
            line.read = True
            await webhook.status(world, chat.person, line, "read")


def _file(world: World, file: Json, caption: str) -> Json:
    kind = FILES.get(str(file.get("kind") or "document"))
    if kind is None:
        raise Refusal(100, "unknown kind of file")
    voice = file.get("kind") == "voice"
    usual = {"audio": "audio/ogg; codecs=opus" if voice else "audio/mpeg", "image": "image/jpeg", "video": "video/mp4"}
    mime = str(file.get("mime") or usual.get(kind, "application/octet-stream"))
    name = str(file.get("name") or kind)
    kept = world.keep(base64.b64decode(file.get("base64") or ""), mime, name, DAYS_CAME)
    about: Json = {"id": kept, "mime_type": mime, "sha256": world.media[kept].sha256}
    if kind == "audio":
        about["voice"] = voice
    if kind == "document":
        about["filename"] = name
    if caption and kind != "audio":
        about["caption"] = caption
    return {"type": kind, kind: about}


async def press(world: World, body: Json) -> Json:
    """`button`: the beginning of what stands on it, or its token. One that is on a message of before is pressed all the
    same, as in an app that was offline."""
    chat = place(world, body)
    line, wanted = _line(chat, str(body["message"])), str(body["button"])
    found = next((b for b in buttons(line) if b["label"].startswith(wanted) or b["token"] == wanted), None)
    if found is None:
        raise Refusal(100, f"there is no button {wanted}")
    kind = "list_reply" if found["style"] == "row" else "button_reply"
    reply = {"id": found["token"], "title": found["label"]}
    content = {"type": "interactive", "interactive": {"type": kind, kind: reply}}
    return await _acts(world, chat, content, line.id)


def _line(chat: Chat, id: str) -> Line:
    line = chat.lines.get(id)
    if line is None:
        raise Refusal(100, "there is no such message in this chat")
    return line


async def edit(world: World, body: Json) -> Json:
    """A text of the person's own."""
    chat = place(world, body)
    line = _line(chat, str(body["message"]))
    if line.author != "person" or line.native["type"] != "text":
        raise Refusal(100, "only a text of one's own can be edited")
    line.native, line.edited = {"type": "text", "text": {"body": str(body["text"])}}, line.edited + 1
    return await _acts(world, chat, {"type": "edit", "edit": {"original_message_id": line.id, "message": line.native}})


async def react(world: World, body: Json) -> Json:
    """Without an emoji the reaction is taken back."""
    chat = place(world, body)
    about = {"message_id": _line(chat, str(body["message"])).id}
    about |= {"emoji": body["emoji"]} if body.get("emoji") else {}
    return await _acts(world, chat, {"type": "reaction", "reaction": about})


async def command(world: World, body: Json) -> Json:
    """The app has no commands of its own: they are written."""
    return await say(world, body | {"text": f"/{body['name']} {body.get('text') or ''}".strip()})


async def stop(world: World, body: Json) -> Json:
    """The app has no stop button: it is written."""
    return await say(world, body | {"text": "stop"})


async def submit(world: World, body: Json) -> Json:
    raise Refusal(100, "WhatsApp has no forms here")


async def again(world: World, body: Json) -> Json:
    """The same event once more, as after an answer that got lost."""
    if body["event"] not in world.bodies:
        raise Refusal(100, "there was no such event")
    await world.fresh.put(body["event"])
    return {}


async def drop(world: World, body: Json) -> Json:
    """The next delivery gets lost on its way, and comes when it is tried again."""
    world.cut += 1
    return {}


async def later(world: World, body: Json) -> Json:
    """The stand-in's clock goes `hours` forward."""
    world.ahead += float(body["hours"]) * 3600
    await world.journal.note("later", hours=body["hours"])
    return {}


async def listen(world: World, body: Json) -> Json:
    """Set the callback: {url, verify_token}; an empty url takes it away."""
    if not body.get("url"):
        world.webhook = ""
        return {"verified": False}
    token = str(body.get("verify_token") or world.verify_token)
    return {"verified": await webhook.listen(world, str(body["url"]), token)}


async def revoke(world: World, body: Json) -> Json:
    world.revoked = True
    return {}


async def restore(world: World, body: Json) -> Json:
    world.revoked = False
    return {}


ACTS: dict[str, Any] = {
    "say": say, "press": press, "edit": edit, "react": react, "command": command, "stop": stop, "submit": submit,
    "again": again, "drop": drop, "later": later, "webhook": listen, "revoke": revoke, "restore": restore,
}  # fmt: skip
