"""A suggestion: one row, one card, one state machine for what was asked and for what is proposed.

An approval is a suggestion whose trigger is "asked". `advance` is the whole state machine: pure, total, and the only
place that says which press does what. Storage applies its answer as one `UPDATE ... WHERE state AND revision`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.action import Call, Risk
from bot.people import Scope
from bot.trigger import Why


class State(StrEnum):
    OPEN = "open"
    SNOOZED = "snoozed"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"
    COMPENSATED = "compensated"  # a step failed, the steps before it were taken back
    FAILED = "failed"
    DENIED = "denied"
    EXPIRED = "expired"
    UNKNOWN = "unknown"  # a crash in an action that cannot be repeated safely: we do not know whether it happened


class Event(StrEnum):
    APPROVE = "approve"
    ALWAYS = "always"  # approve, and do not ask again within the named limits
    DENY = "deny"
    EDIT = "edit"
    LATER = "later"
    WAKE = "wake"  # a snooze is over
    EXPIRE = "expire"
    SCHEDULE = "schedule"  # approved, for a later time
    DUE = "due"
    CANCEL = "cancel"
    SUCCEED = "succeed"
    FAIL = "fail"  # a step failed and steps before it are to be taken back
    BREAK = "break"  # a step failed and there is nothing to take back
    LOSE = "lose"  # crashed between doing and writing it down
    UNDO = "undo"
    RESTORED = "restored"
    STUCK = "stuck"  # an undo failed
    RETRY = "retry"  # "Run again" after UNKNOWN
    LEAVE = "leave"  # "Leave it" after UNKNOWN


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.OPEN, Event.APPROVE): State.RUNNING,
    (State.OPEN, Event.ALWAYS): State.RUNNING,
    (State.OPEN, Event.SCHEDULE): State.SCHEDULED,
    (State.OPEN, Event.DENY): State.DENIED,
    (State.OPEN, Event.EDIT): State.OPEN,
    (State.OPEN, Event.LATER): State.SNOOZED,
    (State.OPEN, Event.EXPIRE): State.EXPIRED,
    (State.SNOOZED, Event.WAKE): State.OPEN,
    (State.SNOOZED, Event.APPROVE): State.RUNNING,
    (State.SNOOZED, Event.ALWAYS): State.RUNNING,
    (State.SNOOZED, Event.DENY): State.DENIED,
    (State.SNOOZED, Event.EDIT): State.OPEN,
    (State.SNOOZED, Event.EXPIRE): State.EXPIRED,
    (State.SCHEDULED, Event.DUE): State.RUNNING,
    (State.SCHEDULED, Event.CANCEL): State.DENIED,
    (State.RUNNING, Event.SUCCEED): State.DONE,
    (State.RUNNING, Event.FAIL): State.UNDOING,
    (State.RUNNING, Event.BREAK): State.FAILED,
    (State.RUNNING, Event.LOSE): State.UNKNOWN,
    (State.DONE, Event.UNDO): State.UNDOING,
    (State.UNDOING, Event.RESTORED): State.UNDONE,
    (State.UNDOING, Event.STUCK): State.FAILED,
    (State.UNKNOWN, Event.RETRY): State.RUNNING,
    (State.UNKNOWN, Event.LEAVE): State.FAILED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A reason with its source: `source` says where it comes from ("you, 19 Nov 16:04"), `quote` what stood there."""

    source: str
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Something that waits for a person, or that ran and can be taken back. `nonce` names this revision in buttons."""

    id: str
    scope: Scope
    revision: int
    trigger: Why
    title: str  # the preview in plain words
    steps: tuple[Call, ...]
    risk: Risk
    state: State
    digest: str
    nonce: str
    created_at: datetime
    expires_at: datetime
    why: str = ""
    evidence: tuple[Evidence, ...] = ()
    alternatives: tuple[Call, ...] = ()
    impact: str = ""
    confidence: int = 100  # 0 to 100
    undo: tuple[Call, ...] = ()  # ready to run, last step first
    undo_until: datetime | None = None
    result: str = ""  # what the card says once it is over
    failed: bool = False  # the undoing that runs is for a failure, not for a wish
    pressed: str = ""  # what moved it last (the press's own id), so that a repeated step knows its own work


def digest_of(steps: tuple[Call, ...]) -> str:
    """What was shown is what runs: any change of any argument of any step changes this."""
    return hashlib.sha256("".join(step.digest() for step in steps).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A press that does nothing; `why` is what the card says, in the user's words."""

    why: str


WHY_NOT: dict[State, str] = {
    State.OPEN: "This is still waiting for your answer.",
    State.SNOOZED: "This is put off for now.",
    State.SCHEDULED: "This is already planned.",
    State.RUNNING: "This is already running.",
    State.DONE: "This is already done.",
    State.UNDOING: "This is already being undone.",
    State.UNDONE: "This was already undone.",
    State.COMPENSATED: "This failed, and what had been done was taken back.",
    State.FAILED: "This is over: it failed.",
    State.DENIED: "This was already declined.",
    State.EXPIRED: "This has expired; ask again if you still want it.",
    State.UNKNOWN: "I do not know whether this happened. Check, then choose Run again or Leave it.",
}


def advance(suggestion: Suggestion, event: Event, *, nonce: str, now: datetime) -> State | Refused:
    """The state that `event` leads to, or why nothing happens. `nonce` is the revision that the presser saw."""
    why = _why_not(suggestion, event, nonce, now)
    if why is not None:
        return Refused(why=why)
    after = TRANSITIONS[suggestion.state, event]
    if after is State.UNDONE and suggestion.failed:
        return State.COMPENSATED
    return after


def _why_not(suggestion: Suggestion, event: Event, nonce: str, now: datetime) -> str | None:
    if nonce != suggestion.nonce:
        return "This was changed since; the newer card counts."
    if (suggestion.state, event) not in TRANSITIONS:
        return WHY_NOT[suggestion.state]
    if suggestion.state in (State.OPEN, State.SNOOZED):
        over = now >= suggestion.expires_at
        if event is Event.EXPIRE:
            return None if over else "This has not expired yet."
        return WHY_NOT[State.EXPIRED] if over else None
    if event is Event.UNDO and not suggestion.undo:
        return "This cannot be undone."
    if event is Event.UNDO and suggestion.undo_until is not None and now > suggestion.undo_until:
        return "It is too late to undo this."
    return None
