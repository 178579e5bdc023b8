"""News between processes over a real Redis: told once, in order, also after it was killed and came back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from memory.redis_bus import RedisBus

SECONDS = 15
HERE = shutil.which("redis-server")
pytestmark = pytest.mark.skipif(
    HERE is None and not os.environ.get("AURELIUS_TEST_ALL"), reason="there is no redis-server on this machine"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def start_redis(port: int, folder: Path) -> asyncio.subprocess.Process:
    assert HERE is not None, "AURELIUS_TEST_ALL is set and redis-server is missing"
    server = await asyncio.create_subprocess_exec(
        HERE, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert server.stdout is not None
    async with asyncio.timeout(SECONDS):
        while b"Ready to accept connections" not in await server.stdout.readline():
            pass
    return server


@pytest_asyncio.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    port = free_port()
    server = await start_redis(port, tmp_path)
    yield port
    if server.returncode is None:
        server.kill()
    await server.communicate()


@asynccontextmanager
async def two(port: int) -> AsyncIterator[tuple[RedisBus, RedisBus]]:
    here, there = RedisBus(f"redis://127.0.0.1:{port}/0"), RedisBus(f"redis://127.0.0.1:{port}/0")
    await here.start()
    await there.start()
    try:
        yield here, there
    finally:
        await here.stop()
        await there.stop()


async def test_both_processes_are_told_once_and_in_order(port: int) -> None:
    async with two(port) as (here, there), here.subscribe("t") as own, there.subscribe("t") as others:
        for number in range(50):
            await here.publish("t", {"n": number, "text": "ä" * 5000})
        await here.publish("other topic", {})
        async with asyncio.timeout(SECONDS):
            assert [(await anext(others))["n"] for _ in range(50)] == list(range(50))
            await there.publish("t", {"n": "end"})
            assert [(await anext(own))["n"] for _ in range(51)] == [*range(50), "end"]


async def test_after_redis_was_killed_and_came_back_news_flow_again(port: int, tmp_path: Path) -> None:
    async with two(port) as (here, there), there.subscribe("t") as others:
        await here.publish("t", "before")
        async with asyncio.timeout(SECONDS):
            assert await anext(others) == "before"
        await _kill_what_listens(port)
        server = await start_redis(port, tmp_path)
        try:
            async with asyncio.timeout(SECONDS):
                heard: asyncio.Future[object] = asyncio.ensure_future(anext(aiter(others)))
                while not heard.done():
                    await here.publish("t", "after")
                    await asyncio.wait({heard}, timeout=0.1)
                assert heard.result() == "after"
        finally:
            server.kill()
            await server.communicate()


async def _kill_what_listens(port: int) -> None:
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    async with Redis(host="127.0.0.1", port=port) as client:
        with contextlib.suppress(RedisError):  # it goes without an answer
            await client.shutdown(nosave=True)
