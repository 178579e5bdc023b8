"""The durable engine's queues against a real PostgreSQL: order, exactly once, delays, nudges, retention."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from bot.ids import new_id
from bot.people import Scope
from bot.ports import Job, Queue
from scheduler import dispatch
from tests.engine_site import Site, nothing, until


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
    await until(site.engine.list)
    await site.post("turn", "good", Queue.URGENT)
    await until(lambda: site.rows("SELECT 1 FROM dbos.workflow_status WHERE status = 'SUCCESS'"))
    assert await site.engine.prune(timedelta(days=1), timedelta(days=1)) == 0
    assert await site.engine.prune(timedelta(0), timedelta(days=1)) == 1
    assert await site.engine.prune(timedelta(0), timedelta(0)) == 1
    left = "SELECT (SELECT count(*) FROM dbos.workflow_status), (SELECT count(*) FROM dbos.operation_outputs)"
    assert await site.rows(left) == [(0, 0)]


async def test_the_jobs_of_a_person_are_forgotten_with_what_they_kept(site: Site) -> None:
    hold, begun = asyncio.Event(), asyncio.Event()

    async def secret() -> str:
        return "xylophone"

    async def turn(subject: str) -> None:
        await site.engine.step("say", secret, str)
        if subject == "long":
            begun.set()
            await hold.wait()

    site.engine.register("turn", turn)
    await site.engine.start()
    hers = [await site.post("turn", "short"), await site.post("turn", "long")]
    await site.post("turn", "org/ann/nonce", Queue.PRESSES)
    await site.post("turn", "org/annabel/nonce", Queue.PRESSES)
    await site.post("turn", hers[0], Queue.PRESSES)  # about the same message once more: "Try again"
    await begun.wait()
    done = "SELECT workflow_uuid FROM dbos.workflow_status WHERE status = 'SUCCESS'"
    await until(lambda: _counted(site, done, 4))
    async with site.database.begin() as tx:
        await site.engine.forget(tx, Scope(org="org", user="ann"), hers)
    kept = "SELECT workflow_uuid FROM dbos.operation_outputs WHERE output LIKE '%xylophone%'"
    assert len(await site.rows(kept)) == 2  # the one that runs, and somebody else's
    hold.set()
    await until(lambda: _counted(site, done, 2))
    await site.engine._forget_later(hers[1])
    assert hers[1] not in [row[0] for row in await site.rows(kept)]


async def _counted(site: Site, statement: str, count: int) -> bool:
    return len(await site.rows(statement)) == count
