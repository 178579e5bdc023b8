"""What clocks set off: reminders where they were asked for, late ones that say so, and a budget that runs out."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.due import dead, spent_job
from bot.ids import new_id
from bot.message import Address, ButtonPress
from bot.ports import DeadLetter, Job, Ports, Queue
from bot.records import Reminder
from bot.suggestion import State, Suggestion
from bot.trigger import Why
from bot.web import web_address
from tests.letterbox import card_of, done_to, use
from tests.path_stage import (  # noqa: F401 - fixtures
    MovedClock,
    chat,
    clock,
    lab,
    letter,
    ports,
    running,
    talk,
    told,
)
from tests.platform_stand_in import PlatformStandIn
from tests.talk import Lab, Talk, button


@pytest.fixture(scope="module")
def settings(lab: Lab) -> dict[str, Any]:
    """A model that costs money: the offline model, reached as Claude is."""
    return {"anthropic_api_key": "sk-ant-test", "anthropic_base_url": lab.url}


async def set_reminder(talk: Talk, text: str, late: timedelta, where: Address | None = None) -> None:
    due = talk.ports.clock.now() - late
    reminder = Reminder(id=new_id(), text=text, zone="Europe/Berlin", next_at=due, where=where)
    async with talk.ports.memory.work(talk.user.scope) as work:
        await work.reminders.put(reminder)


async def test_a_reminder_comes_where_it_was_asked_for(talk: Talk, ports: Ports, chat: PlatformStandIn) -> None:
    there = await chat.talk(ports, talk)
    await set_reminder(talk, "call Ann", timedelta(), there.at)
    await chat.until(lambda: chat.at(there.at.place))
    assert [shown.reply.text for shown in chat.at(there.at.place)] == ["⏰ call Ann"]


async def test_a_missed_reminder_says_when_it_was_due(talk: Talk) -> None:
    await set_reminder(talk, "call Bob", timedelta(hours=30))
    line = await told(talk, "call Bob")
    assert line.at == web_address(talk.user)
    assert "This was due" in line.text


async def test_a_reminder_that_was_removed_in_the_last_moment_is_not_told(talk: Talk, ports: Ports) -> None:
    subject = f"{talk.user.org}/{talk.user.id}/{new_id()}/{ports.clock.now().isoformat()}"
    async with ports.memory.work(talk.user.scope) as work:
        await ports.engine.enqueue(work.tx, Job(name="remind", id=new_id(), subject=subject, queue=Queue.IMPORTANT))
    ports.engine.nudge()
    await set_reminder(talk, "the other", timedelta())
    await told(talk, "the other")
    assert len(await talk.all()) == 1


async def poor(talk: Talk, dollars: float) -> None:
    async with talk.ports.memory.work(talk.user.scope) as work:
        await work.profile.put(replace(await work.profile.get(), dollars_per_day=dollars))


async def test_over_budget_is_a_question_and_the_fast_class_goes_on(lab: Lab, talk: Talk) -> None:
    await lab.script({"text": "A long comparison."}, match={"text": "compare"})
    await poor(talk, 0.0)
    question = (await talk.say("please compare the two contracts"))[-1]
    assert "budget for this day is used up" in question.text
    assert [seen for seen in await lab.requests() if "compare" in str(seen["body"])] == []
    await poor(talk, 0.03)  # not enough for the standard class, twice enough for the fast one
    question = (await talk.say("please compare the two contracts"))[-1]
    await talk.press(button(question, "Go on, fast class"))
    answer = await told(talk, "A long comparison.")
    assert (answer.id, answer.choices) == (question.id, ())


async def test_the_fast_class_is_chosen_until_midnight(lab: Lab, talk: Talk, ports: Ports) -> None:
    await poor(talk, 0.0)
    question = (await talk.say("hi"))[-1]
    await talk.press(button(question, "Go on, fast class"))

    async def chosen() -> bool:
        async with ports.memory.work(talk.user.scope) as work:
            return (await work.profile.get()).fast_only_until is not None

    await talk.until(chosen)
    async with ports.memory.work(talk.user.scope) as work:
        until = (await work.profile.get()).fast_only_until
    assert until is not None
    local = talk.user.local(until)
    assert (local.hour, local.minute) == (0, 0)
    assert timedelta() < until - ports.clock.now() <= timedelta(hours=24)


async def test_four_fifths_of_a_budget_are_told_once(talk: Talk, ports: Ports) -> None:
    await poor(talk, 1.0)
    for period in ("day", "day", "month"):
        async with ports.memory.work(talk.user.scope) as work:
            await ports.engine.enqueue(work.tx, spent_job(talk.user.scope, period, ports.clock.now()))
    ports.engine.nudge()
    assert "$1.00" in (await told(talk, "budget for this day")).text
    await told(talk, "budget for this month")
    assert len(await talk.all()) == 2


async def give_up(ports: Ports, name: str, subject: str) -> None:
    await dead(ports, DeadLetter(job=new_id(), name=name, subject=subject, why="broken", at=ports.clock.now()))


@pytest.mark.parametrize(
    ("state", "after"), [(State.RUNNING, "unknown"), (State.UNDOING, "failed"), (State.OPEN, "open")]
)
async def test_a_card_whose_press_was_given_up_does_not_run_for_ever(
    lab: Lab, talk: Talk, ports: Ports, state: State, after: str
) -> None:
    card = await letter(lab, talk, f"max {state}")
    shown = await talk.suggestion(card)
    press = ButtonPress(delivery=new_id(), at=talk.at, sender=talk.person, token=button(card, "Approve").token)
    row = new_id()
    async with ports.memory.door() as door:
        await door.inbox.put(press, row, ports.clock.now())
        await door.enter(talk.user.scope).suggestions.move(shown, replace(shown, state=state))
    await give_up(ports, "press", row)
    assert (await talk.card_becomes(card, after)).state == after


async def test_what_concerns_nobody_is_given_up_in_silence(talk: Talk, ports: Ports) -> None:
    for name in ("turn", "press", "remind"):
        await give_up(ports, name, new_id())
    assert await talk.all() == []


async def test_a_card_without_a_place_recalls_itself_at_home(talk: Talk, ports: Ports, lab: Lab) -> None:
    card = await card_of(lab, talk, "write to nat", use("post.send", to="nat", text="Hello"))
    shown = await talk.suggestion(card)
    homeless = Suggestion(
        id=new_id(), scope=shown.scope, revision=1, trigger=Why.CLOCK, title="Water the plants", steps=shown.steps,
        risk=shown.risk, state=State.OPEN, digest=shown.digest, nonce=new_id(), created_at=shown.created_at,
        expires_at=ports.clock.now() + timedelta(minutes=30),
    )  # fmt: skip
    async with ports.memory.work(talk.user.scope) as work:
        await work.suggestions.add(homeless)
        subject = f"{shown.scope.org}/{shown.scope.user}/{homeless.nonce}"
        await ports.engine.enqueue(work.tx, Job(name="nag", id=new_id(), subject=subject, queue=Queue.PRESSES))
    ports.engine.nudge()
    assert (await told(talk, "still waits")).at == web_address(talk.user)
    assert done_to("nat") == []
