"""Interactions: what a press, a form or a slash command of a person starts, and how the bot may answer it.

The first answer is due within three seconds; the token is good for fifteen minutes."""

from __future__ import annotations

import time
from typing import Any

from lab.discord.components import check_modal
from lab.discord.gateway import Gateway
from lab.discord.messages import Files, change, channel_of, check_body, delete, message_of, put
from lab.discord.refusal import (
    ACKNOWLEDGED,
    EMPTY,
    INVALID_TOKEN,
    UNKNOWN_INTERACTION,
    UNKNOWN_WEBHOOK,
    Refusal,
    invalid,
)
from lab.discord.world import Interaction, Json, World

DEADLINE, VALID = 3.0, 15 * 60.0  # seconds
SAY, LATER, SEEN, CHANGE, FORM = 4, 5, 6, 7, 9
ALLOWED = {
    "command": (SAY, LATER, FORM),
    "component": (SAY, LATER, SEEN, CHANGE, FORM),
    "modal": (SAY, LATER, SEEN, CHANGE),
}
LOADING, EPHEMERAL = 1 << 7, 1 << 6
THINKING = "Aurelius is thinking…"


async def answer(world: World, gateway: Gateway, id: str, token: str, body: Json) -> None:
    found = world.interactions.get(token)
    if found is None or found.id != id or (time.monotonic() > found.at + DEADLINE and not found.answered):
        raise Refusal(*UNKNOWN_INTERACTION)
    if found.answered:
        raise Refusal(*ACKNOWLEDGED)
    kind, data = body.get("type"), body.get("data") or {}
    if kind not in ALLOWED[found.kind]:
        raise invalid("type", "BASE_TYPE_CHOICES", f"Value must be one of {set(ALLOWED[found.kind])}.")
    if kind == FORM:
        check_modal(data)
        world.forms[(found.user, found.channel)] = data | {"message": found.message}
    elif kind in (SAY, LATER):
        _post(world, found, kind, data)
    elif kind == CHANGE:
        check_body(data, {})
        await change(world, gateway, message_of(channel_of(world, found.channel), found.message), data)
    found.answered = True


def _post(world: World, found: Interaction, kind: int, data: Json) -> None:
    hidden = int(data.get("flags") or 0) & EPHEMERAL
    body = {"content": THINKING, "flags": LOADING | hidden} if kind == LATER else data
    check_body(body | {"flags": 0}, {})
    if not (body.get("content") or body.get("embeds")):
        raise Refusal(*EMPTY)
    found.original = _put(world, found, body, {}, hidden=bool(hidden))["id"]


def _put(world: World, found: Interaction, body: Json, files: Files, *, hidden: bool) -> Json:
    channel = channel_of(world, found.channel)
    message = put(world, channel, body, files)
    if hidden:
        channel.only[message["id"]] = found.user
    return message


def _of(world: World, application: str, token: str) -> Interaction:
    found = world.interactions.get(token)
    if application != world.application or found is None or not found.answered:
        raise Refusal(*UNKNOWN_WEBHOOK)
    if time.monotonic() > found.at + VALID:
        raise Refusal(*INVALID_TOKEN)
    return found


async def edit_original(world: World, gateway: Gateway, application: str, token: str, body: Json) -> Json:
    found = _of(world, application, token)
    if not found.original:
        raise Refusal(*UNKNOWN_WEBHOOK)
    check_body(body, {})
    message = message_of(channel_of(world, found.channel), found.original)
    message["flags"] = int(message["flags"]) & ~LOADING
    return await change(world, gateway, message, body)


async def delete_original(world: World, gateway: Gateway, application: str, token: str) -> None:
    found = _of(world, application, token)
    await delete(world, gateway, found.channel, found.original)


async def follow_up(world: World, gateway: Gateway, application: str, token: str, body: Json, files: Files) -> Json:
    found = _of(world, application, token)
    flags = int(body.get("flags") or 0)
    check_body(body | {"flags": flags & ~EPHEMERAL}, files)
    if not (body.get("content") or body.get("embeds") or files):
        raise Refusal(*EMPTY)
    message = _put(world, found, body, files, hidden=bool(flags & EPHEMERAL))
    await gateway.dispatch("MESSAGE_CREATE", message)
    return message


def begin(world: World, kind: str, user: str, channel: str, message: str = "") -> Interaction:
    number = world.snowflake()
    found = Interaction(number, f"lab-interaction-{number}", kind, user, channel, message)
    world.interactions[found.token] = found
    return found


def payload(world: World, found: Interaction, kind: int, data: Json, user: Json, direct: bool) -> Json:
    about: Json = {
        "id": found.id, "application_id": world.application, "type": kind, "data": data, "token": found.token,
        "version": 1, "channel_id": found.channel, "channel": {"id": found.channel, "type": 1 if direct else 0},
        "locale": "en-US", "app_permissions": "0", "entitlements": [], "context": 1 if direct else 0,
    }  # fmt: skip
    where: dict[str, Any] = {"user": user} if direct else {"member": {"user": user, "roles": []}}
    return about | where | ({} if direct else {"guild_id": world.guild, "guild_locale": "en-US"})
