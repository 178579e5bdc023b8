"""What clocks set off: a reminder is due, a card is about to expire, expires, or comes back; and dead letters."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.arrival import arrived
from bot.card import parse_token, when
from bot.deliver import deliver
from bot.ids import derived_id
from bot.message import Address, ButtonPress, Command, InboundMessage
from bot.people import Scope, User
from bot.place import place_for
from bot.ports import DeadLetter, Job, Ports, Queue
from bot.press import say
from bot.receive import topic
from bot.records import Author, InboundState, Message, Reminder
from bot.settle import NAG_BEFORE, Answered, give_up, settle
from bot.suggestion import Event, State, Suggestion
from bot.web import web_address

LATE = timedelta(minutes=10)
GAVE_UP = (
    "I could not finish this; I tried several times, and something inside me is broken: “{text}”. "
    "Your message is kept, and the operator can see it and run it again."
)


async def expire(ports: Ports, subject: str) -> None:
    """`subject`: org/user/nonce. The time of an unanswered card is over; an earlier answer or edit wins."""
    await _on_card(ports, subject, Event.EXPIRE, (State.OPEN, State.SNOOZED))


async def wake(ports: Ports, subject: str) -> None:
    """A put-off card comes back."""
    found = await _on_card(ports, subject, Event.WAKE, (State.SNOOZED,))
    if found is not None:
        await _point_at(ports, *found, "You put this off; here it is again: {title}", subject)


async def nag(ports: Ports, subject: str) -> None:
    """A card that still waits says so before it expires."""
    found = await _found(ports, subject, NAG_BEFORE)
    if found is not None and found[1].state is State.OPEN:
        await _point_at(ports, *found, "This still waits for your answer and expires {until}: {title}", subject)


async def _on_card(
    ports: Ports, subject: str, event: Event, states: tuple[State, ...]
) -> tuple[User, Suggestion] | None:
    found = await _found(ports, subject, timedelta() if event is Event.EXPIRE else None)
    if found is None or found[1].state not in states:
        return None
    user, suggestion = found
    decided = await settle(ports, user, Answered(event=event, nonce=suggestion.nonce, by=f"{event.value}:{subject}"))
    return (user, decided.suggestion) if decided.suggestion and not decided.refused else None


async def _found(ports: Ports, subject: str, left: timedelta | None) -> tuple[User, Suggestion] | None:
    """The card as it is now, unless it was edited since: then the newer revision has its own clocks; or was put off
    since, so that more than `left` is left of its time: then it has later ones."""
    org, user, nonce = subject.split("/", 2)

    async def find() -> tuple[User, Suggestion] | None:
        async with ports.memory.work(Scope(org=org, user=user)) as work:
            suggestion = await work.suggestions.by_nonce(nonce)
            if suggestion is None or suggestion.nonce != nonce:
                return None
            if left is not None and suggestion.expires_at - ports.clock.now() > left:
                return None
            return await work.profile.get(), suggestion

    return await ports.engine.step("find", find, tuple[User, Suggestion] | None)


async def _point_at(ports: Ports, user: User, suggestion: Suggestion, words: str, key: str) -> None:
    async def where() -> Address:
        async with ports.memory.work(user.scope) as work:
            copies = await work.messages.of_suggestion(suggestion.id)
            return copies[0].at if copies else web_address(user)

    at = await ports.engine.step("where", where, Address)
    until = when(suggestion.expires_at, user, ports.clock.now())
    await say(ports, user, at, words.format(title=suggestion.title, until=until), f"{key}:{suggestion.expires_at}")


async def remind(ports: Ports, subject: str) -> None:
    """`subject`: org/user/reminder/due. Say it where it was asked for; a late one says that it is late."""
    org, person, reminder_id, due = subject.split("/", 3)

    async def find() -> tuple[User, Reminder, Address] | None:
        async with ports.memory.work(Scope(org=org, user=person)) as work:
            reminder, user = await work.reminders.get(reminder_id), await work.profile.get()
            return (user, reminder, reminder.where or await place_for(ports, work, user)) if reminder else None

    found = await ports.engine.step("find", find, tuple[User, Reminder, Address] | None)
    if found is None:
        return
    user, reminder, at = found
    text = reminder_text(reminder, user, datetime.fromisoformat(due), ports.clock.now())
    await say(ports, user, at, text, subject)


def reminder_text(reminder: Reminder, user: User, due: datetime, now: datetime) -> str:
    if now - due < LATE:
        return f"⏰ {reminder.text}"
    return (
        f"⏰ {reminder.text}\n\nThis was due {when(due, user, now)}, and I was not running then. "
        "Shall I do anything about it now, or remind you again later?"
    )


def spent_job(scope: Scope, period: str, now: datetime) -> Job:
    """Told once per day or month, however many calls cross the line."""
    when_spent = f"{now:%Y-%m-%d}" if period == "day" else f"{now:%Y-%m}"
    key = f"{scope.org}/{scope.user}/{period}/{when_spent}"
    return Job(name="spent", id=f"spent:{key}", subject=key, queue=Queue.ROUTINE)


async def spent(ports: Ports, subject: str) -> None:
    """`subject`: org/user/period/date. Four fifths of a budget are gone."""
    org, person, period, _ = subject.split("/", 3)

    async def find() -> tuple[User, Address]:
        async with ports.memory.work(Scope(org=org, user=person)) as work:
            user = await work.profile.get()
            return user, await place_for(ports, work, user)

    user, at = await ports.engine.step("find", find, tuple[User, Address])
    limit = user.dollars_per_day if period == "day" else user.dollars_per_month
    text = f"Four fifths of your budget for this {period} (${limit:.2f}) are used. `/usage` shows on what."
    await say(ports, user, at, text, subject)


async def dead(ports: Ports, letter: DeadLetter) -> None:
    """Tell the person, in plain words, what was given up on: a message, or the carrying out of their answer."""
    if letter.name == "turn":
        await _give_up_turn(ports, letter.subject)
    elif letter.name == "press":
        await _give_up_press(ports, letter.subject)


async def _give_up_turn(ports: Ports, id: str) -> None:
    async def write() -> tuple[User, Message] | None:
        async with ports.memory.door() as door:
            found = await arrived(door, id, InboundMessage, Command)
            if found is None:
                return None
            await door.inbox.mark([id], InboundState.DEAD)
            line = Message(
                id=derived_id("reply", id),
                at=found.inbound.at,
                author=Author.ASSISTANT,
                text=GAVE_UP.format(text=getattr(found.inbound, "text", "")[:200]),
                sent_at=ports.clock.now(),
            )
            return found.user, await found.work.messages.put(line)

    written = await ports.engine.step("write", write, tuple[User, Message] | None)
    if written is not None:
        user, line = written
        await deliver(ports, user.scope, line, "dead")
        await ports.bus.publish(topic(line.at), {"kind": "idle", "turn": id})


async def _give_up_press(ports: Ports, id: str) -> None:
    """A card must not stand there as running for ever: whether it happened is for the person to find out."""

    async def find() -> tuple[User, Suggestion] | None:
        async with ports.memory.door() as door:
            found = await arrived(door, id, ButtonPress)
            token = parse_token(found.inbound.token) if found else None
            suggestion = await found.work.suggestions.by_nonce(token[1]) if found and token else None
            return (found.user, suggestion) if found and suggestion else None

    found = await ports.engine.step("find", find, tuple[User, Suggestion] | None)
    if found is not None:
        await give_up(ports, *found)
