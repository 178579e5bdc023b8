"""What chat platforms share: how fast we may write, and work that one process alone may do."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from adapters.chat import lease as leases
from adapters.chat.governor import Governor, Pace
from adapters.chat.lease import Lease
from memory.database import Database
from memory.vault import Vault, new_key
from tests.talk import WAIT

CHAT = Pace(burst=2, seconds=1.0)


class Watch:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds

    def governor(self, overall: Pace | None = None) -> Governor:
        return Governor(overall or Pace(burst=1000, seconds=0.001), now=self.now, sleep=self.sleep)


async def taken(watch: Watch, governor: Governor, chats: str) -> list[float]:
    """When each of the turns came, in seconds from the start."""
    begun, came = watch.time, []
    for chat in chats:
        await governor.turn(chat, CHAT)
        came.append(round(watch.time - begun, 3))
    return came


async def test_a_burst_passes_and_then_one_a_second() -> None:
    watch = Watch()
    assert await taken(watch, watch.governor(), "aaaa") == [0, 0, 1, 2]


async def test_one_chat_does_not_slow_another() -> None:
    watch = Watch()
    assert await taken(watch, watch.governor(), "aab") == [0, 0, 0]


async def test_all_chats_together_have_a_pace_too() -> None:
    watch = Watch()
    assert await taken(watch, watch.governor(Pace(burst=2, seconds=0.5)), "abcd") == [0, 0, 0.5, 1.0]


async def test_a_pause_that_was_asked_for_is_kept_in_that_chat() -> None:
    watch = Watch()
    governor = watch.governor()
    governor.hold("a", 40)
    assert not governor.spare("a", CHAT)
    assert governor.spare("b", CHAT)
    assert await taken(watch, governor, "a") == [40]


async def test_what_is_spare_is_never_waited_for() -> None:
    governor = Watch().governor()
    assert [governor.spare("a", CHAT) for _ in range(3)] == [True, True, False]


class Moved:
    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Worker:
    """Work that says when it begins and ends."""

    def __init__(self, lease: Lease) -> None:
        self.begun, self.over = asyncio.Event(), asyncio.Event()
        self.task = asyncio.create_task(lease.alone(self.work))

    async def work(self) -> None:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.over.set()

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_work_passes_on_when_its_holder_goes_or_falls_silent(
    migrated_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "RETRY", 0.02)
    monkeypatch.setattr(leases, "RENEW", 0.05)
    memory, clock = Database(migrated_url, Vault(new_key())), Moved()

    async def take(holder: str) -> bool:
        async with memory.door() as door:
            return await door.leases.take("telegram", holder, clock.now(), leases.SECONDS)

    try:
        assert await take("silent")
        first = Worker(Lease(memory, clock, "telegram", "first"))
        clock.ahead = timedelta(minutes=1)  # longer than a silent holder is waited for
        await asyncio.wait_for(first.begun.wait(), WAIT)
        assert not await take("other")
        second = Worker(Lease(memory, clock, "telegram", "second"))
        await first.end()
        await asyncio.wait_for(second.begun.wait(), WAIT)
        clock.ahead = timedelta(hours=1)
        while not await take("other"):  # the second may renew in between
            clock.ahead += timedelta(hours=1)
        await asyncio.wait_for(second.over.wait(), WAIT)
        await second.end()
    finally:
        await memory.close()
