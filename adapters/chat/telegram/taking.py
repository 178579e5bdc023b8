"""Updates handed in, and what becomes of one that is not taken: it comes again, but it does not block a chat for ever.

An update that nobody could write down is asked for again, since as a rule the database is away for a moment. Where
others pass meanwhile and it still fails, the fault is its own: it is logged and left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

TRIES = 5  # of one update, before those behind it are tried
SIDE_BY_SIDE = 8  # chats
log = structlog.get_logger()

Update = Mapping[str, Any]
Take = Callable[[Update], Awaitable[None]]


class Untaken(Exception):
    """The update must come again. `past`: what stands behind it in its chat need not wait for it."""

    def __init__(self, *, past: bool) -> None:
        super().__init__("an update was not taken")
        self.past = past


@dataclass
class Failed:
    times: int
    taken: int  # how many were taken before


class Taking:
    def __init__(self, hand_in: Take) -> None:
        self._hand_in = hand_in
        self._taken = 0
        self._failed: dict[int, Failed] = {}

    async def take(self, update: Update) -> None:
        """When this returns, the update need not come again. Raises Untaken."""
        number = int(update.get("update_id") or 0)
        try:
            await self._hand_in(update)
        except Exception as error:  # whatever it is: the next update shows whose fault it was
            failed = self._failed.setdefault(number, Failed(0, self._taken))
            failed.times += 1
            left = failed.times > TRIES and self._taken > failed.taken
            log.exception("telegram_update_left" if left else "telegram_update_not_taken", update=number)
            if not left:
                raise Untaken(past=failed.times >= TRIES) from error
        else:
            self._taken += 1
        self._failed.pop(number, None)


async def in_order(updates: Sequence[Update], take: Take) -> None:
    """One after the other within a chat, several chats side by side. Raises Untaken when some must come again; what
    was taken before is known then and changes nothing."""
    chats: dict[int, list[Update]] = {}
    for update in updates:
        chats.setdefault(_chat(update), []).append(update)
    room = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one_chat(queue: Sequence[Update]) -> Untaken | None:
        missing: Untaken | None = None
        async with room:
            for update in queue:
                try:
                    await take(update)
                except Untaken as untaken:
                    missing = untaken
                    if not untaken.past:
                        break
        return missing

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one_chat(queue)) for queue in chats.values()]
    for task in tasks:
        if (untaken := task.result()) is not None:
            raise untaken


def _chat(update: Update) -> int:
    """0 for what belongs to no chat."""
    for about in update.values():
        if isinstance(about, Mapping):
            chat = about.get("chat") or (about.get("message") or {}).get("chat") or {}
            return int(chat.get("id", 0))
    return 0
