"""Whether the settings work, in words for people; and the address at which a server's owner lets the bot in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from adapters.chat.discord.connection import Connection, failures
from adapters.chat.discord.gateway import NO_CONTENT, why

INVITE = "https://discord.com/oauth2/authorize"
SCOPES = "bot applications.commands"
# View channels, send messages, attach files, read history, send in threads, send voice notes
PERMISSIONS = 1 << 10 | 1 << 11 | 1 << 15 | 1 << 16 | 1 << 38 | 1 << 46
CONTENT = 1 << 18 | 1 << 19  # flags of an application: it may read messages, approved or below a hundred servers


def invite_link(application_id: str) -> str:
    """The page where somebody adds the bot to their server, with no more rights than it needs."""
    asked = {"client_id": application_id, "scope": SCOPES, "permissions": str(PERMISSIONS)}
    return f"{INVITE}?{urlencode(asked)}"


async def found(connection: Connection) -> str | None:
    """What is wrong, with what to do; None when people can write to the bot."""
    try:
        application = await connection.get("/applications/@me")
        servers = await connection.get("/users/@me/guilds")
    except failures() as error:
        return why(error)
    finally:
        await connection.close()
    return _wrong(application, bool(servers))


def _wrong(application: Mapping[str, Any], is_somewhere: bool) -> str | None:
    if not int(application.get("flags") or 0) & CONTENT:
        return NO_CONTENT
    if application.get("interactions_endpoint_url"):
        return (
            "Presses on buttons go to an address of your own: empty “Interactions Endpoint URL” in your application at "
            "discord.com/developers/applications."
        )
    if not is_somewhere:
        return f"The bot is in no server, so nobody can write to it: add it at {invite_link(str(application['id']))}"
    return None
