"""Work in order within a lane (a channel), several lanes side by side."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import structlog

from adapters.chat.background import Background

log = structlog.get_logger()

Work = Callable[[], Awaitable[None]]
SIDE_BY_SIDE = 8


class Lanes:
    """`put` never waits. What raises is logged and not done again: the work itself tries as long as it takes."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Work]] = {}
        self._background = Background("discord lane")
        self._room = asyncio.Semaphore(SIDE_BY_SIDE)

    def put(self, lane: str, work: Work) -> None:
        if lane in self._waiting:
            self._waiting[lane].append(work)
            return
        self._waiting[lane] = deque([work])
        self._background.run(self._drain(lane))

    async def _drain(self, lane: str) -> None:
        waiting = self._waiting[lane]
        try:
            async with self._room:
                while waiting:
                    await self._done(waiting.popleft())
        finally:
            del self._waiting[lane]

    async def _done(self, work: Work) -> None:
        try:
            await work()
        except Exception:
            log.exception("discord_event_lost")

    async def stop(self) -> None:
        await self._background.stop()
