"""An engine on a database of its own, with the application's connections beside it, for the tests of the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.ids import new_id
from bot.ports import Job, Queue
from scheduler.engine import Engine


class Site:
    """An engine, and the application's own connections beside it."""

    def __init__(self, url: str, **settings: Any) -> None:
        self.url = url
        self.engine = Engine(url, alone=True, **settings)
        self.database: AsyncEngine = create_async_engine(url, pool_pre_ping=True)

    async def post(self, name: str, subject: str, queue: Queue = Queue.CONVERSATIONS, **more: Any) -> str:
        job = Job(name=name, subject=subject, queue=queue, **{"id": new_id(), **more})
        async with self.database.begin() as tx:
            await self.engine.enqueue(tx, job)
        self.engine.nudge()
        return job.id

    async def rows(self, statement: str) -> list[Any]:
        async with self.database.begin() as tx:
            result = await tx.execute(text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []

    async def close(self) -> None:
        await self.engine.stop(grace=0.5)
        await self.database.dispose()


async def until(condition: Callable[[], Any], seconds: float = 10.0) -> None:
    """Wait until `condition()` (which may be a coroutine) is true."""
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            if await found if isinstance(found, Awaitable) else found:
                return
            await asyncio.sleep(0.01)


async def nothing() -> None:
    """A thunk without a value."""
