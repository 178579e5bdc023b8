"""The threads that there are: messages in them name only their channel, and each is a conversation of its own. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MOST = 10_000  # threads


def after(known: frozenset[str], event: str, data: Mapping[str, Any]) -> frozenset[str]:
    """The ids once this event is known."""
    match event:
        case "GUILD_CREATE" | "THREAD_LIST_SYNC":
            now = known | {str(thread["id"]) for thread in data.get("threads", ())}
        case "THREAD_CREATE" | "THREAD_UPDATE":
            now = known | {str(data["id"])}
        case "THREAD_DELETE":
            now = known - {str(data["id"])}
        case _:
            now = known
    return now if len(now) <= MOST else known
