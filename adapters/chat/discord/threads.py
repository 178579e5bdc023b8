"""The threads that the bot takes part in: there it is spoken to without being named. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.chat.discord.inbound import Me

Data = Mapping[str, Any]
MOST = 10_000  # threads


def after(me: Me, event: str, data: Data) -> frozenset[str]:
    """The threads once this event is known. A thread has a `member` when we are in it (discord.com/developers,
    "Threads")."""
    now = me.threads
    match event:
        case "GUILD_CREATE" | "THREAD_LIST_SYNC":
            ours = {str(member["id"]) for member in data.get("members", ()) if "id" in member}
            found = {str(thread["id"]) for thread in data.get("threads", ()) if thread.get("member")}
            now = now | found | (ours if event == "THREAD_LIST_SYNC" else set())
        case "THREAD_CREATE" | "THREAD_UPDATE" if data.get("member") or str(data.get("owner_id")) == me.id:
            now = now | {str(data["id"])}
        case "THREAD_DELETE":
            now = now - {str(data["id"])}
        case "THREAD_MEMBERS_UPDATE":
            now = _members(now, me, data)
    return now if len(now) <= MOST else me.threads


def _members(now: frozenset[str], me: Me, data: Data) -> frozenset[str]:
    place = str(data["id"])
    if me.id in (str(gone) for gone in data.get("removed_member_ids", ())):
        return now - {place}
    if any(str(member.get("user_id")) == me.id for member in data.get("added_members", ())):
        return now | {place}
    return now
