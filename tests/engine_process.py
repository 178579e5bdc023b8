"""A worker in a process of its own, to be killed: `python engine_process.py URL [stall]`.

Its one job "two-steps" writes down each step that it does; told to stall, it hangs in the second.
"""

from __future__ import annotations

import asyncio
import sys

import asyncpg  # type: ignore[import-untyped]

from scheduler.engine import Engine


class TwoSteps:
    """The job's handler, used by the tests in their own process as well."""

    def __init__(self, engine: Engine, url: str, *, stall: bool) -> None:
        self._engine, self._url, self._stall = engine, url.replace("+asyncpg", ""), stall

    async def __call__(self, subject: str) -> None:
        await self._engine.step("first", lambda: self._did(subject, "first"), str)
        await self._engine.step("second", lambda: self._second(subject), str)

    async def _second(self, subject: str) -> str:
        if self._stall:
            await self._did(subject, "stalling")
            await asyncio.Event().wait()
        return await self._did(subject, "second")

    async def _did(self, subject: str, step: str) -> str:
        connection = await asyncpg.connect(self._url, timeout=5)
        try:
            await connection.execute("INSERT INTO done (subject, step) VALUES ($1, $2)", subject, step)
        finally:
            await connection.close()
        return step


async def main(url: str, *, stall: bool) -> None:
    engine = Engine(url)
    engine.register("two-steps", TwoSteps(engine, url, stall=stall))
    await engine.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], stall="stall" in sys.argv))
