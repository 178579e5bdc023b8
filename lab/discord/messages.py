"""Messages over REST: posted, edited, deleted, read."""

from __future__ import annotations

import time
from collections.abc import Mapping

from lab.discord.components import buttons, check_rows
from lab.discord.gateway import Gateway
from lab.discord.refusal import (
    EMPTY,
    NO_ACCESS,
    NO_DIRECT,
    NO_PERMISSION,
    NOT_YOURS,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    VOICE_CONTENT,
    VOICE_EDIT,
    VOICE_FILES,
    VOICE_METADATA,
    Refusal,
    invalid,
    too_long,
)
from lab.discord.world import DIRECT, MINUTES, THREAD, Channel, Json, World, now

CONTENT, NONCE, WAVEFORM = 2000, 25, 400  # characters
FILES, LARGEST = 10, 10 * 1024 * 1024
VOICE = 1 << 13
SETTABLE = 1 << 2 | 1 << 12 | VOICE  # flags: no previews, no sound, a voice note
TYPING = 10.0  # seconds
KEPT = ("content", "embeds", "components", "flags")

Files = Mapping[int, tuple[str, str, bytes]]  # by number: name, mime, content


def channel_of(world: World, id: str) -> Channel:
    found = world.channels.get(id)
    if found is None:
        raise Refusal(*UNKNOWN_CHANNEL)
    return found


def message_of(channel: Channel, id: str) -> Json:
    found = channel.messages.get(id)
    if found is None:
        raise Refusal(*UNKNOWN_MESSAGE)
    return found


def check_open(world: World, channel: Channel) -> None:
    """The bot may write here."""
    if channel.type == DIRECT and channel.person in world.blocked | world.strangers:
        raise Refusal(*NO_DIRECT)
    if channel.type != DIRECT and not channel.writable:
        raise Refusal(*NO_PERMISSION)


def check_body(body: Json, files: Files) -> None:
    if len(str(body.get("content") or "")) > CONTENT:
        raise too_long("content", CONTENT)
    if len(body.get("embeds") or ()) > FILES:
        raise too_long("embeds", FILES)
    if int(body.get("flags") or 0) & ~SETTABLE:
        raise invalid("flags", "MESSAGE_FLAGS_INVALID", "The message flags are invalid.")
    check_rows(body.get("components") or [])
    _check_files(body, files)


def _check_files(body: Json, files: Files) -> None:
    about = body.get("attachments") or []
    if len(about) > FILES or len(files) > FILES:
        raise too_long("attachments", FILES)
    for at, attachment in enumerate(about):
        if not str(attachment.get("id", "")).isdigit() or int(attachment["id"]) not in files:
            raise invalid(f"attachments.{at}.id", "INVALID_UPLOADED_FILE", "Uploaded file not found.")
        if len(str(attachment.get("waveform") or "")) > WAVEFORM:
            raise too_long(f"attachments.{at}.waveform", WAVEFORM)
    if any(len(content) > LARGEST for _, _, content in files.values()):
        raise Refusal(413, 40005, "Request entity too large")


def check_voice(body: Json, files: Files) -> None:
    if body.get("content") or body.get("embeds") or body.get("components"):
        raise Refusal(*VOICE_CONTENT)
    about = body.get("attachments") or []
    if len(about) != 1 or len(files) != 1 or not files[int(about[0]["id"])][1].startswith("audio/"):
        raise Refusal(*VOICE_FILES)
    if not about[0].get("waveform") or about[0].get("duration_secs") is None:
        raise Refusal(*VOICE_METADATA)


async def create(world: World, gateway: Gateway, place: str, body: Json, files: Files) -> Json:
    """With `enforce_nonce` a message that was posted here with the same nonce a moment ago is given back, and no new
    one is made."""
    channel = channel_of(world, place)
    check_body(body, files)
    check_open(world, channel)
    if int(body.get("flags") or 0) & VOICE:
        check_voice(body, files)
    elif not (body.get("content") or body.get("embeds") or files):
        raise Refusal(*EMPTY)
    nonce = body.get("nonce")
    if nonce is not None and len(str(nonce)) > NONCE:
        raise too_long("nonce", NONCE)
    before = channel.nonces.get(str(nonce)) if nonce is not None and body.get("enforce_nonce") else None
    if before and time.monotonic() < before[1] and before[0] in channel.messages:
        return channel.messages[before[0]]
    message = put(world, channel, body, files)
    if nonce is not None:
        channel.nonces[str(nonce)] = (message["id"], time.monotonic() + MINUTES * 60)
    channel.typing_until = 0.0
    await join(world, gateway, channel)
    await gateway.dispatch("MESSAGE_CREATE", message | ({"nonce": nonce} if nonce is not None else {}))
    return message


def put(world: World, channel: Channel, body: Json, files: Files) -> Json:
    fields = {key: body[key] for key in KEPT if body.get(key) is not None}
    known = {int(about["id"]): about for about in body.get("attachments") or ()}
    kept = [
        world.keep(channel, {"filename": name, "content_type": mime} | known.get(number, {}), content)
        for number, (name, mime, content) in sorted(files.items())
    ]
    if fields.get("content"):
        fields["content"] = str(fields["content"]).strip()
    return world.message(channel, world.bot, fields | {"attachments": kept})


async def join(world: World, gateway: Gateway, channel: Channel) -> None:
    """Who writes in a thread, or is named there, takes part in it."""
    if channel.type == THREAD and not channel.joined:
        channel.joined = True
        added = [{"id": channel.id, "user_id": world.bot["id"], "flags": 0, "join_timestamp": now()}]
        about = {"id": channel.id, "guild_id": world.guild, "member_count": 2, "added_members": added}
        await gateway.dispatch("THREAD_MEMBERS_UPDATE", about)


async def edit(world: World, gateway: Gateway, place: str, id: str, body: Json) -> Json:
    message = message_of(channel_of(world, place), id)
    if message["author"]["id"] != world.bot["id"]:
        raise Refusal(*NOT_YOURS)
    if int(message["flags"]) & VOICE:
        raise Refusal(*VOICE_EDIT)
    check_body(body, {})
    return await change(world, gateway, message, body)


async def change(world: World, gateway: Gateway, message: Json, body: Json) -> Json:
    fields = {key: body[key] for key in KEPT if key in body and key != "flags"}
    after = message | fields
    if not (after["content"] or after["embeds"] or after["attachments"]):
        raise Refusal(*EMPTY)
    message.update(fields, edited_timestamp=now())
    world.channels[message["channel_id"]].edits[message["id"]] += 1
    await gateway.dispatch("MESSAGE_UPDATE", message)
    return message


async def delete(world: World, gateway: Gateway, place: str, id: str) -> None:
    channel = channel_of(world, place)
    message = message_of(channel, id)
    if message["author"]["id"] != world.bot["id"]:
        raise Refusal(*NO_PERMISSION)
    del channel.messages[id]
    await gateway.dispatch("MESSAGE_DELETE", {"id": id, "channel_id": channel.id})


def listed(world: World, place: str, query: Mapping[str, str]) -> list[Json]:
    """Newest first; `after` gives those that come right after that id."""
    channel = channel_of(world, place)
    if channel.type == DIRECT and channel.person in world.strangers:
        raise Refusal(*NO_ACCESS)
    limit = int(query.get("limit", 50))
    if not 1 <= limit <= 100:
        raise invalid("limit", "NUMBER_TYPE_MAX", "int value should be less than or equal to 100.")
    after = int(query.get("after", 0))
    found = sorted((m for m in channel.messages.values() if int(m["id"]) > after), key=lambda m: int(m["id"]))
    chosen = found[:limit] if "after" in query else found[-limit:]
    return chosen[::-1]


def typing(world: World, place: str) -> None:
    channel = channel_of(world, place)
    check_open(world, channel)
    channel.typing_until = time.monotonic() + TYPING


def is_growing(message: Json) -> bool:
    """A person can stop it."""
    return any(button.get("label") == "Stop" for button in buttons(message))
