"""Reminders come at the user's own time, on both days on which clocks change, and say when that is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from bot.action import Call
from bot.ids import new_id
from bot.records import Reminder
from scheduler.recurrence import CronRecurrence
from tests.skill_stage import CATALOGUE, Stage, stage


@pytest_asyncio.fixture
async def ann(module_url: str) -> AsyncIterator[Stage]:
    async with stage(module_url) as ann:
        yield ann


async def kept(stage: Stage) -> list[Reminder]:
    async with stage.work() as work:
        return list(await work.reminders.list())


async def test_a_reminder_says_its_time_back_with_weekday_and_zone(ann: Stage) -> None:
    done = await ann.did("reminders.set", text="Call Ann", at="2026-11-21T16:00")
    assert done.text == "I will remind you tomorrow, Sat 21 Nov, 16:00 (Europe/Berlin): Call Ann"
    [reminder] = await kept(ann)
    assert reminder.next_at == datetime(2026, 11, 21, 15, tzinfo=UTC)
    assert (reminder.zone, reminder.where) == ("Europe/Berlin", ann.where)


async def test_a_time_with_its_own_offset_means_that_moment(ann: Stage) -> None:
    await ann.did("reminders.set", text="Call", at="2026-11-21T16:00:00-05:00")
    assert [r.next_at for r in await kept(ann)] == [datetime(2026, 11, 21, 21, tzinfo=UTC)]


async def test_without_a_zone_it_is_asked_for_first(module_url: str) -> None:
    async with stage(module_url, zone=None) as nowhere:
        for when in ({"at": "2026-11-21T16:00"}, {"every": "0 9 * * *"}, {"at": "2026-11-21T16:00:00+01:00"}):
            asked = await nowhere.refused("reminders.set", text="Call", **when)
            assert asked.data == {"ask": "zone"}
            assert "city" in asked.text
        await nowhere.did("me.set_zone", zone="Berlin")
        assert "16:00 (Europe/Berlin)" in (await nowhere.did("reminders.set", text="Call", at="2026-11-21T16:00")).text


async def test_a_zone_set_a_moment_ago_counts_though_the_turn_began_without_one(module_url: str) -> None:
    async with stage(module_url, zone=None) as ann:
        began_as = ann.user
        await ann.did("me.set_zone", zone="Tokyo")
        call = Call(action="reminders.set", arguments={"text": "Call", "at": "2026-11-21T16:00"}, key=new_id())
        done = await ann.call(call, began_as)
        assert "16:00 (Asia/Tokyo)" in done.text
        assert [r.next_at for r in await kept(ann)] == [datetime(2026, 11, 21, 7, tzinfo=UTC)]


async def test_a_time_that_is_over_is_refused_kindly(ann: Stage) -> None:
    refused = await ann.refused("reminders.set", text="Call", at="2026-11-20T16:00")
    assert refused.text == "Today, Fri 20 Nov, 16:00 (Europe/Berlin) is already over. Which time do you mean?"
    assert await kept(ann) == []


@pytest.mark.parametrize("when", [{}, {"at": "2026-11-21T16:00", "every": "0 9 * * *"}])
async def test_exactly_one_of_a_time_and_a_rule_is_needed(ann: Stage, when: dict[str, str]) -> None:
    assert (await ann.refused("reminders.set", text="Call", **when)).data == {"ask": "time"}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("0 9 * * *", "every day at 09:00, next tomorrow, Sat 21 Nov, 09:00 (Europe/Berlin)"),
        ("30 8 * * 1-5", "every weekday at 08:30, next Mon 23 Nov, 08:30 (Europe/Berlin)"),
        ("0 18 * * 0", "every Sunday at 18:00, next Sun 22 Nov, 18:00 (Europe/Berlin)"),
        ("0 18 * * 7", "every Sunday at 18:00, next Sun 22 Nov, 18:00 (Europe/Berlin)"),
        ("0 7 1 * *", "on day 1 of every month at 07:00, next Tue 1 Dec, 07:00 (Europe/Berlin)"),
        ("*/15 9-17 * * *", "on the schedule `*/15 9-17 * * *`, next tomorrow, Sat 21 Nov, 09:00 (Europe/Berlin)"),
    ],
)
async def test_a_recurring_reminder_says_its_rule_and_its_next_time(ann: Stage, rule: str, words: str) -> None:
    assert (await ann.did("reminders.set", text="Up", every=rule)).text == f"I will remind you {words}: Up"


@pytest.mark.parametrize("rule", ["every day", "0 9 * *", "99 9 * * *", "0 0 30 2 *", ""])
async def test_a_rule_that_cannot_be_is_refused(ann: Stage, rule: str) -> None:
    await ann.refused("reminders.set", text="Up", every=rule)
    assert await kept(ann) == []


async def test_nine_o_clock_stays_nine_o_clock_over_both_clock_changes(module_url: str) -> None:
    """Berlin: clocks go back on 25 Oct 2026 and forward on 28 Mar 2027."""
    recurrence = CronRecurrence()
    for eve, offsets in (("2026-10-23T12:00", [2, 1, 1, 1]), ("2027-03-26T12:00", [1, 2, 2, 2])):
        async with stage(module_url, now=datetime.fromisoformat(eve).replace(tzinfo=UTC)) as ann:
            await ann.did("reminders.set", text="Up", every="0 9 * * *")
            [reminder] = await kept(ann)
            moments = [reminder.next_at]
            while len(moments) < 4:
                assert moments[-1] is not None
                moments.append(recurrence.next("0 9 * * *", reminder.zone, moments[-1]))
        locals_ = [ann.user.local(moment) for moment in moments if moment is not None]
        assert [local.hour for local in locals_] == [9] * 4
        assert [local.utcoffset() for local in locals_] == [timedelta(hours=hours) for hours in offsets]


async def test_times_that_clocks_skip_or_show_twice_are_told_as_they_will_be(module_url: str) -> None:
    async with stage(module_url, now=datetime(2027, 3, 27, 12, tzinfo=UTC)) as ann:
        assert "Sun 28 Mar, 03:30" in (await ann.did("reminders.set", text="Skipped", at="2027-03-28T02:30")).text
    async with stage(module_url, now=datetime(2026, 10, 24, 12, tzinfo=UTC)) as ann:
        await ann.did("reminders.set", text="Twice", at="2026-10-25T02:30")
        assert [r.next_at for r in await kept(ann)] == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]


async def test_the_list_shows_what_is_to_come_soonest_first(ann: Stage) -> None:
    assert (await ann.did("reminders.list")).text == "No reminders are set."
    await ann.did("reminders.set", text="Later", at="2026-12-24T18:00")
    await ann.did("reminders.set", text="Sooner", at="2026-11-20T20:00")
    assert (await ann.did("reminders.list")).text == (
        "2 reminders to come:\n\n"
        "- today, Fri 20 Nov, 20:00 (Europe/Berlin): Sooner\n"
        "- Thu 24 Dec, 18:00 (Europe/Berlin): Later"
    )


async def test_a_reminder_that_has_come_can_be_put_off_but_is_not_in_the_way(ann: Stage) -> None:
    await ann.did("reminders.set", text="Call mum", at="2026-11-20T20:00")
    async with ann.work() as work:
        [came] = await work.reminders.list()
        await work.reminders.put(replace(came, next_at=None))
    assert (await ann.did("reminders.list")).data == []
    put_off = await ann.did("reminders.snooze", reminder="mum", until="2026-11-20T21:00")
    assert put_off.text == "Put off until today, Fri 20 Nov, 21:00 (Europe/Berlin): Call mum"
    async with ann.work() as work:
        await work.reminders.put(replace(came, next_at=None))
    await ann.did("reminders.set", text="Call mum again", at="2026-11-22T20:00")
    assert (await ann.did("reminders.remove", reminder="mum")).text == "Removed the reminder: Call mum again"


async def test_two_that_fit_are_asked_about(ann: Stage) -> None:
    await ann.did("reminders.set", text="Call mum", at="2026-11-21T20:00")
    await ann.did("reminders.set", text="Call dad", at="2026-11-21T21:00")
    assert (await ann.refused("reminders.remove", reminder="call")).data["ask"] == "which"
    await ann.refused("reminders.snooze", reminder="dad", until="2026-11-01T10:00")
    await ann.refused("reminders.remove", reminder="nothing like it")


def test_the_preview_names_what_it_is_about() -> None:
    call = Call(action="reminders.set", arguments={"text": "Call mum", "every": "0 9 * * *"}, key="k")
    assert CATALOGUE.preview(call) == "Remind you: “Call mum”"
