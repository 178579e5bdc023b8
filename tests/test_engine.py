"""The durable engine against a real PostgreSQL: order, exactly once, kills, dead letters, speed."""

from __future__ import annotations

import asyncio
import os
import signal
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.ids import new_id
from bot.ports import DeadLetter, Job, Queue, Unsent
from memory import embedded
from scheduler import dispatch, guard, steps
from scheduler.engine import Engine
from tests.engine_process import TwoSteps

Handler = Callable[[str], Awaitable[None]]


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


@pytest_asyncio.fixture
async def site(database_url: str) -> AsyncIterator[Site]:
    made = Site(database_url)
    yield made
    await made.close()


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


async def test_jobs_of_a_conversation_run_one_after_the_other_and_conversations_beside_each_other(site: Site) -> None:
    ran: dict[str, list[int]] = defaultdict(list)
    inside: set[str] = set()
    widest = 0

    async def turn(subject: str) -> None:
        nonlocal widest
        conversation, _, number = subject.partition("/")
        assert conversation not in inside
        inside.add(conversation)
        widest = max(widest, len(inside))
        await site.engine.step("think", nothing, None)
        inside.discard(conversation)
        ran[conversation].append(int(number))

    site.engine.register("turn", turn)
    await site.engine.start()
    async with site.database.begin() as tx:
        for number in range(15):
            for conversation in "abcdefgh":
                job = Job(
                    name="turn",
                    id=new_id(),
                    subject=f"{conversation}/{number}",
                    queue=Queue.CONVERSATIONS,
                    partition=conversation,
                )
                await site.engine.enqueue(tx, job)
    site.engine.nudge()
    await until(lambda: sum(map(len, ran.values())) == 120)
    assert ran == {conversation: list(range(15)) for conversation in "abcdefgh"}
    assert widest > 1


async def test_a_press_does_not_wait_behind_the_turn_of_its_conversation(site: Site) -> None:
    began, release, pressed = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def turn(subject: str) -> None:
        began.set()
        await release.wait()

    async def press(subject: str) -> None:
        pressed.set()

    site.engine.register("turn", turn)
    site.engine.register("press", press)
    await site.engine.start()
    await site.post("turn", "t", partition="c")
    await asyncio.wait_for(began.wait(), 5)
    await site.post("press", "p", Queue.PRESSES, partition="c")
    await asyncio.wait_for(pressed.wait(), 5)
    release.set()


async def test_a_job_of_a_transaction_that_was_rolled_back_leaves_nothing(site: Site) -> None:
    ran: list[str] = []

    async def turn(subject: str) -> None:
        ran.append(subject)

    site.engine.register("turn", turn)
    await site.engine.start()
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with site.database.begin() as tx:
            await site.engine.enqueue(tx, Job(name="turn", id="x", subject="undone", queue=Queue.URGENT))
            raise ZeroDivisionError
    await site.post("turn", "kept", Queue.URGENT)
    await until(lambda: ran)
    assert ran == ["kept"]
    assert await site.rows("SELECT count(*) FROM dbos.workflow_input WHERE workflow_uuid = 'x'") == [(0,)]


async def test_the_same_job_enqueued_twice_runs_once(site: Site) -> None:
    ran: list[str] = []

    async def turn(subject: str) -> None:
        ran.append(subject)

    site.engine.register("turn", turn)
    await site.engine.start()
    for _ in range(2):
        await site.post("turn", "same", Queue.URGENT, id="one")
    await until(lambda: ran)
    await site.post("turn", "same", Queue.URGENT, id="one")
    await site.post("turn", "last", Queue.URGENT)
    await until(lambda: "last" in ran)
    assert ran == ["same", "last"]


async def test_a_delayed_job_runs_when_its_time_has_come_and_a_cancelled_one_never(site: Site) -> None:
    ran: dict[str, datetime] = {}

    async def wake(subject: str) -> None:
        ran[subject] = datetime.now(UTC)

    site.engine.register("wake", wake)
    await site.engine.start()
    due = datetime.now(UTC) + timedelta(seconds=0.4)
    await site.post("wake", "cancelled", Queue.PRESSES, id="c", at=due)
    await site.post("wake", "due", Queue.PRESSES, id="d", at=due)
    await site.engine.cancel("c")
    await site.engine.cancel("nobody")
    await until(lambda: ran)
    assert list(ran) == ["due"]
    assert ran["due"] >= due
    assert await site.rows("SELECT workflow_uuid FROM dbos.workflow_input ORDER BY 1") == [("d",)]


async def test_a_nudge_starts_an_idle_worker_at_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "LOOK_EVERY", 60.0)
    began: dict[str, float] = {}

    async def turn(subject: str) -> None:
        began[subject] = time.perf_counter()

    site.engine.register("turn", turn)
    await site.engine.start()
    waits = []
    for number in range(20):
        async with site.database.begin() as tx:
            job = Job(name="turn", id=new_id(), subject=str(number), queue=Queue.CONVERSATIONS, partition="c")
            await site.engine.enqueue(tx, job)
        nudged = time.perf_counter()
        site.engine.nudge()
        await until(partial(began.__contains__, str(number)))
        waits.append(began[str(number)] - nudged)
    assert statistics.median(waits) < 0.1  # 8 ms on an idle machine


async def test_a_process_that_only_enqueues_wakes_one_that_works(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "LOOK_EVERY", 60.0)
    ran = asyncio.Event()

    async def turn(subject: str) -> None:
        ran.set()

    site.engine.register("turn", turn)
    await site.engine.start()
    web = Site(site.url)
    await web.engine.start(queues=())
    await site.post("turn", "1", Queue.URGENT)
    await asyncio.wait_for(ran.wait(), 5)
    ran.clear()
    await web.post("turn", "2", Queue.URGENT)
    await asyncio.wait_for(ran.wait(), 5)
    await web.close()


async def test_a_step_keeps_its_value_and_the_failures_that_have_a_name_but_no_faults(site: Site) -> None:
    calls: list[str] = []
    faulty = [True]

    async def refused() -> str:
        calls.append("refused")
        raise Unsent("the chat is gone", again=True, after=2.5)

    async def value() -> tuple[datetime, ...]:
        calls.append("value")
        return (datetime(2026, 11, 20, tzinfo=UTC),)

    async def fault() -> None:
        calls.append("fault")
        if faulty:
            raise LookupError("a bug")

    seen: list[Any] = []

    async def turn(subject: str) -> None:
        try:
            await site.engine.step("send", refused, str)
        except Unsent as error:
            seen.append((str(error), error.again, error.after))
        seen.append(await site.engine.step("when", value, tuple[datetime, ...]))
        await site.engine.step("fault", fault, None)
        seen.append("end")

    site.engine.register("turn", turn)
    await site.engine.start()
    job = await site.post("turn", "s")
    await until(lambda: _letters(site))
    letter = (await site.engine.list())[0]
    assert (letter.job, letter.name, letter.subject, letter.why) == (job, "turn", "s", "LookupError: a bug")
    faulty.clear()
    assert await site.engine.redrive(job)
    await until(lambda: "end" in seen)
    assert calls == ["refused", "value", "fault", "fault"]
    once = [("the chat is gone", True, 2.5), (datetime(2026, 11, 20, tzinfo=UTC),)]
    assert seen == [*once, *once, "end"]
    await until(lambda: _none_left(site))
    assert not await site.engine.redrive(job)


async def _letters(site: Site) -> bool:
    return bool(await site.engine.list())


async def _none_left(site: Site) -> bool:
    return not await site.engine.list()


async def test_a_failure_that_ended_the_job_is_tried_again_when_redriven(site: Site) -> None:
    refusals = [Unsent("not now", again=True)]
    ran: list[str] = []

    async def send() -> None:
        ran.append("try")
        if refusals:
            raise refusals.pop()

    async def turn(subject: str) -> None:
        await site.engine.step("send", send, None)
        ran.append("end")

    site.engine.register("turn", turn)
    await site.engine.start()
    job = await site.post("turn", "s")
    await until(lambda: _letters(site))
    assert await site.engine.redrive(job)
    await until(lambda: "end" in ran)
    assert ran == ["try", "try", "end"]


async def test_a_dead_letter_is_told_once_also_across_restarts(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "SWEEP_EVERY", 0.05)
    told: list[DeadLetter] = []

    async def tell(letter: DeadLetter) -> None:
        told.append(letter)

    async def boom(subject: str) -> None:
        raise LookupError(subject)

    site.engine.register("boom", boom)
    site.engine.on_dead(tell)
    await site.engine.start()
    await site.post("boom", "one", Queue.ROUTINE)
    await until(lambda: told)
    await site.engine.stop()
    await site.engine.start()
    await site.post("boom", "two", Queue.ROUTINE)
    await until(lambda: len(told) == 2)
    assert [letter.subject for letter in told] == ["one", "two"]
    assert await site.engine.redrive(told[0].job)
    await until(lambda: len(told) == 3)  # it died again: a new letter
    assert told[2].job == told[0].job


async def test_a_job_that_keeps_killing_its_process_becomes_a_dead_letter(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "SWEEP_EVERY", 0.05)
    told: list[DeadLetter] = []
    began = 0

    async def tell(letter: DeadLetter) -> None:
        told.append(letter)

    async def poison(subject: str) -> None:
        nonlocal began
        began += 1
        await asyncio.Event().wait()

    site.engine.register("poison", poison)
    site.engine.on_dead(tell)
    await site.engine.start()
    await site.post("poison", "p", partition="c")
    for death in range(1, 5):
        await until(partial(lambda n: began == n, death))
        await site.engine.stop(grace=0)  # as far as the queue can see: the process ended in the middle
        await site.engine.start()
    await until(lambda: told)
    assert began == 4
    assert [(letter.name, letter.subject) for letter in told] == [("poison", "p")]
    assert "several times" in told[0].why


@asynccontextmanager
async def process(url: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    script = Path(__file__).with_name("engine_process.py")
    here = {**os.environ, "PYTHONPATH": str(script.parent.parent)}
    made = await asyncio.create_subprocess_exec(sys.executable, str(script), url, *arguments, env=here)
    try:
        yield made
    finally:
        if made.returncode is None:
            made.kill()
            await made.wait()


async def test_a_completed_step_is_not_run_again_after_a_kill(site: Site) -> None:
    await site.rows("CREATE TABLE done (subject text, step text)")
    await site.engine.start(queues=())
    await site.post("two-steps", "s", partition="c")
    await site.engine.stop()
    async with process(site.url, "stall") as worker:
        await until(lambda: site.rows("SELECT 1 FROM done WHERE step = 'stalling'"), 20)
        worker.send_signal(signal.SIGKILL)
        await worker.wait()
    site.engine.register("two-steps", TwoSteps(site.engine, site.url, stall=False))
    await site.engine.start()
    await until(lambda: site.rows("SELECT 1 FROM done WHERE step = 'second'"))
    assert await site.rows("SELECT step FROM done ORDER BY step") == [("first",), ("second",), ("stalling",)]


async def test_a_living_process_takes_over_the_jobs_of_a_killed_one_and_never_those_of_a_living_one(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "SWEEP_EVERY", 0.1)
    await site.rows("CREATE TABLE done (subject text, step text)")
    await site.engine.start(queues=[Queue.ROUTINE])
    async with process(site.url, "stall") as worker:
        await site.post("two-steps", "s", partition="c")
        await until(lambda: site.rows("SELECT 1 FROM done WHERE step = 'stalling'"), 20)
        running = "SELECT 1 FROM dbos.workflow_status WHERE status = 'PENDING'"
        sweeps = _count_sweeps(site, monkeypatch)
        await until(lambda: len(sweeps) > guard.PATIENCE + 2)
        assert await site.rows(running)
        worker.send_signal(signal.SIGKILL)
        await worker.wait()
    await until(lambda: site.rows("SELECT 1 FROM dbos.workflow_status WHERE status = 'ENQUEUED'"))


def _count_sweeps(site: Site, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    sweeps: list[int] = []

    async def also(connection: Any) -> None:
        sweeps.append(1)

    monkeypatch.setattr(site.engine._guard, "also", also)
    return sweeps


async def test_jobs_survive_a_kill_of_the_database_in_their_middle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "SWEEP_EVERY", 0.2)
    server = await embedded.start(tmp_path, durable=False)
    site = Site(server.url)
    await site.rows("CREATE TABLE done (subject text, step text)")
    middle, ended = asyncio.Event(), []

    async def write(subject: str) -> str:
        middle.set()
        async with site.database.begin() as tx:
            await tx.execute(text("INSERT INTO done VALUES (:s, 'write')"), {"s": subject})
            await tx.execute(text("SELECT pg_sleep(0.3)"))
        return subject

    async def turn(subject: str) -> None:
        assert await site.engine.step("write", lambda: write(subject), str) == subject
        await site.engine.step("more", nothing, None)
        ended.append(subject)

    site.engine.register("turn", turn)
    await site.engine.start()
    for number in range(8):
        await site.post("turn", str(number), partition=f"c{number % 4}")
    await asyncio.wait_for(middle.wait(), 5)
    os.kill(server.pid, signal.SIGKILL)
    await until(lambda: len(ended) == 8, 30)
    assert sorted(ended) == sorted(map(str, range(8)))
    assert await site.rows("SELECT count(DISTINCT subject), count(*) FROM done") == [(8, 8)]
    assert not await site.engine.list()
    await site.post("turn", "after", partition="c0")
    await until(lambda: "after" in ended)
    await site.close()
    await server.stop()


async def test_finished_jobs_are_deleted_when_their_time_is_over_and_dead_letters_later(site: Site) -> None:
    ended = asyncio.Event()

    async def turn(subject: str) -> None:
        await site.engine.step("a", nothing, None)
        if subject == "bad":
            raise LookupError
        ended.set()

    site.engine.register("turn", turn)
    await site.engine.start()
    await site.post("turn", "bad", Queue.URGENT)
    await until(lambda: _letters(site))
    await site.post("turn", "good", Queue.URGENT)
    await until(lambda: site.rows("SELECT 1 FROM dbos.workflow_status WHERE status = 'SUCCESS'"))
    assert await site.engine.prune(timedelta(days=1), timedelta(days=1)) == 0
    assert await site.engine.prune(timedelta(0), timedelta(days=1)) == 1
    assert await site.engine.prune(timedelta(0), timedelta(0)) == 1
    left = "SELECT (SELECT count(*) FROM dbos.workflow_status), (SELECT count(*) FROM dbos.operation_outputs)"
    assert await site.rows(left) == [(0, 0)]


async def test_nothing_of_ours_is_stored_as_a_pickle(site: Site) -> None:
    ended = asyncio.Event()

    async def turn(subject: str) -> None:
        await site.engine.step("a", nothing, None)
        ended.set()

    site.engine.register("turn", turn)
    await site.engine.start()
    await site.post("turn", "s")
    await until(lambda: site.rows("SELECT 1 FROM dbos.workflow_status WHERE status = 'SUCCESS'"))
    kinds = "SELECT serialization FROM dbos.workflow_status UNION SELECT serialization FROM dbos.operation_outputs"
    assert await site.rows(kinds) == [("portable_json",)]


def test_an_ordinary_error_is_not_taken_for_a_database_that_is_away() -> None:
    assert not steps.is_transient(ValueError("no"))
    assert not steps.is_transient(TimeoutError())
    assert steps.is_transient(ConnectionRefusedError())
    chained = RuntimeError("while saving")
    chained.__cause__ = ConnectionResetError()
    assert steps.is_transient(chained)
