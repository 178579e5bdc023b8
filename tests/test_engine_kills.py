"""Processes and databases that are killed in the middle of a job."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.ports import DeadLetter, Queue
from memory import embedded
from scheduler import guard
from scheduler.engine import Engine
from tests.engine_process import TwoSteps
from tests.engine_site import Site, nothing, until


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


async def test_a_job_that_keeps_killing_its_process_becomes_a_dead_letter(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "SWEEP_EVERY", 0.05)
    monkeypatch.setattr("scheduler.engine.RECOVERIES", 3)
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


async def test_a_job_that_was_taken_and_never_started_goes_back_to_its_queue(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "SWEEP_EVERY", 0.05)
    await site.engine.start(queues=[Queue.ROUTINE])
    await site.post("turn", "s", Queue.URGENT)
    # What is left when the connection breaks between the claim's commit and its answer:
    assert site.engine._guard is not None
    mine = site.engine._guard._executor
    await site.rows(f"UPDATE dbos.workflow_status SET status = 'PENDING', executor_id = '{mine}'")
    await until(lambda: site.rows("SELECT 1 FROM dbos.workflow_status WHERE status = 'ENQUEUED'"))


async def test_a_start_that_fails_leaves_nothing_behind_and_can_be_tried_again(site: Site) -> None:
    nowhere = Engine("postgresql+asyncpg://aurelius@/aurelius?host=/nowhere")
    with pytest.raises(OperationalError):
        await nowhere.start()
    assert not nowhere.running
    await site.engine.start()
    assert site.engine.running
