"""News between processes: told once, in order, whatever their size, also after the database cut the line."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest_asyncio

from bot.action import Json
from memory.bus import CHANNEL, UNFINISHED, PostgresBus
from memory.connect import connect
from memory.news_board import QUEUE

SECONDS = 10


@asynccontextmanager
async def running(url: str) -> AsyncIterator[PostgresBus]:
    bus = PostgresBus(url)
    await bus.start()
    try:
        yield bus
    finally:
        await bus.stop()


@pytest_asyncio.fixture
async def here(module_url: str) -> AsyncIterator[PostgresBus]:
    async with running(module_url) as bus:
        yield bus


@pytest_asyncio.fixture
async def there(module_url: str) -> AsyncIterator[PostgresBus]:
    async with running(module_url) as bus:
        yield bus


async def hear(news: AsyncIterator[Json], count: int) -> list[Json]:
    async with asyncio.timeout(SECONDS):
        return [await anext(news) for _ in range(count)]


async def test_everybody_is_told_once_and_in_order(here: PostgresBus, there: PostgresBus) -> None:
    async with here.subscribe("t") as own, there.subscribe("t") as others, there.subscribe("other") as deaf:
        for number in range(100):
            await here.publish("t", {"n": number})
        await here.publish("other", "end")
        assert await hear(others, 100) == [{"n": n} for n in range(100)]
        assert await hear(deaf, 1) == ["end"]
        await there.publish("t", "from there")  # comes after anything of our own that might be told twice
        assert await hear(own, 101) == [*({"n": n} for n in range(100)), "from there"]


async def test_own_subscribers_are_told_at_once_and_without_a_database() -> None:
    bus = PostgresBus("postgresql://nobody@127.0.0.1:1/nothing")
    async with bus.subscribe("t") as news:
        await bus.publish("t", [1])
        assert await asyncio.wait_for(anext(news), 0.1) == [1]


async def test_big_news_arrive_whole(here: PostgresBus, there: PostgresBus) -> None:
    big: list[Json] = ["a" * 100_000, "ü\U0001f600\x00" * 20_000, {"text": "b" * 7_990}, "small"]
    async with there.subscribe("t") as news:
        for each in big:
            await here.publish("t", each)
        big[1] = "ü\U0001f600" * 20_000
        assert await hear(news, len(big)) == big


async def test_a_slow_subscriber_misses_the_oldest_and_nobody_waits_for_it(here: PostgresBus) -> None:
    async with here.subscribe("t") as news:
        for number in range(QUEUE + 10):
            await here.publish("t", number)
        assert await hear(news, QUEUE) == list(range(10, QUEUE + 10))


async def test_a_subscription_that_ended_leaves_nothing_behind(here: PostgresBus) -> None:
    async with here.subscribe("t"):
        pass
    await here.publish("t", 1)
    assert not here._subscribers


async def test_the_bus_comes_back_after_postgresql_killed_its_connections(
    here: PostgresBus, there: PostgresBus, module_url: str
) -> None:
    async with here.subscribe("t") as news:
        connection = await connect(module_url)
        killed = await connection.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await connection.close()
        assert len(killed) == 2
        async with asyncio.timeout(SECONDS):
            heard = asyncio.ensure_future(anext(news))
            while not heard.done():  # what is said meanwhile may be lost
                await there.publish("t", "back")
                await asyncio.wait([heard], timeout=0.05)
        assert heard.result() == "back"


async def test_what_was_said_while_the_line_was_cut_is_sent_afterwards(
    here: PostgresBus, there: PostgresBus, module_url: str
) -> None:
    await _until(lambda: there._task is not None)
    async with here.subscribe("t") as news:
        there._lose()
        await there.publish("t", "meanwhile")
        assert await hear(news, 1) == ["meanwhile"]


async def test_news_of_which_a_part_was_lost_and_what_others_shout_do_no_harm(
    here: PostgresBus, module_url: str
) -> None:
    connection = await connect(module_url)
    async with here.subscribe("t") as news:
        halves = [f'x m{n} 0 2 ["t",' for n in range(UNFINISHED + 50)]
        for payload in (
            "",
            "hello",
            "a b c d e",
            "x y 0 1 nonsense",
            "x y 0 1 [1]",
            "x y 0 1 7",
            "x y 0 1 [[], 1]",
            *halves,
            'x z 0 1 ["t", "fine"]',
        ):
            await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, payload)
        assert await hear(news, 1) == ["fine"]
        assert len(here._pieces) == UNFINISHED
    await connection.close()


async def test_another_process_is_told(here: PostgresBus, module_url: str) -> None:
    program = (
        "import asyncio, sys\n"
        "from memory.bus import PostgresBus\n"
        "async def main():\n"
        "    bus = PostgresBus(sys.argv[1])\n"
        "    await bus.start()\n"
        "    async with bus.subscribe('question') as news:\n"
        "        await bus.publish('answer', 'ready')\n"
        "        await bus.publish('answer', ['heard', await anext(news)])\n"
        "        await anext(news)\n"
        "    await bus.stop()\n"
        "asyncio.run(main())\n"
    )
    async with here.subscribe("answer") as news:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, module_url)
        try:
            assert await hear(news, 1) == ["ready"]
            await here.publish("question", {"deep": [1, "ß"]})
            assert await hear(news, 1) == [["heard", {"deep": [1, "ß"]}]]
            await here.publish("question", "done")
            assert await asyncio.wait_for(process.wait(), SECONDS) == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(0)
