"""Discord as a chat platform: one process listens at the gateway, any process writes over REST."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import structlog

from adapters.chat.background import Background
from adapters.chat.discord.connection import Connection, failures, unsent
from adapters.chat.discord.inbound import FORWARDED, PLATFORM
from adapters.chat.discord.listening import Listening
from adapters.chat.discord.outbound import growing, nonce, render
from adapters.chat.discord.seen import Seen
from adapters.chat.discord.sheet import Sheet, Sheets
from adapters.chat.governor import Governor, Pace
from adapters.chat.growth import Growth, Habits
from adapters.chat.lease import Lease
from bot.action import Json
from bot.ids import derived_id
from bot.message import Address, Attachment, Reply
from bot.ports import Desk, Memory, Unsent

# 50 calls a second over all (discord.com/developers, "Rate Limits"); 5 messages in 5 seconds in a channel, as the
# headers of its answers say. What is too much all the same is answered with a pause, which the SDK keeps.
OVERALL = Pace(burst=40, seconds=1 / 40)
CHANNEL = Pace(burst=5, seconds=1.0)
# Typing shows for 10 seconds; a message stands until it is edited.
HABITS = Habits(typing_every=8.0, draft_every=60.0, drafts=Pace(burst=1, seconds=1.2), grows=lambda at: True)
LARGEST = 25 * 1024 * 1024  # bytes of a file that we take
log = structlog.get_logger()


class DiscordChat:
    """Fulfils `bot.ports.ChatPlatform`."""

    name = PLATFORM
    idempotent = True  # by the nonce of each message, for some minutes
    reads_rows = False

    def __init__(self, connection: Connection, lease: Lease, memory: Memory) -> None:
        self._connection, self._lease, self._memory = connection, lease, memory
        self._governor = Governor(OVERALL)
        self._growth = Growth(self._governor, HABITS, self._typing, self._draft)
        self._sheets = Sheets(connection, lambda place: self._governor.turn(place, CHANNEL))
        self._background = Background("discord")

    async def start(self, desk: Desk) -> None:
        """Returns at once; whatever is wrong with Discord, the rest of the system works."""

        async def work() -> None:
            await Listening(self._connection, desk, Seen(self._memory)).run()

        self._background.run(self._lease.alone(work))

    async def stop(self) -> None:
        """No longer listen; what is being answered can still be sent."""
        await self._background.stop()

    async def close(self) -> None:
        await self._connection.close()

    async def send(self, reply: Reply, key: str, ref: str | None) -> str | None:
        """`ref` holds the ids of all messages of the answer: "12,13". One that grew becomes the answer's first; a send
        that broke off goes on where it was."""
        await self._growth.end(reply.to)
        sheet = self._sheets.of(key, ref)
        async with sheet.lock:
            try:
                await self._lay(reply, key, sheet)
            except failures() as error:
                problem = unsent(error)
                self._governor.hold(reply.to.place, problem.after)
                raise problem from error
            return ",".join(sheet.ids)

    async def _lay(self, reply: Reply, key: str, sheet: Sheet) -> None:
        place, parts = reply.to.place, render(reply)
        if not sheet.ids:
            await self._sheets.find(place, key, sheet)
        for surplus in sheet.surplus(parts):
            await self._sheets.remove(place, sheet, surplus)
        for number, part in enumerate(parts):
            await self._sheets.lay(place, sheet, number, part, nonce(key, number))
        sheet.final = True

    async def progress(self, at: Address, news: Json) -> None:
        self._growth.show(at, news)

    async def _typing(self, at: Address) -> bool:
        return await self._sign(self._connection.call("POST", "/channels/{channel_id}/typing", channel_id=at.place))

    async def _draft(self, at: Address, turn: str, text: str) -> bool:
        """Of an answer that is longer than a message, the part that is being written; in the message in which the
        answer will stand."""
        key = derived_id("reply", turn)
        sheet = self._sheets.of(key, None)
        async with sheet.lock:
            if sheet.final:
                return False
            return await self._sign(self._sheets.lay(at.place, sheet, 0, growing(text, key)[-1], nonce(key, 0)))

    async def _sign(self, call: Awaitable[Any]) -> bool:
        try:
            await call
        except failures() as error:
            log.info("discord_sign_not_shown", why=str(error) or repr(error))
            return False
        return True

    async def download(self, attachment: Attachment) -> bytes:
        """Raises Unsent for what is too large, or gone."""
        if attachment.ref.startswith(FORWARDED):
            return attachment.ref.removeprefix(FORWARDED).encode(errors="replace")
        if attachment.size > LARGEST:
            raise Unsent("it is larger than 25 MB", again=False)
        try:
            return await self._fetched(attachment)
        except failures() as error:
            raise unsent(error) from error

    async def _fetched(self, attachment: Attachment) -> bytes:
        """An address runs out after a day; the message has a fresh one."""
        import discord

        where, _, address = attachment.ref.partition(" ")
        try:
            return await self._connection.fetch(address)
        except (discord.NotFound, discord.Forbidden):
            place, message, file_id = where.split("/")
        found = await self._connection.get(
            "/channels/{channel_id}/messages/{message_id}", channel_id=place, message_id=message
        )
        snapshots = [snapshot["message"] for snapshot in found.get("message_snapshots", ())]
        files = [file for part in (found, *snapshots) for file in part.get("attachments", ())]
        fresh = next((str(file["url"]) for file in files if str(file["id"]) == file_id), address)
        return await self._connection.fetch(fresh)
