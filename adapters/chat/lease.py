"""Work that only one process may do at a time (polling, holding a socket); when that one goes, another takes over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.ports import Clock, Memory

SECONDS = 6.0  # how long a lease lasts when its holder is killed
RENEW = 2.0
RETRY = 0.5
log = structlog.get_logger()


class Lease:
    """`holder`: the same name may take the lease again at once, so give every process a name of its own, unless there
    can be only one process."""

    def __init__(self, memory: Memory, clock: Clock, name: str, holder: str) -> None:
        self._memory, self._clock, self._name, self._holder = memory, clock, name, holder

    async def alone(self, work: Callable[[], Awaitable[None]]) -> None:
        """Wait for the lease, then work for as long as it is ours; for ever, until cancelled."""
        try:
            while True:
                if await self._taken():
                    await self._guarded(work)
                await asyncio.sleep(RETRY)
        finally:
            await self._release()

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        working = asyncio.ensure_future(work())
        try:
            while not (await asyncio.wait({working}, timeout=RENEW))[0]:
                if not await self._taken():
                    log.warning("lease_lost", lease=self._name)
                    return
        finally:
            working.cancel()
            done = await asyncio.gather(working, return_exceptions=True)
            if isinstance(done[0], Exception):
                log.error("leased_work_broke_off", lease=self._name, exc_info=done[0])

    async def _taken(self) -> bool:
        try:
            async with self._memory.door() as door:
                return await door.leases.take(self._name, self._holder, self._clock.now(), SECONDS)
        except Exception as error:  # noqa: BLE001 - whatever the database says: we do not know that it is ours
            log.warning("lease_unknown", lease=self._name, why=repr(error))
            return False

    async def _release(self) -> None:
        try:
            async with self._memory.door() as door:
                await door.leases.release(self._name, self._holder)
        except Exception as error:  # noqa: BLE001 - it runs out by itself
            log.warning("lease_not_released", lease=self._name, why=repr(error))
