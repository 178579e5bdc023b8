"""How long it takes until a message is written down and queued, 200 times a second, against a bare commit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from benchmarks.door import opened
from benchmarks.table import Row, ms, percentile
from memory import embedded
from memory.migrate import migrate

RATE, SECONDS = 200, 5
WARM_UP = 200
CONNECTIONS = 10  # as many as we use
BAR = 4.0


async def measure(folder: Path) -> list[Row]:
    """Ours first, then the floor, each alone: half of ours would otherwise wait for the floor's disk."""
    server = await embedded.start(folder)
    try:
        await migrate(server.url)
        async with opened(server.url) as door:
            people = [await door.somebody(f"Person {number}") for number in range(100)]
            ours = await paced(lambda number: door.say(people[number % len(people)], "hi"))
        floor = await bare(server.url.replace("+asyncpg", ""))
    finally:
        await server.stop()
    worst, floor_worst = percentile(ours, 0.99), percentile(floor, 0.99)
    return [
        Row(
            what=f"a message acknowledged at {RATE}/s, p50 / p99",
            measured=f"{ms(percentile(ours, 0.5))} / {ms(worst)}",
            bar=f"p99 < {BAR:.0f} x a bare commit",
            floor=f"{ms(percentile(floor, 0.5))} / {ms(floor_worst)}",
            ratio=worst / floor_worst,
            passed=worst < BAR * floor_worst,
        )
    ]


async def bare(url: str) -> list[float]:
    """One row, one commit, the same driver."""
    pool: Any = await asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS)
    try:
        await pool.execute("CREATE TABLE bare (id bigserial PRIMARY KEY, text text)")
        return await paced(lambda number: pool.execute("INSERT INTO bare (text) VALUES ($1)", f"hi {number}"))
    finally:
        await pool.close()


async def paced(once: Callable[[int], Awaitable[Any]]) -> list[float]:
    """Seconds of each, begun at its moment whether the ones before are done or not."""
    loop, taken = asyncio.get_running_loop(), list[float]()
    began = loop.time()

    async def one(number: int) -> None:
        moment = began + number / RATE
        await asyncio.sleep(moment - loop.time())
        due = time.perf_counter()
        await once(number)
        taken.append(time.perf_counter() - due)

    await asyncio.gather(*(one(number) for number in range(WARM_UP + RATE * SECONDS)))
    return taken[WARM_UP:]
