"""What a step keeps, and what becomes of a job that fails."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.ports import DeadLetter, Queue, Unsent
from scheduler import guard, steps
from scheduler.engine import Engine
from tests.engine_site import Site, nothing, until


class Faulty:
    """A job of three steps: a failure that has a name, a value, and a fault for as long as `faulty`."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self.faulty = engine, True
        self.calls: list[str] = []
        self.seen: list[Any] = []

    async def __call__(self, subject: str) -> None:
        try:
            await self._engine.step("send", self._refused, str)
        except Unsent as error:
            self.seen.append((str(error), error.again, error.after))
        self.seen.append(await self._engine.step("when", self._value, tuple[datetime, ...]))
        await self._engine.step("fault", self._fault, None)
        self.seen.append("end")

    async def _refused(self) -> str:
        self.calls.append("refused")
        raise Unsent("the chat is gone", again=True, after=2.5)

    async def _value(self) -> tuple[datetime, ...]:
        self.calls.append("value")
        return (datetime(2026, 11, 20, tzinfo=UTC),)

    async def _fault(self) -> None:
        self.calls.append("fault")
        if self.faulty:
            raise LookupError("a bug")


async def test_a_step_keeps_its_value_and_the_failures_that_have_a_name_but_no_faults(site: Site) -> None:
    turn = Faulty(site.engine)
    site.engine.register("turn", turn)
    await site.engine.start()
    job = await site.post("turn", "s")
    await until(site.engine.list)
    letter = (await site.engine.list())[0]
    assert (letter.job, letter.name, letter.subject, letter.why) == (job, "turn", "s", "LookupError: a bug")
    turn.faulty = False
    assert await site.engine.redrive(job)
    await until(lambda: "end" in turn.seen)
    assert turn.calls == ["refused", "value", "fault", "fault"]
    once = [("the chat is gone", True, 2.5), (datetime(2026, 11, 20, tzinfo=UTC),)]
    assert turn.seen == [*once, *once, "end"]
    assert not await site.engine.list()
    assert not await site.engine.redrive(job)


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
    await until(site.engine.list)
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


def test_an_ordinary_error_is_not_taken_for_a_database_that_is_away() -> None:
    assert not steps.is_transient(ValueError("no"))
    assert not steps.is_transient(TimeoutError())
    assert steps.is_transient(ConnectionRefusedError())
    chained = RuntimeError("while saving")
    chained.__cause__ = ConnectionResetError()
    assert steps.is_transient(chained)


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


def test_a_kept_failure_whose_kind_is_gone_says_so() -> None:
    record = {"raised": ["bot.ports", "Forgotten"], "says": ["x"], "fields": {}}
    with pytest.raises(RuntimeError, match="Forgotten, which does not exist any more"):
        steps.value_of(record, str)


def test_a_record_cannot_name_an_exception_that_is_not_ours() -> None:
    with pytest.raises(RuntimeError, match="does not exist"):
        steps.value_of({"raised": ["builtins", "SystemExit"], "says": [], "fields": {}}, str)


async def test_a_step_outside_of_a_job_only_runs(site: Site) -> None:
    async def value() -> int:
        return 7

    assert await site.engine.step("value", value, int) == 7
