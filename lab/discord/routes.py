"""The endpoints that are there, each with a name by which faults and the log call it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.discord import interactions, messages
from lab.discord.gateway import Gateway
from lab.discord.refusal import UNKNOWN_USER, Refusal, between, invalid, missing
from lab.discord.world import Json, World

COMMANDS, OPTIONS = 100, 25


@dataclass
class Given:
    """What a call brings."""

    world: World
    gateway: Gateway
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any = field(default_factory=dict)
    files: Mapping[int, tuple[str, str, bytes]] = field(default_factory=dict)


async def me(given: Given) -> Json:
    return given.world.bot | {"verified": True, "mfa_enabled": True, "locale": "en-US"}


async def application(given: Given) -> Json:
    world = given.world
    return {
        "id": world.application, "name": "Aurelius", "icon": None, "description": "", "summary": "", "type": None,
        "bot_public": False, "bot_require_code_grant": False, "verify_key": "0" * 64, "flags": world.flags(),
        "owner": {"id": "1", "username": "owner", "discriminator": "0", "avatar": None, "global_name": "Owner"},
        "team": None, "bot": world.bot, "interactions_endpoint_url": None, "redirect_uris": [],
    }  # fmt: skip


async def guilds(given: Given) -> list[Json]:
    server = {"id": given.world.guild, "name": "Lab", "owner": False, "permissions": "0", "features": []}
    return [server] if given.world.in_server else []


async def open_direct(given: Given) -> Json:
    user = str(given.body.get("recipient_id") or "")
    if not user:
        raise missing("recipient_id")
    if user not in given.world.users:
        raise Refusal(*UNKNOWN_USER)
    channel = given.world.direct(user)
    return {"id": channel.id, "type": 1, "flags": 0, "recipients": [given.world.users[user]], "last_message_id": None}


async def channel(given: Given) -> Json:
    found = messages.channel_of(given.world, given.path["channel"])
    return {"id": found.id, "type": found.type, "name": found.title, "flags": 0}


async def create(given: Given) -> Json:
    return await messages.create(given.world, given.gateway, given.path["channel"], given.body, given.files)


async def listed(given: Given) -> list[Json]:
    return messages.listed(given.world, given.path["channel"], given.query)


async def one(given: Given) -> Json:
    return messages.message_of(messages.channel_of(given.world, given.path["channel"]), given.path["message"])


async def edit(given: Given) -> Json:
    return await messages.edit(given.world, given.gateway, given.path["channel"], given.path["message"], given.body)


async def delete(given: Given) -> None:
    await messages.delete(given.world, given.gateway, given.path["channel"], given.path["message"])


async def typing(given: Given) -> None:
    messages.typing(given.world, given.path["channel"])


async def callback(given: Given) -> None:
    await interactions.answer(given.world, given.gateway, given.path["id"], given.path["token"], given.body)


async def follow_up(given: Given) -> Json:
    path = given.path
    return await interactions.follow_up(
        given.world, given.gateway, path["application"], path["token"], given.body, given.files
    )


async def edit_original(given: Given) -> Json:
    path = given.path
    return await interactions.edit_original(given.world, given.gateway, path["application"], path["token"], given.body)


async def delete_original(given: Given) -> None:
    await interactions.delete_original(given.world, given.gateway, given.path["application"], given.path["token"])


async def commands(given: Given) -> list[Json]:
    return given.world.commands


async def put_commands(given: Given) -> list[Json]:
    """All at once: those that are not named are gone."""
    if not isinstance(given.body, list) or len(given.body) > COMMANDS:
        raise Refusal(400, 30032, "Maximum number of application commands reached (100)")
    names = [_checked(str(at), command) for at, command in enumerate(given.body)]
    if len(set(names)) < len(names):
        raise invalid("name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
    known = {"type": 1, "application_id": given.world.application, "version": given.world.snowflake(), "options": []}
    given.world.commands = [
        known | command | {"id": given.world.snowflake(), "default_member_permissions": None} for command in given.body
    ]
    return given.world.commands


def _checked(path: str, command: Json) -> str:
    name = str(command.get("name") or "")
    if not 1 <= len(name) <= 32 or name != name.lower() or not name.replace("-", "").replace("_", "").isalnum():
        raise invalid(f"{path}.name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    if not 1 <= len(str(command.get("description") or "")) <= 100:
        raise between(f"{path}.description", 1, 100)
    if len(command.get("options") or ()) > OPTIONS:
        raise between(f"{path}.options", 0, OPTIONS)
    for at, option in enumerate(command.get("options") or ()):
        if not 1 <= len(str(option.get("description") or "")) <= 100:
            raise between(f"{path}.options.{at}.description", 1, 100)
    return name


Endpoint = Callable[[Given], Awaitable[Any]]
_MESSAGES = "/channels/{channel}/messages"
_ORIGINAL = "/webhooks/{application}/{token}/messages/@original"
ROUTES: dict[str, tuple[str, str, Endpoint]] = {
    "users.me": ("GET", "/users/@me", me),
    "users.me.guilds": ("GET", "/users/@me/guilds", guilds),
    "users.me.channels": ("POST", "/users/@me/channels", open_direct),
    "oauth2.applications.me": ("GET", "/oauth2/applications/@me", application),
    "applications.me": ("GET", "/applications/@me", application),
    "channels.get": ("GET", "/channels/{channel}", channel),
    "messages.create": ("POST", _MESSAGES, create),
    "messages.list": ("GET", _MESSAGES, listed),
    "messages.get": ("GET", _MESSAGES + "/{message}", one),
    "messages.edit": ("PATCH", _MESSAGES + "/{message}", edit),
    "messages.delete": ("DELETE", _MESSAGES + "/{message}", delete),
    "typing": ("POST", "/channels/{channel}/typing", typing),
    "interactions.callback": ("POST", "/interactions/{id}/{token}/callback", callback),
    "webhooks.create": ("POST", "/webhooks/{application}/{token}", follow_up),
    "webhooks.edit": ("PATCH", _ORIGINAL, edit_original),
    "webhooks.delete": ("DELETE", _ORIGINAL, delete_original),
    "commands.list": ("GET", "/applications/{application}/commands", commands),
    "commands.put": ("PUT", "/applications/{application}/commands", put_commands),
}
OPEN = frozenset(name for name in ROUTES if name.startswith(("interactions.", "webhooks.")))
