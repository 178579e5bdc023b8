"""The tick and the chores, with the real memory and the real engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from bot.ids import new_id
from bot.people import Scope
from bot.records import Reminder
from memory.database import Database
from scheduler import chores
from scheduler.chores import Chores
from scheduler.engine import Engine
from scheduler.recurrence import CronRecurrence
from scheduler.tick import Tick

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)  # a Friday, 19:00 in Berlin


class Clock:
    def now(self) -> datetime:
        return NOW


@dataclass
class Stage:
    database: Database
    engine: Engine
    tick: Tick
    reminded: asyncio.Queue[str]

    async def put(self, scope: Scope, due: datetime, rule: str | None = None) -> Reminder:
        made = Reminder(id=new_id(), text="call mum", zone="Europe/Berlin", next_at=due, rule=rule)
        async with self.database.work(scope) as work:
            await work.reminders.put(made)
        return made

    async def next_at(self, scope: Scope, reminder: Reminder) -> datetime | None:
        async with self.database.work(scope) as work:
            found = await work.reminders.get(reminder.id)
        assert found is not None
        return found.next_at

    async def heard(self) -> str:
        return await asyncio.wait_for(self.reminded.get(), 5)


@pytest_asyncio.fixture
async def stage(database: Database, module_url: str) -> AsyncIterator[Stage]:
    engine, reminded = Engine(module_url), asyncio.Queue[str]()

    async def remind(subject: str) -> None:
        await reminded.put(subject)

    engine.register("remind", remind)
    await engine.start()
    yield Stage(database, engine, Tick(database, engine, CronRecurrence(), Clock()), reminded)
    await engine.stop()


async def test_what_is_due_is_reminded_of_once_and_what_is_not_waits(stage: Stage, ann: Scope) -> None:
    due = await stage.put(ann, NOW - timedelta(seconds=1))
    later = await stage.put(ann, NOW + timedelta(seconds=1))
    assert await stage.tick.once() == 1
    assert await stage.tick.once() == 0
    assert await stage.heard() == f"{ann.org}/{ann.user}/{due.id}/2026-11-20T17:59:59+00:00"
    assert await stage.next_at(ann, due) is None
    assert await stage.next_at(ann, later) == later.next_at


async def test_a_repeated_reminder_gets_its_next_time_in_its_zone(stage: Stage, ann: Scope) -> None:
    made = await stage.put(ann, NOW, rule="0 9 * * mon-fri")
    assert await stage.tick.once() == 1
    assert made.id in await stage.heard()
    assert await stage.next_at(ann, made) == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


async def test_a_reminder_that_was_missed_for_days_fires_once_and_says_when_it_was_due(
    stage: Stage, ann: Scope
) -> None:
    made = await stage.put(ann, NOW - timedelta(days=3), rule="0 19 * * *")
    assert await stage.tick.once() == 1
    assert (await stage.heard()).endswith("2026-11-17T18:00:00+00:00")
    assert await stage.next_at(ann, made) == NOW + timedelta(days=1)


async def test_two_ticks_at_once_fire_everything_once(stage: Stage, ann: Scope, bob: Scope) -> None:
    made = {(await stage.put(scope, NOW)).id for scope in (ann, bob) for _ in range(20)}
    assert sum(await asyncio.gather(stage.tick.once(), stage.tick.once())) == 40
    assert {(await stage.heard()).split("/")[2] for _ in made} == made
    assert stage.reminded.empty()


async def test_a_rule_that_cannot_be_read_any_more_does_not_stop_the_others(stage: Stage, ann: Scope) -> None:
    broken = await stage.put(ann, NOW, rule="every now and then")
    good = await stage.put(ann, NOW)
    assert await stage.tick.once() == 2
    assert {(await stage.heard()).split("/")[2] for _ in range(2)} == {broken.id, good.id}
    assert await stage.next_at(ann, broken) is None


async def test_a_started_tick_ticks_by_itself_until_it_is_stopped(stage: Stage, ann: Scope) -> None:
    await stage.tick.start()
    made = await stage.put(ann, NOW)
    assert made.id in await stage.heard()
    await stage.tick.stop()


async def test_the_chores_delete_what_is_over(
    stage: Stage, ann: Scope, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.put(ann, NOW)
    await stage.tick.once()
    await stage.heard()
    await stage.engine.stop()  # so that the job has ended
    await stage.engine.start()
    monkeypatch.setattr(chores, "FINISHED_JOBS", timedelta(0))
    await Chores(database, stage.engine, Clock()).once()
    assert await stage.engine.prune(timedelta(0), timedelta(0)) == 0
