"""Discord as a chat platform: events of its gateway become our values, our values become messages."""

from __future__ import annotations

from adapters.chat.discord.checking import found, invite_link
from adapters.chat.discord.client import DiscordChat
from adapters.chat.discord.connection import Connection
from adapters.chat.lease import Lease
from bot.ids import new_id
from bot.ports import Clock, Memory

__all__ = ["DiscordChat", "check", "connect", "invite_link"]


def connect(
    *, token: str, root: str | None, gateway: str | None, memory: Memory, clock: Clock, alone: bool
) -> DiscordChat:
    """Nothing is sent before `start`. `root` replaces https://discord.com/api/v10 and `gateway` its WebSocket; `alone`:
    no other process can be there, so a lease that a killed one left is ours at once."""
    lease = Lease(memory, clock, "discord", "alone" if alone else new_id())
    return DiscordChat(Connection(token, root, gateway), lease, memory)


async def check(*, token: str, root: str | None = None, gateway: str | None = None) -> str | None:
    """None: the settings work; else what is wrong, in words for people, with what to do."""
    return await found(Connection(token, root, gateway))
