"""Cron rules across clock changes, and the tick which fires what is due."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.recurrence import CronRecurrence

ZONES = ["America/New_York", "America/Santiago", "Australia/Lord_Howe", "Europe/Berlin", "Asia/Kolkata", "UTC"]
# 2026's changes: New York 8 March and 1 November, Santiago 5 April and 6 September, Lord Howe 5 April and 4 October.

cron = CronRecurrence()
moments = st.integers(0, 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
# Where the clocks change most moments of a year are dull: look around the changes.
changes = st.sampled_from([date(2026, *day) for day in [(3, 8), (11, 1), (4, 5), (9, 6), (10, 4), (3, 29), (10, 25)]])
near_changes = st.builds(
    lambda day, minutes: datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes),
    changes,
    st.integers(-2000, 2000),
)
daily = st.builds("{} {} * * *".format, st.integers(0, 59), st.integers(0, 23))
rules = st.one_of(
    daily,
    st.sampled_from(["*/15 * * * *", "0 * * * *", "*/10 1-2 * * *", "0,30 2 * * *", "0 9 * * mon-fri", "30 1 1 * *"]),
)


@settings(max_examples=300, deadline=None)
@given(rule=rules, zone=st.sampled_from(ZONES), after=st.one_of(moments, near_changes), part=st.floats(0, 0.999))
def test_between_a_moment_and_the_next_firing_there_is_no_other(
    rule: str, zone: str, after: datetime, part: float
) -> None:
    found = cron.next(rule, zone, after)
    assert found is not None
    assert found > after
    between = after + (found - after) * part
    assert cron.next(rule, zone, between) == found


@settings(max_examples=40, deadline=None)
@given(rule=daily, zone=st.sampled_from(ZONES))
def test_a_daily_rule_fires_exactly_once_on_every_day_of_a_year(rule: str, zone: str) -> None:
    here = ZoneInfo(zone)
    minute, hour = map(int, rule.split()[:2])
    days: Counter[date] = Counter()
    moment: datetime | None = datetime(2026, 1, 1, tzinfo=here) - timedelta(seconds=1)
    while True:
        assert moment is not None
        moment = cron.next(rule, zone, moment)
        assert moment is not None
        local = moment.astimezone(here)
        if local.year > 2026:
            break
        days[local.date()] += 1
        wanted = local.replace(hour=hour, minute=minute, fold=0)
        skipped = wanted.astimezone(UTC).astimezone(here).replace(tzinfo=None) != wanted.replace(tzinfo=None)
        assert skipped or (local.hour, local.minute) == (hour, minute)
    assert set(days.values()) == {1}
    assert len(days) == 365


@pytest.mark.parametrize(
    ("rule", "zone", "after", "expected"),
    [
        ("30 2 * * *", "America/New_York", "2026-03-08T05:00", "2026-03-08T07:00"),  # 02:30 does not exist: 03:00
        ("30 1 * * *", "America/New_York", "2026-11-01T05:00", "2026-11-01T05:30"),  # the first of the two 01:30
        ("30 1 * * *", "America/New_York", "2026-11-01T05:30", "2026-11-02T06:30"),  # and not the second
        ("30 1 * * *", "America/New_York", "2026-11-01T06:10", "2026-11-02T06:30"),  # nor when asked in between
        ("*/15 * * * *", "America/New_York", "2026-11-01T05:45", "2026-11-01T06:00"),  # evenly through both
        ("0 0 * * *", "America/Santiago", "2026-09-06T00:00", "2026-09-06T04:00"),  # midnight does not exist: 01:00
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T15:00", "2026-10-03T15:30"),  # half an hour is skipped
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T14:00", "2026-04-04T14:45"),  # half an hour is repeated
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T14:50", "2026-04-05T15:15"),
        ("0 9 * * 1-5", "Europe/Berlin", "2026-11-20T12:00", "2026-11-23T08:00"),  # 1 is Monday
    ],
)
def test_around_a_clock_change(rule: str, zone: str, after: str, expected: str) -> None:
    found = cron.next(rule, zone, datetime.fromisoformat(after).replace(tzinfo=UTC))
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "zone", "says"),
    [
        ("", "UTC", "five fields"),
        ("every day", "UTC", "five fields"),
        ("0 0 0 * * *", "UTC", "five fields"),
        ("* " * 300, "UTC", "five fields"),
        ("61 * * * *", "UTC", "The minute in"),
        ("0 9 30 2 *", "UTC", "The day-of-month in"),
        ("0 9 * * someday", "UTC", "The day-of-week in"),
        ("0 9 * * 1#2/3", "UTC", "five fields"),
        ("0 9 * * *", "Berlin", "time zone"),
        ("0 9 * * *", "../etc/passwd", "time zone"),
        ("0 9 * * *", "America", "time zone"),
        ("0 9 * * *", "", "time zone"),
    ],
)
def test_a_rule_that_cannot_be_read_is_explained(rule: str, zone: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        cron.next(rule, zone, datetime(2026, 1, 1, tzinfo=UTC))
