"""The person's side: what somebody does in their app, as requests of a test or of the lab's page."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable

from lab.discord import interactions
from lab.discord.components import buttons, filled
from lab.discord.gateway import Gateway, thread
from lab.discord.messages import is_growing, join
from lab.discord.refusal import Refusal
from lab.discord.world import TEXT, THREAD, Channel, Interaction, Json, World, now
from lab.person_side import Act

VOICE = 1 << 13
REPLY = 19  # a type of message
WAVEFORM = base64.b64encode(bytes(range(0, 250, 10))).decode()


def place(world: World, body: Json) -> Channel:
    """`chat` is a channel of the lab's server; without one, the private chat with the person."""
    user, chat = world.user(body["user"]), body.get("chat")
    if not chat:
        return world.direct(user["id"])
    found = world.channels.get(str(chat["id"]))
    return found or world.put(Channel(str(chat["id"]), TEXT, str(chat.get("title") or "general")))


async def _thread(world: World, gateway: Gateway, parent: Channel, name: str) -> Channel:
    """`name` is the id of a thread of this channel, or of a new one."""
    found = world.channels.get(name)
    if found is None:
        found = world.put(Channel(name, THREAD, f"thread {name}", parent=parent.id))
        await gateway.dispatch("THREAD_CREATE", thread(world, name) | {"newly_created": True})
    return found


async def say(world: World, gateway: Gateway, body: Json) -> Json:
    channel = place(world, body)
    if body.get("thread"):
        channel = await _thread(world, gateway, channel, str(body["thread"]))
    text = str(body.get("text") or "")
    fields: Json = {"content": f"<@{world.bot['id']}> {text}" if body.get("mention") else text}
    if body.get("mention"):
        fields["mentions"] = [world.bot]
    if body.get("file"):
        fields |= _file(world, channel, body["file"])
    if body.get("reply_to"):
        fields |= _reply(channel, str(body["reply_to"]))
    message = world.message(channel, world.user(body["user"]), fields | (body.get("fields") or {}))
    if body.get("mention"):
        await join(world, gateway, channel)
    return await happen(world, gateway, "MESSAGE_CREATE", message)


def _file(world: World, channel: Channel, file: Json) -> Json:
    content, kind = base64.b64decode(file.get("base64") or ""), file.get("kind")
    mimes = {"voice": "audio/ogg", "photo": "image/jpeg", "audio": "audio/mpeg", "video": "video/mp4"}
    names = {"voice": "voice-message.ogg", "photo": "image.jpg"}
    about: Json = {
        "filename": file.get("name") or names.get(str(kind), "file"),
        "content_type": file.get("mime") or mimes.get(str(kind), "application/octet-stream"),
    }
    if kind == "voice":
        about |= {"duration_secs": float(file.get("duration") or 1), "waveform": WAVEFORM}
    return {"attachments": [world.keep(channel, about, content)], "flags": VOICE if kind == "voice" else 0}


def _reply(channel: Channel, to: str) -> Json:
    about = {"type": 0, "channel_id": channel.id, "message_id": to}
    return {"type": REPLY, "message_reference": about, "referenced_message": channel.messages.get(to)}


async def happen(world: World, gateway: Gateway, event: str, data: Json) -> Json:
    """Dispatched to the bot; returns {event, message}."""
    number = f"{event}.{len(world.delivered)}"
    world.delivered[number] = (event, dict(data))
    await gateway.dispatch(event, dict(data))
    return {"event": number, "message": data.get("id")}


async def again(world: World, gateway: Gateway, body: Json) -> Json:
    event, data = world.delivered[str(body["event"])]
    await gateway.dispatch(event, data)
    return {}


async def edit(world: World, gateway: Gateway, body: Json) -> Json:
    channel = place(world, body)
    message = channel.messages[str(body["message"])]
    message |= {"content": str(body["text"]), "edited_timestamp": now()}
    return await happen(world, gateway, "MESSAGE_UPDATE", message)


async def press(world: World, gateway: Gateway, body: Json) -> Json:
    """`button`: the beginning of its label or all of its token. Buttons that are gone can still be pressed by their
    token, as in an app that was offline."""
    channel, wanted = place(world, body), str(body["button"])
    message = channel.messages[str(body["message"])]
    token = next((b["custom_id"] for b in buttons(message) if str(b.get("label")).startswith(wanted)), wanted)
    found = interactions.begin(world, "component", str(body["user"]["id"]), channel.id, message["id"])
    about = {"custom_id": token, "component_type": 2, "id": 1}
    data = interactions.payload(world, found, 3, about, world.user(body["user"]), bool(channel.person))
    return await _started(world, gateway, found, data | {"message": message})


async def submit(world: World, gateway: Gateway, body: Json) -> Json:
    """`form`: its id; `values`: what is not among them stays as it was."""
    channel, user = place(world, body), world.user(body["user"])
    form = world.forms.get((user["id"], channel.id))
    if form is None or form["custom_id"] != body["form"]:
        raise Refusal(404, 0, "this form is not open")
    about = {"custom_id": form["custom_id"], "components": filled(form["components"], body.get("values") or {})}
    del world.forms[(user["id"], channel.id)]
    found = interactions.begin(world, "modal", user["id"], channel.id, form["message"])
    data = interactions.payload(world, found, 5, about, user, bool(channel.person))
    message = channel.messages.get(form["message"])
    return await _started(world, gateway, found, data | ({"message": message} if message else {}))


async def command(world: World, gateway: Gateway, body: Json) -> Json:
    """A slash command, if the bot offers it."""
    channel, user = place(world, body), world.user(body["user"])
    offered = next((c for c in world.commands if c["name"] == body["name"]), None)
    if offered is None:
        raise Refusal(404, 0, f"the app offers no /{body['name']}")
    text = str(body.get("text") or "")
    options = [{"name": o["name"], "type": o["type"], "value": text} for o in offered["options"][:1] if text]
    found = interactions.begin(world, "command", user["id"], channel.id)
    about = {"id": offered["id"], "name": offered["name"], "type": 1, "options": options}
    data = interactions.payload(world, found, 2, about, user, bool(channel.person))
    return await _started(world, gateway, found, data)


async def _started(world: World, gateway: Gateway, found: Interaction, data: Json) -> Json:
    """When nobody answers in time, the app says so."""

    async def watch() -> None:
        await asyncio.sleep(interactions.DEADLINE)
        if not found.answered:
            await world.journal.note("interaction_failed", interaction=found.id, kind=found.kind)

    task = asyncio.create_task(watch())
    world.watching.add(task)
    task.add_done_callback(world.watching.discard)
    return await happen(world, gateway, "INTERACTION_CREATE", data)


async def react(world: World, gateway: Gateway, body: Json) -> Json:
    channel, user = place(world, body), world.user(body["user"])
    about: Json = {
        "user_id": user["id"], "channel_id": channel.id, "message_id": str(body["message"]), "type": 0,
        "emoji": {"id": None, "name": str(body["emoji"])}, "burst": False,
    }  # fmt: skip
    return await happen(world, gateway, "MESSAGE_REACTION_ADD", about)


async def stop(world: World, gateway: Gateway, body: Json) -> Json:
    """The button below the answer that is being written."""
    channel = place(world, body)
    growing = next((m for m in reversed(channel.messages.values()) if is_growing(m)), None)
    if growing is None:
        raise Refusal(404, 0, "nothing to stop")
    return await press(world, gateway, body | {"message": growing["id"], "button": "Stop"})


async def block(world: World, gateway: Gateway, body: Json) -> Json:
    """The person takes no messages from the bot (or takes that back: blocked false)."""
    kept = world.blocked - {str(body["user"]["id"])}
    world.blocked = kept | ({str(body["user"]["id"])} if body.get("blocked", True) else set())
    await world.journal.note("block")
    return {}


async def close(world: World, gateway: Gateway, body: Json) -> Json:
    """The bot may no longer write in this channel."""
    place(world, body).writable = False
    return {}


async def drop(world: World, gateway: Gateway, body: Json) -> Json:
    """`how`: the line is "cut", the gateway asks to "reconnect" (op 7), or the session is "forgotten" too (op 9)."""
    if body.get("how") == "reconnect":
        await gateway.ask_to_reconnect()
        return {}
    if body.get("how") == "forgotten":
        gateway.forget()
    await gateway.cut()
    return {}


async def later(world: World, gateway: Gateway, body: Json) -> Json:
    """A day passes."""
    world.grow_older()
    return {}


async def content(world: World, gateway: Gateway, body: Json) -> Json:
    """Whether "Message Content Intent" is turned on at Discord's page for developers."""
    world.sees_content = bool(body["on"])
    return {}


async def server(world: World, gateway: Gateway, body: Json) -> Json:
    """Whether the bot is in the lab's server; outside it, nobody can write to it."""
    world.in_server = bool(body["joined"])
    return {}


async def revoke(world: World, gateway: Gateway, body: Json) -> Json:
    world.valid = False
    gateway.forget()
    await gateway.cut(4004)
    return {}


async def restore(world: World, gateway: Gateway, body: Json) -> Json:
    world.valid = True
    return {}


ACTS = (
    say, edit, press, submit, command, react, stop, again, block, close, drop, later, content, server, revoke, restore,
)  # fmt: skip


def acts(world: World, gateway: Gateway) -> dict[str, Act]:
    """What somebody does, and what Discord does, by name. Where files are to be had is known from the first on."""

    def known(act: Callable[[World, Gateway, Json], Awaitable[Json]]) -> Act:
        async def does(body: Json) -> Json:
            world.address = body["root"]
            return await act(world, gateway, body)

        return does

    return {act.__name__: known(act) for act in ACTS}
