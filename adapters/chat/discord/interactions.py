"""Presses, forms and slash commands: handed in, and answered within three seconds, or Discord says that we failed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

from adapters.chat.discord.connection import Connection, failures
from adapters.chat.discord.inbound import COMPONENT
from adapters.chat.discord.modal import modal
from adapters.chat.discord.outbound import NOBODY, QUIET
from bot.action import Json
from bot.message import ButtonPress, Command, Inbound, InboundMessage
from bot.ports import Desk

LATEST = 1.5  # seconds after which a press is acknowledged even though it is not written down yet
LATER, SEEN, FORM = 5, 6, 9  # answers: a message comes later; nothing changes; a modal
EPHEMERAL = 1 << 6  # a flag: only who pressed sees it
CALLBACK = "/interactions/{webhook_id}/{webhook_token}/callback"
ORIGINAL = "/webhooks/{webhook_id}/{webhook_token}/messages/@original"
SHOWN = 1500  # characters of a command
TAKEN, NOT_TAKEN = "`{}`", "I could not take that in. Please say it again."
log = structlog.get_logger()

Data = Mapping[str, Any]


class Interactions:
    """Nothing here raises: what Discord does not take is in the log."""

    def __init__(self, connection: Connection, desk: Desk) -> None:
        self._connection, self._desk = connection, desk

    @staticmethod
    def is_line(inbound: Inbound) -> bool:
        """It stands in the conversation, in its order."""
        return isinstance(inbound, Command | InboundMessage)

    async def press(self, data: Data, inbound: Inbound) -> None:
        """A press on Edit opens the form; every other is written down first, so that a person whose press got lost is
        told so by Discord."""
        form = await self._form(data, inbound)
        if form is not None:
            await self._answer(data, {"type": FORM, "data": form})
            return
        receiving = asyncio.ensure_future(self._received(inbound))
        await asyncio.wait({receiving}, timeout=LATEST)
        if not receiving.done() or receiving.result():
            await self._answer(data, {"type": SEEN})
        await receiving

    async def _form(self, data: Data, inbound: Inbound) -> Json | None:
        if data["type"] != COMPONENT or not isinstance(inbound, ButtonPress):
            return None
        try:
            async with asyncio.timeout(LATEST):
                form = await self._desk.form(inbound.sender, inbound.token)
        except Exception:
            log.exception("discord_form_not_made")
            return None
        return modal(form) if form is not None else None

    async def line(self, data: Data, inbound: Inbound) -> None:
        """A slash command: acknowledged at once, since it may wait behind others; what was asked for then stands in
        the place of the acknowledgement, and the answer comes as a message of its own."""
        hidden = EPHEMERAL if "guild_id" in data else 0
        acknowledged = await self._answer(data, {"type": LATER, "data": {"flags": hidden}})
        taken = await self._received(inbound)
        if acknowledged:
            said = TAKEN.format(_said(inbound)) if taken else NOT_TAKEN
            body = {"content": said, "allowed_mentions": NOBODY, "flags": QUIET}
            await self._call("PATCH", ORIGINAL, body, str(data["application_id"]), str(data["token"]))

    async def _received(self, inbound: Inbound) -> bool:
        try:
            await self._desk.receive(inbound)
        except Exception:
            log.exception("discord_interaction_not_taken")
            return False
        return True

    async def _answer(self, data: Data, body: Mapping[str, Any]) -> bool:
        return await self._call("POST", CALLBACK, body, str(data["id"]), str(data["token"]))

    async def _call(self, method: str, path: str, body: Any, id: str, token: str) -> bool:
        try:
            await self._connection.call(method, path, body, webhook_id=id, webhook_token=token)
        except failures() as error:
            log.warning("discord_interaction_not_answered", why=str(error) or repr(error))
            return False
        return True


def _said(inbound: Inbound) -> str:
    """One line, as it was typed."""
    words = f"/{inbound.name} {inbound.text}" if isinstance(inbound, Command) else getattr(inbound, "text", "")
    shown = " ".join(words.split())[:SHOWN]
    return shown.replace("`", "'")
