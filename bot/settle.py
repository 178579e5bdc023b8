"""What a person's answer to a card does: decide (atomic), carry out (once), and show the outcome on every copy.

Used by presses, by answers in words, by /undo and by clocks. Everything with an effect is a step of the current job.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot import card
from bot.action import Action, Call, Json, Outcome
from bot.deliver import deliver
from bot.execute import execute
from bot.ids import derived_id, new_nonce
from bot.people import User
from bot.ports import Job, Ports, Queue
from bot.records import Audit, Message
from bot.repositories import Lost, Work
from bot.suggestion import Event, Refused, State, Suggestion, advance, digest_of
from bot.trust import Trust

UNDO_WINDOW = timedelta(days=7)
ALWAYS_FOR = timedelta(days=90)
SNOOZE = timedelta(hours=3)
LIFE = timedelta(hours=24)
NAG_BEFORE = timedelta(hours=1)
NOT_YOURS = "This is not yours to answer, or it is not there any more."
ALTERED = "This is not what was shown, so nothing was done."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer to a card. `values` are a form's fields, `changes` arguments given in words; `by` is its own id."""

    event: Event
    nonce: str
    by: str
    values: tuple[tuple[str, str], ...] = ()
    changes: Mapping[str, Json] | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The suggestion as it now is (None: there is none for this person), and why nothing happened, if nothing did.

    `shown`: there is a card that says so; deleting everything takes its own card along."""

    suggestion: Suggestion | None
    refused: str = ""
    shown: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of one step: done, failed, or lost in a crash."""

    outcome: Outcome | None
    lost: bool = False


async def settle(ports: Ports, user: User, answer: Answered, name: str = "") -> Decided:
    """Do all that the answer means; `name` tells several answers in one job apart."""
    decided = await ports.engine.step(f"decide{name}", lambda: _decide(ports, user, answer), Decided)
    suggestion = decided.suggestion
    if suggestion is None:
        return decided
    if not decided.refused and suggestion.state in (State.RUNNING, State.UNDOING):
        await show(ports, user, suggestion, f"{name}:begun")
        suggestion = await _carry_out(ports, user, suggestion, name)
    shown = await show(ports, user, suggestion, name, note=decided.refused)
    return replace(decided, suggestion=suggestion, shown=shown)


async def _decide(ports: Ports, user: User, answer: Answered) -> Decided:
    """The atomic part. Run again after a crash it finds its own mark and goes on instead of refusing."""
    now = ports.clock.now()
    async with ports.memory.work(user.scope) as work:
        before = await work.suggestions.by_nonce(answer.nonce)
        if before is None:
            return Decided(suggestion=None, refused=NOT_YOURS)
        if before.pressed == answer.by:
            return Decided(suggestion=before)
        if before.digest != digest_of(before.steps):
            return Decided(suggestion=before, refused=ALTERED)
        after = _after(ports, before, answer, now)
        if isinstance(after, Refused):
            return Decided(suggestion=before, refused=after.why)
        if answer.event is Event.EDIT and len(after.steps) == 1:
            after = replace(after, title=await ports.actions.title(after.steps[0], work))
        if not await work.suggestions.move(before, after):
            newer = await work.suggestions.by_nonce(answer.nonce)
            return Decided(suggestion=newer, refused="Somebody was faster.")
        await _write_down(ports, work, answer, after, now)
        return Decided(suggestion=after)


async def _write_down(ports: Ports, work: Work, answer: Answered, after: Suggestion, now: datetime) -> None:
    about = {
        "event": answer.event.value,
        "suggestion": after.id,
        "revision": after.revision,
        "state": after.state.value,
    }
    await work.audit.add(Audit(at=now, kind="answer", about=about))
    if answer.event is Event.ALWAYS:
        await work.trusts.add(_trust(ports, after, now))
    if after.state is State.SNOOZED:
        await ports.engine.enqueue(work.tx, _job("wake", after, now + SNOOZE))
    if after.state in (State.OPEN, State.SNOOZED):
        await watch(ports, work, after)


def _after(ports: Ports, before: Suggestion, answer: Answered, now: datetime) -> Suggestion | Refused:
    """The suggestion as the answer leaves it. Pure but for fresh nonces."""
    state = advance(before, answer.event, nonce=answer.nonce, now=now)
    if isinstance(state, Refused):
        return state
    if answer.event is Event.ALWAYS and not card.can_be_always(before, ports.actions.get):
        return Refused(why="For this there is no “always”: it has to be asked each time.")
    after = replace(before, state=state, pressed=answer.by)
    if answer.event is Event.EDIT:
        return _edited(ports, after, answer)
    if state is State.SNOOZED:
        return replace(after, expires_at=max(before.expires_at, now + SNOOZE + LIFE))
    if state is State.DENIED:
        return replace(after, result="Declined." + (f" ({card.escape(answer.reason)})" if answer.reason else ""))
    return after


def _edited(ports: Ports, after: Suggestion, answer: Answered) -> Suggestion | Refused:
    """A new revision: new arguments, new digest, new buttons; it has to be approved as it now stands."""
    first = after.steps[0]
    action = ports.actions.get(first.action)
    if action is None:
        return Refused(why="This can no longer be done.")
    try:
        call = card.edited(first, answer.values, action)
    except ValueError as error:
        return Refused(why=str(error))
    call = replace(call, arguments={**call.arguments, **(answer.changes or {})})
    problem = ports.actions.check(call)
    if problem is not None:
        return Refused(why=problem)
    steps = (call, *after.steps[1:])
    return replace(after, revision=after.revision + 1, nonce=new_nonce(), steps=steps, digest=digest_of(steps))


def _trust(ports: Ports, suggestion: Suggestion, now: datetime) -> Trust:
    call = suggestion.steps[0]
    action = ports.actions.get(call.action)
    names = action.targets if action else ()
    given = {name: call.arguments.get(name) for name in names}  # what is absent must stay absent
    limits = {n: float(v) for n, v in given.items() if isinstance(v, int | float) and not isinstance(v, bool)}
    return Trust(
        id=derived_id("trust", suggestion.id, str(suggestion.revision)),
        action=call.action,
        account=call.account,
        targets={name: value for name, value in given.items() if name not in limits},
        at_most=limits or None,
        until=now + ALWAYS_FOR,
    )


async def watch(ports: Ports, work: Work, suggestion: Suggestion) -> None:
    """See to it that an open suggestion is recalled before it expires, and expires."""
    await ports.engine.enqueue(work.tx, _job("expire", suggestion, suggestion.expires_at))
    await ports.engine.enqueue(work.tx, _job("nag", suggestion, suggestion.expires_at - NAG_BEFORE))


def _job(name: str, suggestion: Suggestion, at: datetime) -> Job:
    scope = suggestion.scope
    subject = f"{scope.org}/{scope.user}/{suggestion.nonce}"
    key = f"{name}:{suggestion.id}:{suggestion.revision}:{at.isoformat()}"
    return Job(name=name, id=key, subject=subject, queue=Queue.PRESSES, at=at)


async def _carry_out(ports: Ports, user: User, suggestion: Suggestion, name: str) -> Suggestion:
    """Run the steps, or take them back; each once, however often this is resumed."""
    if suggestion.state is State.UNDOING:
        return await _take_back(ports, user, suggestion, suggestion.undo, name)
    done: list[Outcome] = []
    for number, call in enumerate(suggestion.steps):
        again = f"{call.key}:{suggestion.revision}:{suggestion.pressed}"
        ran = await _run(ports, user, suggestion, replace(call, key=again), f"run{name}:{number}")
        if ran.lost or ran.outcome is None:
            return await _finish(ports, user, suggestion, Event.LOSE, "", name)
        if not ran.outcome.ok:
            return await _fail(ports, user, suggestion, done, ran.outcome, name)
        done.append(ran.outcome)
    undo = tuple(outcome.undo for outcome in reversed(done) if outcome.undo is not None)
    result = " ".join(outcome.text for outcome in done)
    whole = undo if len(undo) == len(done) else ()
    return await _finish(ports, user, suggestion, Event.SUCCEED, result, name, undo=whole)


async def _fail(
    ports: Ports, user: User, suggestion: Suggestion, done: Sequence[Outcome], failure: Outcome, name: str
) -> Suggestion:
    undo = tuple(outcome.undo for outcome in reversed(done) if outcome.undo is not None)
    if not undo:
        return await _finish(ports, user, suggestion, Event.BREAK, failure.text, name)
    undoing = await _finish(ports, user, suggestion, Event.FAIL, failure.text, name, undo=undo)
    return await _take_back(ports, user, undoing, undo, name)


async def _take_back(ports: Ports, user: User, suggestion: Suggestion, undo: Sequence[Call], name: str) -> Suggestion:
    """Last step first. What could not be taken back is said."""
    told, stuck = [suggestion.result] if suggestion.failed else [], False
    for number, call in enumerate(undo):
        ran = await _run(ports, user, suggestion, call, f"undo{name}:{number}")
        ok = ran.outcome is not None and ran.outcome.ok
        told.append(ran.outcome.text if ran.outcome else "I do not know whether one step was taken back.")
        stuck = stuck or not ok
    event = Event.STUCK if stuck else Event.RESTORED
    return await _finish(ports, user, suggestion, event, " ".join(told), f"{name}:undo")


async def give_up(ports: Ports, user: User, suggestion: Suggestion) -> None:
    """Its job broke off for good: nobody knows how far it came, and the card says so."""
    events = {State.RUNNING: Event.LOSE, State.UNDOING: Event.STUCK}
    event = events.get(suggestion.state)
    if event is not None:
        lost = await _finish(ports, user, suggestion, event, "I was cut off; please check.", ":dead")
        await show(ports, user, lost, ":dead")


async def _run(ports: Ports, user: User, suggestion: Suggestion, call: Call, name: str) -> Ran:
    """In the conversation where the card stands: a reminder that was approved there comes there."""

    async def run() -> Ran:
        async with ports.memory.work(user.scope) as work:
            copies = await work.messages.of_suggestion(suggestion.id)
        try:
            return Ran(outcome=await execute(ports, user, call, where=copies[0].at if copies else None))
        except Lost:
            return Ran(outcome=None, lost=True)

    return await ports.engine.step(name, run, Ran)


async def _finish(
    ports: Ports, user: User, before: Suggestion, event: Event, result: str, name: str, undo: tuple[Call, ...] = ()
) -> Suggestion:
    """Write down how it ended; a repeat finds it written."""
    now = ports.clock.now()

    async def finish() -> Suggestion:
        state = advance(before, event, nonce=before.nonce, now=now)
        if isinstance(state, Refused):
            raise ValueError(f"{before.state} does not allow {event}")
        after = replace(before, state=state, result=result or before.result, failed=event is Event.FAIL)
        if event in (Event.SUCCEED, Event.FAIL):
            after = replace(after, undo=undo, undo_until=ports.clock.now() + UNDO_WINDOW)
        async with ports.memory.work(user.scope) as work:
            moved = await work.suggestions.move(before, after)
            return after if moved else (await work.suggestions.get(before.id) or after)

    return await ports.engine.step(f"finish{name}:{event.value}", finish, Suggestion)


async def show(ports: Ports, user: User, suggestion: Suggestion, name: str, note: str = "") -> bool:
    """Bring every copy of the card up to date; False when there is none."""

    async def rewrite() -> tuple[Message, ...]:
        now = ports.clock.now()
        async with ports.memory.work(user.scope) as work:
            current = await work.suggestions.get(suggestion.id) or suggestion
            said = note if current.state is suggestion.state else ""  # what was true of another state misleads
            copies = await work.messages.of_suggestion(suggestion.id)
            changed = [redrawn(copy, current, user, ports.actions.get, now, said) for copy in copies]
            return tuple([await work.messages.put(message) for message in changed])

    messages = await ports.engine.step(f"show{name}", rewrite, tuple[Message, ...])
    for number, message in enumerate(messages):
        await deliver(ports, user.scope, message, f"card{name}:{number}")
    return bool(messages)


def redrawn(
    copy: Message, suggestion: Suggestion, user: User, find: Callable[[str], Action | None], now: datetime, note: str
) -> Message:
    """A card is drawn anew; an answer that carries an Undo keeps its words and gets a line below."""
    if copy.actions:
        over = suggestion.state in (State.UNDONE, State.FAILED)
        line = f"\n\n↩️ {suggestion.result}" if over else f"\n\n_{note}_" if note else ""
        words = copy.text if copy.text.endswith(line) else copy.text + line
    else:
        words = card.text(suggestion, user, find, now) + (f"\n\n_{note}_" if note else "")
    return replace(copy, text=words, choices=card.choices(suggestion, find), state=suggestion.state.value)
