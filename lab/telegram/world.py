"""What the stand-in holds: people, chats, messages, files, the queue of updates, and a log of everything."""

from __future__ import annotations

import itertools
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from lab import faults
from lab.journal import Journal

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    path: str
    name: str
    mime: str
    content: bytes


@dataclass
class Chat:
    """`messages` as they stand now, by id; those that were deleted are gone."""

    about: Json
    messages: dict[int, Json] = field(default_factory=dict)
    edits: Counter[int] = field(default_factory=Counter)
    drafts: dict[int, tuple[str, list[Json]]] = field(default_factory=dict)  # text and entities by draft id
    stoppable: bool = False  # whether the draft shows a stop button
    typing_until: float = 0.0
    blocked: bool = False


@dataclass
class Fault(faults.Fault):
    """`status` 429 comes with `retry_after`."""

    retry_after: int = 1


class World:
    def __init__(self, token: str, username: str) -> None:
        self.token = token
        self.revoked = False
        self.bot: Json = {
            "id": int(token.partition(":")[0]),
            "is_bot": True,
            "first_name": "Aurelius",
            "username": username,
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, File] = {}  # by file_id
        self.updates: deque[Json] = deque()
        self.confirmed: list[Json] = []
        self.presses: dict[str, bool] = {}  # callback queries, and whether they were answered
        self.webhook: Json = {"url": ""}
        self.allowed: list[str] = []
        self.commands: list[Json] = []
        self.journal, self.faults = Journal(), faults.Faults(Fault)
        self.polls = 0  # counts getUpdates calls: a newer one ends the older
        self.cuts = 0  # counts how often the line was cut
        self._updates = itertools.count(700_000_001)
        self._messages = itertools.count(1)
        self._files = itertools.count(1)

    def chat(self, about: Json) -> Chat:
        """The chat, made when a person first uses it; group chats keep their newest title."""
        found = self.chats.setdefault(int(about["id"]), Chat(about))
        found.about = about
        return found

    def put(self, chat: Chat, message: Json) -> Json:
        full: Json = {"message_id": next(self._messages), "date": int(time.time()), "chat": chat.about} | message
        chat.messages[full["message_id"]] = full
        return full

    def keep(self, name: str, mime: str, content: bytes) -> str:
        """Returns the file_id."""
        number = next(self._files)
        found = f"FILE{number:08d}{'x' * 40}"
        path = f"documents/file_{number}{PurePosixPath(name).suffix}"
        self.files[found] = File(path=path, name=name, mime=mime, content=content)
        return found

    async def happen(self, kind: str, about: Json) -> Json:
        """An update, which the bot will get if it asked for its kind (all but reactions, when it asked for none)."""
        update = {"update_id": next(self._updates), kind: about}
        wanted = kind in self.allowed if self.allowed else kind != "message_reaction"
        if wanted:
            self.updates.append(update)
        await self.journal.note("event", event=str(update["update_id"]), kind=kind, given=about, wanted=wanted)
        return update
