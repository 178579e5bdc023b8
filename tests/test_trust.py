"""An "always" covers exactly what was allowed, within its limit and until its date."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.action import Call, Json
from bot.trust import Trust

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TRUST = Trust(id="t", action="mail.send", account="work", targets={"to": "ann@x.org"}, until=NOW + timedelta(days=1))
CALL = Call(action="mail.send", arguments={"to": "ann@x.org", "text": "hi"}, key="k", account="work")


def arguments(**changed: Json) -> Call:
    return replace(CALL, arguments={**CALL.arguments, **changed})


def test_the_same_action_account_and_target_are_covered_whatever_else_is_said() -> None:
    assert TRUST.covers(CALL, NOW)
    assert TRUST.covers(arguments(text="something else"), NOW)


@pytest.mark.parametrize(
    "call",
    [
        replace(CALL, action="mail.delete"),
        replace(CALL, account="home"),
        replace(CALL, account=None),
        replace(CALL, arguments={}),
        arguments(to="eve@x.org"),
        arguments(to="Ann@x.org"),
        arguments(to=["ann@x.org"]),
        arguments(to=["ann@x.org", "eve@x.org"]),
    ],
)
def test_any_other_action_account_or_target_is_not(call: Call) -> None:
    assert not TRUST.covers(call, NOW)


def test_a_target_that_was_absent_must_stay_absent() -> None:
    trust = replace(TRUST, targets={"to": "ann@x.org", "cc": None})
    assert trust.covers(CALL, NOW)
    assert trust.covers(arguments(cc=None), NOW)
    assert not trust.covers(arguments(cc="eve@x.org"), NOW)


def test_it_ends_at_its_moment() -> None:
    assert TRUST.covers(CALL, TRUST.until - timedelta(microseconds=1))
    assert not TRUST.covers(CALL, TRUST.until)


@pytest.mark.parametrize(
    ("amount", "covered"),
    [
        *[(50, True), (50.0, True), (0, True), (50.01, False), (51, False), (math.inf, False), (math.nan, False)],
        *[("5", False), (None, False), (True, False), ([5], False)],
    ],
)
def test_a_limit_is_kept_by_numbers_only(amount: Json, covered: bool) -> None:
    trust = replace(TRUST, at_most={"amount": 50})
    assert trust.covers(arguments(amount=amount), NOW) is covered
    assert not trust.covers(CALL, NOW)
