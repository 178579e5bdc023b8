"""Presses, stops and delivery reports: jobs that never wait behind the turn they concern."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from bot.arrival import arrived
from bot.card import VERBS, parse_token, question
from bot.deliver import deliver, elsewhere
from bot.ids import derived_id
from bot.message import Address, ButtonPress, Command, Delivered, InboundMessage, Stop
from bot.people import User
from bot.ports import Job, Ports, Queue
from bot.receive import topic
from bot.records import Author, DeliveryState, InboundState, Message
from bot.settle import NOT_YOURS, Answered, settle
from bot.suggestion import Event, Refused, advance

AGAIN, FAST = "t", "f"  # "Try again" and "Go on, fast class", each followed by the id of an inbound message
IDLE = "There is nothing to stop right now."
UNBEGUN = "Stopped; I had not begun with it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A press of somebody we know. `subject`: what stood behind the verb, a card's nonce or a message's id."""

    user: User
    at: Address
    verb: str
    subject: str
    values: tuple[tuple[str, str], ...]

    @property
    def token(self) -> str:
        return f"{self.verb}.{self.subject}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """What a stop found: how many messages were not answered yet, and the turns that were being worked on."""

    user: User
    at: Address
    waiting: int
    working: tuple[str, ...]


async def press(ports: Ports, id: str) -> None:
    """Do what the pressed button says, if it is this person's to press."""
    pressed = await ports.engine.step("begin", lambda: _begin(ports, id), Pressed | None)
    if pressed is None:
        return
    if pressed.verb in (AGAIN, FAST):
        await ports.engine.step("again", lambda: _again(ports, pressed, id), bool)
        ports.engine.nudge()
        return
    if pressed.verb not in VERBS:
        await say(ports, pressed.user, pressed.at, NOT_YOURS, id)
        return
    answer = Answered(event=VERBS[pressed.verb], nonce=pressed.subject, by=id, values=pressed.values)
    if answer.event is Event.EDIT and not answer.values and await _ask_what(ports, pressed, id):
        return
    decided = await settle(ports, pressed.user, answer)
    if decided.suggestion is None:
        await say(ports, pressed.user, pressed.at, decided.refused, id)
    elif not decided.shown:
        await say(ports, pressed.user, pressed.at, decided.refused or decided.suggestion.result, id)


async def _begin(ports: Ports, id: str) -> Pressed | None:
    async with ports.memory.door() as door:
        found = await arrived(door, id, ButtonPress)
        await door.inbox.mark([id], InboundState.ANSWERED)
    if found is None:
        return None
    inbound = found.inbound
    token = parse_token(inbound.token) or ("", "")
    return Pressed(user=found.user, at=inbound.at, verb=token[0], subject=token[1], values=inbound.values)


async def _ask_what(ports: Ports, pressed: Pressed, id: str) -> bool:
    """Edit where there are no forms: the person says in words what should be different. False: it cannot be edited."""

    async def ask() -> Message | None:
        now = ports.clock.now()
        async with ports.memory.work(pressed.user.scope) as work:
            found = await work.suggestions.by_nonce(pressed.subject)
            if found is None or isinstance(advance(found, Event.EDIT, nonce=pressed.subject, now=now), Refused):
                return None
            words = question(found, ports.actions.get(found.steps[0].action))
            return await work.messages.put(replace(_line(ports, pressed.at, words, id), asks=found.id))

    message = await ports.engine.step("ask", ask, Message | None)
    if message is not None:
        await deliver(ports, pressed.user.scope, message, "ask")
    return message is not None


async def _again(ports: Ports, pressed: Pressed, id: str) -> bool:
    """Queue the message again: it takes the place of its failed answer."""
    async with ports.memory.door() as door:
        found = await arrived(door, pressed.subject, InboundMessage, Command)
        if found is None or found.user.id != pressed.user.id:
            return False
        if found.state is not InboundState.ANSWERED:
            return False  # it is being worked on again, or was stopped
        answer = await found.work.messages.get(derived_id("reply", pressed.subject))
        if answer is None or pressed.token not in [choice.token for choice in answer.choices]:
            return False  # it was answered since
        if pressed.verb == FAST:
            tomorrow = pressed.user.local(ports.clock.now()) + timedelta(days=1)
            until = tomorrow.replace(hour=0, minute=0, second=0, microsecond=0)
            await found.work.profile.put(replace(found.user, fast_only_until=until))
        await door.inbox.again(pressed.subject)
        partition = found.inbound.at.conversation
        job = Job(
            name="turn", id=id + ":again", subject=pressed.subject, queue=Queue.CONVERSATIONS, partition=partition
        )
        await ports.engine.enqueue(door.tx, job)
    return True


async def stop(ports: Ports, id: str) -> None:
    """End what is being worked on in the conversation, and what waits in it."""

    async def stopping() -> Stopped | None:
        async with ports.memory.door() as door:
            found = await arrived(door, id, Stop)
            if found is None:
                return None
            await door.inbox.mark([id], InboundState.ANSWERED)
            at = found.inbound.at
            waiting = await door.inbox.behind(at.conversation, id)
            working = tuple(await door.inbox.stop_before(at.conversation, id))
            return Stopped(user=found.user, at=at, waiting=waiting, working=working)

    stopped = await ports.engine.step("stop", stopping, Stopped | None)
    if stopped is None:
        return
    for turn in stopped.working:
        await ports.bus.publish(f"stop:{turn}", {})
    if not stopped.working:
        await say(ports, stopped.user, stopped.at, UNBEGUN if stopped.waiting else IDLE, id)


async def delivered(ports: Ports, id: str) -> None:
    """A platform tells what became of a message; one that did not arrive stands as failed, and is said elsewhere."""

    async def note() -> tuple[User, Message] | None:
        async with ports.memory.door() as door:
            found = await arrived(door, id, Delivered)
            await door.inbox.mark([id], InboundState.ANSWERED)
            if found is None or found.inbound.state != DeliveryState.FAILED.value:
                return None
            known = await found.work.deliveries.report(found.inbound.at, found.inbound.ref, DeliveryState.FAILED)
            message = await found.work.messages.get(known) if known else None
            return (found.user, message) if message else None

    lost = await ports.engine.step("delivered", note, tuple[User, Message] | None)
    if lost is not None:
        await elsewhere(ports, lost[0].scope, lost[1], "failed")
        await ports.bus.publish(topic(lost[1].at), {"kind": "changed"})


async def say(ports: Ports, user: User, at: Address, text: str, key: str) -> None:
    """A message of ours that answers no turn. Call it inside a job; `key` makes a repeat the same message."""

    async def write() -> Message:
        async with ports.memory.work(user.scope) as work:
            return await work.messages.put(_line(ports, at, text, key))

    await deliver(ports, user.scope, await ports.engine.step("say", write, Message), "say")


def _line(ports: Ports, at: Address, text: str, key: str) -> Message:
    return Message(id=derived_id("say", key), at=at, author=Author.ASSISTANT, text=text, sent_at=ports.clock.now())
