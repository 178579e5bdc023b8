"""The state machine of suggestions: every state with every event, and the borders of time."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.action import Call, Risk
from bot.people import Scope
from bot.suggestion import WHY_NOT, Event, Refused, State, Suggestion, advance, digest_of
from bot.trigger import Why

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
STEP = Call(action="tasks.add", arguments={"title": "milk"}, key="k")
WAITING = Suggestion(
    id="s1",
    scope=Scope(org="o", user="u"),
    revision=1,
    trigger=Why.ASKED,
    title="Add a task",
    steps=(STEP,),
    risk=Risk.WRITE,
    state=State.OPEN,
    digest=digest_of((STEP,)),
    nonce="n",
    created_at=NOW,
    expires_at=NOW + timedelta(hours=1),
    undo=(STEP,),
    undo_until=NOW + timedelta(hours=1),
)

# Rows: where it is; then what each event makes of it. What is not here does nothing.
TABLE = {
    "open": {
        "approve": "running",
        "always": "running",
        "schedule": "scheduled",
        "deny": "denied",
        "edit": "open",
        "later": "snoozed",
    },
    "snoozed": {"wake": "open", "approve": "running", "always": "running", "deny": "denied", "edit": "open"},
    "scheduled": {"due": "running", "cancel": "denied"},
    "running": {"succeed": "done", "fail": "undoing", "break": "failed", "lose": "unknown"},
    "done": {"undo": "undoing"},
    "undoing": {"restored": "undone", "stuck": "failed"},
    "unknown": {"retry": "running", "leave": "failed"},
}


def at(state: State, **changed: object) -> Suggestion:
    return replace(WAITING, state=state, **changed)  # type: ignore[arg-type]


def go(suggestion: Suggestion, event: Event, now: datetime = NOW, nonce: str = "n") -> State | str:
    after = advance(suggestion, event, nonce=nonce, now=now)
    return after.why if isinstance(after, Refused) else after


@pytest.mark.parametrize("state", State)
def test_every_event_in_every_state(state: State) -> None:
    does = {event: State(after) for event, after in TABLE.get(state.value, {}).items()}
    for event in set(Event) - {Event.EXPIRE}:
        assert go(at(state), event) == does.get(event.value, WHY_NOT[state])


@pytest.mark.parametrize("state", State)
def test_an_old_button_does_nothing_anywhere(state: State) -> None:
    for event, nonce in itertools.product(Event, ["old", ""]):
        assert go(at(state), event, nonce=nonce) == "This was changed since; the newer card counts."


@pytest.mark.parametrize("state", [state for state in State if state not in (State.OPEN, State.SNOOZED)])
def test_only_what_waits_can_expire(state: State) -> None:
    assert go(at(state), Event.EXPIRE, WAITING.expires_at) == WHY_NOT[state]


@pytest.mark.parametrize("state", [State.OPEN, State.SNOOZED])
def test_the_moment_of_expiry_is_too_late(state: State) -> None:
    end = WAITING.expires_at
    assert go(at(state), Event.APPROVE, end - MOMENT) is State.RUNNING
    assert go(at(state), Event.EXPIRE, end - MOMENT) == "This has not expired yet."
    assert go(at(state), Event.EXPIRE, end) is State.EXPIRED
    for event in set(Event) - {Event.EXPIRE}:
        known = event.value in TABLE[state.value]
        assert go(at(state), event, end) == WHY_NOT[State.EXPIRED if known else state]


def test_what_was_approved_before_does_not_expire_any_more() -> None:
    late = WAITING.expires_at + timedelta(days=9)
    assert go(at(State.RUNNING), Event.SUCCEED, late) is State.DONE
    assert go(at(State.SCHEDULED), Event.DUE, late) is State.RUNNING
    assert go(at(State.UNKNOWN), Event.RETRY, late) is State.RUNNING


def test_undo_is_open_until_its_window_ends() -> None:
    done, end = at(State.DONE), WAITING.expires_at
    assert go(done, Event.UNDO, end) is State.UNDOING
    assert go(done, Event.UNDO, end + MOMENT) == "It is too late to undo this."
    assert go(at(State.DONE, undo_until=None), Event.UNDO, end + timedelta(days=999)) is State.UNDOING
    assert go(at(State.DONE, undo=()), Event.UNDO) == "This cannot be undone."
    assert go(at(State.DONE, undo=(), undo_until=None), Event.UNDO) == "This cannot be undone."
    assert go(at(State.UNDOING, undo=()), Event.RESTORED, end + MOMENT) is State.UNDONE


def test_taking_back_after_a_failure_is_not_the_same_as_an_undo() -> None:
    assert go(at(State.UNDOING, failed=True), Event.RESTORED) is State.COMPENSATED
    assert go(at(State.UNDOING, failed=False), Event.RESTORED) is State.UNDONE
    assert go(at(State.UNDOING, failed=True), Event.STUCK) is State.FAILED
    assert go(at(State.RUNNING, failed=True), Event.SUCCEED) is State.DONE


def test_every_state_says_why_nothing_happened() -> None:
    assert set(WHY_NOT) == set(State)
    assert len(set(WHY_NOT.values())) == len(State)


def test_the_digest_binds_every_argument_of_every_step_in_order() -> None:
    other = replace(STEP, arguments={"title": "bread"})
    digests = {
        digest_of(()),
        digest_of((STEP,)),
        digest_of((other,)),
        digest_of((STEP, other)),
        digest_of((other, STEP)),
        digest_of((replace(STEP, account="work"),)),
        digest_of((replace(STEP, action="tasks.remove"),)),
        digest_of((replace(STEP, arguments={"title": "milk", "due": None}),)),
    }
    assert len(digests) == 8
    assert digest_of((replace(STEP, key="another"),)) == digest_of((STEP,))
    reordered = replace(STEP, arguments={"b": 1, "a": 2}), replace(STEP, arguments={"a": 2, "b": 1})
    assert digest_of(reordered[:1]) == digest_of(reordered[1:])


TERMINAL = {State.UNDONE, State.COMPENSATED, State.FAILED, State.DENIED, State.EXPIRED}


@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(st.lists(st.tuples(st.sampled_from(Event), st.integers(0, 40), st.booleans()), max_size=30))
def test_no_walk_leaves_an_end_or_is_done_without_having_run(walk: list[tuple[Event, int, bool]]) -> None:
    suggestion, now, path = WAITING, NOW, [State.OPEN]
    for event, minutes, fresh in walk:
        now += timedelta(minutes=minutes)
        after = advance(suggestion, event, nonce="n" if fresh else "old", now=now)
        if isinstance(after, Refused):
            continue
        assert fresh
        assert suggestion.state not in TERMINAL
        path.append(after)
        suggestion = replace(suggestion, state=after, failed=event is Event.FAIL)
    for before, after in itertools.pairwise(path):
        assert after is not State.DONE or before is State.RUNNING
        assert after is not State.RUNNING or before in (State.OPEN, State.SNOOZED, State.SCHEDULED, State.UNKNOWN)
        assert after is not State.UNDONE or (before is State.UNDOING and State.DONE in path)
        assert after is not State.COMPENSATED or State.DONE not in path
