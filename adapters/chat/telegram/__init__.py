"""Telegram as a chat platform: updates become our values, our values become messages."""

from __future__ import annotations

from adapters.chat.lease import Lease
from adapters.chat.telegram.checking import check
from adapters.chat.telegram.client import TelegramChat
from adapters.chat.telegram.connection import Connection
from bot.ids import new_id
from bot.ports import Clock, Memory

__all__ = ["TelegramChat", "check", "connect"]


def connect(
    *, token: str, root: str | None, secret: str | None, public_url: str, memory: Memory, clock: Clock, alone: bool
) -> TelegramChat:
    """Nothing is sent before `start`. `root` replaces https://api.telegram.org; `alone`: no other process can be there,
    so a lease that a killed one left is ours at once."""
    lease = Lease(memory, clock, "telegram", "alone" if alone else new_id())
    return TelegramChat(Connection(token, root), lease, secret=secret, public_url=public_url)
