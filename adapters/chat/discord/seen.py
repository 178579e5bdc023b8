"""What was last handed in of every direct conversation: where to go on after a time without the gateway.

Discord does not repeat to a new session what the old one missed, so the rest is asked for. Kept in the database, since
the next session may be another process's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import structlog

from adapters.chat.bounded import remember
from bot.ports import Memory

CURSOR = "discord direct conversations"
REMEMBERED = 1000  # conversations: those that were last active
EVERY = 2.0  # seconds between two writes; what is handed in twice changes nothing
log = structlog.get_logger()


class Seen:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._last: dict[str, str] = {}
        self._changed, self._urgent = asyncio.Event(), asyncio.Event()

    async def load(self) -> None:
        async with self._memory.door() as door:
            kept = await door.cursors.get(CURSOR) or {}
        self._last = {str(place): str(last) for place, last in kept.items()}

    @property
    def last(self) -> Mapping[str, str]:
        """The id of the last message by channel."""
        return dict(self._last)

    def note(self, place: str, id: str) -> None:
        """Ids grow with time. A conversation that we did not know is written down at once."""
        if place not in self._last:
            self._urgent.set()
        newest = max(self._last.pop(place, "0"), id, key=int)
        remember(self._last, place, newest, REMEMBERED)
        self._changed.set()

    def forget(self, place: str) -> None:
        self._last.pop(place, None)
        self._changed.set()

    async def keep(self) -> None:
        """Write down what changed; for ever, until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._write()
            except Exception:
                log.exception("discord_place_not_kept")
                self._changed.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._urgent.wait(), EVERY)
            self._urgent.clear()

    async def _write(self) -> None:
        async with self._memory.door() as door:
            await door.cursors.put(CURSOR, dict(self._last))
