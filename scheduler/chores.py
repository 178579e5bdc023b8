"""Once an hour: what retention says is over is deleted, of our tables and of the engine's."""

from __future__ import annotations

from datetime import timedelta

import structlog

from bot.ports import Clock, Memory
from scheduler.engine import Engine
from scheduler.repeated import Repeated

log = structlog.get_logger(__name__)

PACE = timedelta(hours=1)
FIRST = timedelta(minutes=1)  # not while we are starting
FINISHED_JOBS = timedelta(days=7)
DEAD_LETTERS = timedelta(days=90)


class Chores:
    """Any number of processes may do them: deleting twice is deleting once."""

    def __init__(self, memory: Memory, engine: Engine, clock: Clock) -> None:
        self._memory, self._engine, self._clock = memory, engine, clock
        self._repeated = Repeated("chores", self.once, PACE, FIRST)

    async def start(self) -> None:
        await self._repeated.start()

    async def stop(self) -> None:
        await self._repeated.stop()

    async def once(self) -> None:
        async with self._memory.door() as door:
            rows = await door.chores.prune(self._clock.now())
        jobs = 0
        while batch := await self._engine.prune(FINISHED_JOBS, DEAD_LETTERS):
            jobs += batch
        log.info("chores_done", rows=rows, jobs=jobs)
