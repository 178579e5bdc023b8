"""Slack as a chat platform: events, presses and forms become our values, our values become Block Kit."""

from __future__ import annotations

from adapters.chat.lease import Lease
from adapters.chat.slack.check import check
from adapters.chat.slack.client import SlackChat
from adapters.chat.slack.connection import Connection
from adapters.chat.slack.install import hooks_for
from bot.ids import new_id
from bot.ports import Clock, Memory

__all__ = ["SlackChat", "check", "connect"]


def connect(
    *,
    token: str | None,
    app_token: str | None,
    signing_secret: str | None,
    client_id: str | None,
    client_secret: str | None,
    root: str | None,
    public_url: str,
    memory: Memory,
    clock: Clock,
    alone: bool,
) -> SlackChat:
    """Nothing is sent before `start`. `root` replaces https://slack.com/api/; `alone`: no other process can be there,
    so a lease that a killed one left is ours at once."""
    connection = Connection(token, root, memory)
    return SlackChat(
        connection,
        Lease(memory, clock, "slack", "alone" if alone else new_id()),
        app_token=app_token,
        signing_secret=signing_secret,
        installing=hooks_for(connection, client_id, client_secret, public_url),
    )
