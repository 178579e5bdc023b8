"""Listening: the gateway's connection, held by one process, through discord.py's own client.

The client identifies, keeps the line alive, resumes and connects anew by itself. It is given our own handlers of raw
events and none of its own: so nothing is cached, and an event that it could not read ends no connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from adapters.chat.discord.connection import Connection

if TYPE_CHECKING:
    import discord

PAUSES = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0, 60.0, 120.0)  # seconds between tries, while something is wrong
LOOK, CUT = 15.0, 4  # seconds between two looks at the line, and how many times it may be found cut
THREADS = ("THREAD_CREATE", "THREAD_UPDATE", "THREAD_DELETE", "THREAD_LIST_SYNC")
log = structlog.get_logger()

Hear = Callable[[str, Any], None]  # an event's name and data; returns at once


async def listen(connection: Connection, events: tuple[str, ...], hear: Hear) -> None:
    """For ever, until cancelled: whatever is wrong, it is said and tried again."""
    failures = 0

    def heard(event: str, data: Any) -> None:
        nonlocal failures
        failures = 0
        hear(event, data)

    while True:
        try:
            await _connected(connection, events, heard)
        except Exception as error:  # noqa: BLE001 - the SDK raises of many kinds, and none may end the listening
            log.warning("discord_not_connected", why=why(error))
        await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
        failures += 1


async def _connected(connection: Connection, events: tuple[str, ...], heard: Hear) -> None:
    await connection.prepared()
    import discord

    client = discord.Client(intents=intents(), max_messages=None)
    client._connection.parsers = {event: partial(_guarded, heard, event) for event in events}
    try:
        await client.login(connection.token)
        await _held(client)
    finally:
        await client.close()


async def _held(client: discord.Client) -> None:
    """The client connects anew by itself, at last with pauses of a quarter of an hour: after a minute without a line a
    fresh one takes its place. Raises ConnectionError then, and what the client raises."""
    holding, cut = asyncio.ensure_future(client.connect()), 0
    try:
        while not (await asyncio.wait({holding}, timeout=LOOK))[0]:
            cut = 0 if client.ws is not None and client.ws.open else cut + 1
            if cut == CUT:
                raise ConnectionError("the line stays cut")
        await holding
    finally:
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)


def _guarded(heard: Hear, event: str, data: Any) -> None:
    try:
        heard(event, data)
    except Exception:
        log.exception("discord_event_not_understood", name=event, fields=sorted(data))


def intents() -> Any:
    """What we are told of: servers and their threads, messages with their content, reactions."""
    import discord

    found = discord.Intents.none()
    found.guilds = found.guild_messages = found.dm_messages = True
    found.message_content = found.guild_reactions = found.dm_reactions = True
    return found


def why(error: BaseException) -> str:
    """In words for people, with what to do."""
    import discord

    match error:
        case discord.LoginFailure():
            return REFUSED
        case discord.PrivilegedIntentsRequired():
            return NO_CONTENT
        case discord.ConnectionClosed() if error.code == 4004:
            return REFUSED
    return f"Discord does not answer: {str(error) or repr(error)}"


PLACE = "discord.com/developers/applications, your application, Bot"
REFUSED = f"Discord refuses the token: reset it at {PLACE}, and put the new one into DISCORD_BOT_TOKEN."
NO_CONTENT = f"The bot may not read messages: turn on “Message Content Intent” at {PLACE}."
