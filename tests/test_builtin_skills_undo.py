"""Every built-in action that says it can be undone really leaves everything as it was before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from bot.action import Call
from bot.ids import new_id
from bot.trust import Trust
from tests.skill_stage import CATALOGUE, FRIDAY, Stage, stage

# What is there before each action, in this order.
BEFORE: list[tuple[str, dict[str, Any]]] = [
    ("tasks.add", {"title": "Plan the trip", "due": "2026-11-27", "priority": "high", "labels": ["travel"]}),
    ("tasks.add", {"title": "Book a hotel", "parent": "Plan the trip", "notes": "near the sea"}),
    ("tasks.add", {"title": "Compare prices", "parent": "Book a hotel"}),
    ("tasks.add", {"title": "Water the plants"}),
    ("tasks.complete", {"task": "Water the plants"}),
    ("reminders.set", {"text": "Call mum", "at": "2026-11-21T16:00"}),
    ("reminders.set", {"text": "Stand-up", "every": "0 9 * * 1-5"}),
    ("notes.add", {"text": "The plumber comes on Friday", "title": "Plumber"}),
    ("people.add", {"name": "Ann Lee", "email": "ann@example.com"}),
    ("people.add", {"name": "Ann Smith", "about": "sister"}),
    ("people.means", {"name": "Annie", "contact": "Ann Smith"}),
    ("drafts.add", {"to": "bob@example.com", "subject": "Thursday", "text": "Works for me."}),
    ("me.set_language", {"language": "de"}),
    ("me.quiet_hours", {"begin": "22:00", "end": "07:00"}),
    ("memory.remember", {"text": "I live in Zurich"}),
]
UNDOABLE: list[tuple[str, dict[str, Any]]] = [
    ("tasks.add", {"title": "Buy milk", "labels": ["shop"]}),
    ("tasks.complete", {"task": "Compare prices"}),
    ("tasks.reopen", {"task": "Water the plants"}),
    ("tasks.update", {"task": "hotel", "title": "Book a flat", "due": "2026-12-01", "labels": ["x"], "notes": "quiet"}),
    ("tasks.remove", {"task": "Plan the trip"}),
    ("reminders.set", {"text": "Tea", "at": "2026-11-20T20:00"}),
    ("reminders.remove", {"reminder": "stand-up"}),
    ("reminders.snooze", {"reminder": "mum", "until": "2026-11-22T16:00"}),
    ("notes.add", {"text": "Wifi: tea-time"}),
    ("notes.update", {"note": "Plumber", "text": "The plumber comes on Monday", "title": "Plumber, new"}),
    ("notes.remove", {"note": "plumber"}),
    ("memory.remember", {"text": "I am vegetarian", "category": "food"}),
    ("people.add", {"name": "Bob", "phone": "+49 30 1"}),
    ("people.means", {"name": "Annie", "contact": "Ann Lee"}),
    ("people.update", {"contact": "Ann Lee", "name": "Ann Lee-Park", "phone": "+49 30 2", "about": "boss"}),
    ("people.remove", {"contact": "Ann Smith"}),
    ("drafts.add", {"to": "Ann", "subject": "Hello", "text": "Hi"}),
    ("drafts.update", {"draft": "Thursday", "to": "carol@example.com", "text": "Sorry, no."}),
    ("drafts.remove", {"draft": "Thursday"}),
    ("me.set_zone", {"zone": "Tokyo"}),
    ("me.set_language", {"language": "French"}),
    ("me.pause", {}),
    ("me.resume", {}),
    ("me.quiet_hours", {}),
    ("me.digest_at", {"time": "08:30"}),
    ("me.set_voice", {"voice": "Rachel", "speed": 0.9, "when": "always"}),
    ("me.write_to", {"app": "web"}),
    ("me.revoke_trust", {"trust": "bob"}),
    ("me.learn", {"switch": "off"}),
    ("memory.correct", {"text": "I live in Bern"}),
]


async def settle_in(ann: Stage) -> None:
    for action, arguments in BEFORE:
        await ann.did(action, **arguments)
    until, to = FRIDAY + timedelta(days=30), {"to": "bob@example.com"}
    async with ann.work() as work:
        await work.trusts.add(Trust(id=new_id(), action="mail.send", account=None, targets=to, until=until))


@pytest_asyncio.fixture
async def ann(module_url: str) -> AsyncIterator[Stage]:
    """A person with a little of everything."""
    async with stage(module_url) as ann:
        await settle_in(ann)
        yield ann


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def same_ann(module_url: str) -> AsyncIterator[Stage]:
    """One such person for all who leave everything as it was, which is the point."""
    async with stage(module_url) as ann:
        await settle_in(ann)
        yield ann


@pytest.mark.parametrize(("action", "arguments"), UNDOABLE, ids=[action for action, _ in UNDOABLE])
async def test_undo_leaves_everything_as_it_was(same_ann: Stage, action: str, arguments: dict[str, Any]) -> None:
    ann = same_ann
    before = await ann.belongings()
    done = await ann.did(action, **arguments)
    assert done.undo is not None
    assert CATALOGUE.check(done.undo) is None
    if action != "me.resume":  # nothing was paused
        assert await ann.belongings() != before
    await ann.undone(done)
    after = await ann.belongings()
    if action in (
        "memory.remember",
        "memory.correct",
    ):  # the tombstone stays: what was taken back is not learned again by itself
        before["forgotten"] = after["forgotten"]
    assert after == before


def test_every_undoable_action_is_tried_above_and_returns_the_declared_undo() -> None:
    undoable = {s.action.id for skill in CATALOGUE.skills for s in skill.specs if s.undo is not None}
    assert undoable == {action for action, _ in UNDOABLE}


async def test_the_undo_is_the_one_that_the_manifest_declares(ann: Stage) -> None:
    specs = {spec.action.id: spec for skill in CATALOGUE.skills for spec in skill.specs}
    for action, arguments in (UNDOABLE[0], UNDOABLE[1], UNDOABLE[3], UNDOABLE[12]):
        done = await ann.did(action, **arguments)
        assert done.undo is not None
        assert done.undo.action == f"{specs[action].action.skill}.{specs[action].undo}"


async def test_undoing_twice_undoes_once(ann: Stage) -> None:
    done = await ann.did("tasks.remove", task="Plan the trip")
    first = await ann.undone(done)
    assert await ann.undone(done) == first


async def test_the_same_call_twice_is_one_task(ann: Stage) -> None:
    call = Call(action="tasks.add", arguments={"title": "Once"}, key=f"once-{ann.user.id}")
    assert await ann.call(call) == await ann.call(call)
    listed = await ann.did("tasks.list")
    assert listed.text.count("Once") == 1


async def test_an_undo_after_a_later_change_does_not_overwrite_it(ann: Stage) -> None:
    first = await ann.did("tasks.update", task="hotel", title="Book a flat")
    await ann.did("tasks.update", task="Book a flat", title="Book a tent")
    assert first.undo is not None
    late = await ann.call(first.undo)
    assert not late.ok
    assert "changed" in late.text
    assert "Book a tent" in (await ann.did("tasks.list")).text


async def test_undoing_one_choice_leaves_a_later_one(ann: Stage) -> None:
    zone = await ann.did("me.set_zone", zone="Tokyo")
    await ann.did("me.set_language", language="French")
    await ann.undone(zone)
    assert (ann.user.zone, ann.user.language) == ("Asia/Tokyo", "fr")  # as it was read before the undo ran
    async with ann.work() as work:
        user = await work.profile.get()
    assert (user.zone, user.language) == ("Europe/Berlin", "fr")


async def test_the_budget_cannot_be_raised_by_way_of_an_undo(ann: Stage) -> None:
    refused = await ann.refused("me.restore", before={"dollars_per_day": 1000.0})
    assert "not known" in refused.text
    malformed = await ann.refused("tasks.restore", tasks=[{"title": "no id"}])
    assert "does not fit" in malformed.text
