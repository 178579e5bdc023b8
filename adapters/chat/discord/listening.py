"""What becomes of the gateway's events: each is written down, in the order of its channel, and presses are answered in
the three seconds that Discord gives."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from functools import partial
from typing import Any

import structlog

from adapters.chat.background import Background
from adapters.chat.discord.connection import Connection, code_of, failures
from adapters.chat.discord.gateway import PAUSES, THREADS, listen
from adapters.chat.discord.inbound import EVENTS, Me, parse
from adapters.chat.discord.interactions import Interactions
from adapters.chat.discord.lanes import Lanes
from adapters.chat.discord.seen import Seen
from adapters.chat.discord.slash import are_there, commands
from adapters.chat.discord.threads import after
from bot.message import Inbound, InboundMessage
from bot.ports import Desk
from bot.receive import is_to_us

HEARD = ("READY", "GUILD_CREATE", *THREADS, *EVENTS)
PAGE, PAGES = 100, 5  # messages that are caught up in one conversation, at most
UNREADABLE = {10003, 50001, 50013}  # codes of errors: the conversation is gone
log = structlog.get_logger()


class Listening:
    """One process's ears, from taking the lease to losing it."""

    def __init__(self, connection: Connection, desk: Desk, seen: Seen) -> None:
        self._connection, self._desk, self._seen = connection, desk, seen
        self._interactions = Interactions(connection, desk)
        self._lanes = Lanes()
        self._me = Me(id="")
        self._background = Background("discord")

    async def run(self) -> None:
        """For ever, until cancelled."""
        await self._seen.load()
        self._background.run(self._seen.keep())
        try:
            await listen(self._connection, HEARD, self._hear)
        finally:
            await self._background.stop()
            await self._lanes.stop()

    def _hear(self, event: str, data: Any) -> None:
        if event == "READY":
            self._begin(data)
        elif event in EVENTS:
            self._arrived(event, data)
        else:
            self._me = replace(self._me, threads=after(self._me.threads, event, data))

    def _begin(self, data: Any) -> None:
        """A new session: what was missed comes first in every conversation."""
        self._me = Me(id=str(data["user"]["id"]))
        for place, last in self._seen.last.items():
            self._lanes.put(place, partial(self._catch_up, place, last))
        self._background.run(self._offer(str(data["application"]["id"])))
        log.info("discord_ready", bot=data["user"]["username"], servers=len(data["guilds"]))

    def _arrived(self, event: str, data: Any) -> None:
        inbound = parse(event, data, self._me)
        if inbound is None or not _is_for_us(inbound):
            return
        if event != "INTERACTION_CREATE":
            self._lanes.put(inbound.at.place, partial(self._take, inbound))
        elif self._interactions.is_line(inbound):
            self._lanes.put(inbound.at.place, partial(self._interactions.line, data, inbound))
        else:
            self._background.run(self._interactions.press(data, inbound))

    async def _take(self, inbound: Inbound) -> None:
        """Tried as long as it takes: only what is written down is done with."""
        for trial in itertools.count():
            try:
                await self._desk.receive(inbound)
            except Exception:
                log.exception("discord_event_not_taken", trial=trial)
                await asyncio.sleep(PAUSES[min(trial, len(PAUSES) - 1)])
            else:
                break
        if isinstance(inbound, InboundMessage) and inbound.direct and not inbound.edit_of:
            self._seen.note(inbound.at.place, inbound.ref)

    async def _catch_up(self, place: str, last: str) -> None:
        """All that was said after the message `last`, oldest first."""
        for _ in range(PAGES):
            found = await self._said_after(place, last)
            for message in sorted(found, key=lambda message: int(message["id"])):
                last = str(message["id"])
                inbound = parse("MESSAGE_CREATE", message, self._me)
                if inbound is not None:
                    await self._take(inbound)
            if len(found) < PAGE:
                return
        log.warning("discord_missed_too_much", place=place, taken=PAGE * PAGES)

    async def _said_after(self, place: str, last: str) -> list[Any]:
        for trial in itertools.count():
            try:
                path = "/channels/{channel_id}/messages?after={after}&limit={limit}"
                found = await self._connection.get(path, channel_id=place, after=last, limit=str(PAGE))
                return list(found)
            except failures() as error:
                log.warning("discord_not_caught_up", place=place, why=str(error) or repr(error))
                if code_of(error) in UNREADABLE:
                    self._seen.forget(place)
                    return []
                await asyncio.sleep(PAUSES[min(trial, len(PAUSES) - 1)])
        return []

    async def _offer(self, application: str) -> None:
        """The slash commands, when Discord has others."""
        path = "/applications/{application_id}/commands"
        try:
            if not are_there(await self._connection.get(path, application_id=application)):
                await self._connection.call("PUT", path, commands(), application_id=application)
                log.info("discord_commands_offered")
        except failures() as error:
            log.warning("discord_commands_not_offered", why=str(error) or repr(error))


def _is_for_us(inbound: Inbound) -> bool:
    """What people of a server say to each other is not even written down; in which threads we are, the mind knows."""
    return not isinstance(inbound, InboundMessage) or is_to_us(inbound) or bool(inbound.at.thread)
