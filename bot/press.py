"""Presses, stops and delivery reports: jobs that never wait behind the turn they concern."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from bot.card import VERBS, parse_token
from bot.deliver import deliver
from bot.ids import derived_id
from bot.message import Address, ButtonPress, Delivered, Stop
from bot.people import User
from bot.ports import Job, Ports, Queue
from bot.receive import topic
from bot.records import Author, DeliveryState, InboundState, Message
from bot.settle import NOT_YOURS, Answered, settle

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
    decided = await settle(ports, pressed.user, answer)
    if decided.suggestion is None:
        await say(ports, pressed.user, pressed.at, decided.refused, id)
    elif not decided.shown:
        await say(ports, pressed.user, pressed.at, decided.refused or decided.suggestion.result, id)


async def _begin(ports: Ports, id: str) -> Pressed | None:
    async with ports.memory.door() as door:
        found = await door.inbox.get(id)
        if found is None or not isinstance(found[0], ButtonPress):
            return None
        inbound = found[0]
        user = await door.persons.user_of(inbound.sender)
        await door.inbox.mark([id], InboundState.ANSWERED)
    token = parse_token(inbound.token) or ("", "")
    if user is None:
        return None
    return Pressed(user=user, at=inbound.at, verb=token[0], subject=token[1], values=inbound.values)


async def _again(ports: Ports, pressed: Pressed, id: str) -> bool:
    """Queue the message again: it takes the place of its failed answer."""
    async with ports.memory.door() as door:
        found = await door.inbox.get(pressed.subject)
        user = await door.persons.user_of(found[0].sender) if found else None
        if found is None or user is None or user.id != pressed.user.id:
            return False
        if found[1] is not InboundState.ANSWERED:
            return False  # it is being worked on again, or was stopped
        answer = await door.enter(user.scope).messages.get(derived_id("reply", pressed.subject))
        if answer is None or pressed.token not in [choice.token for choice in answer.choices]:
            return False  # it was answered since
        if pressed.verb == FAST:
            tomorrow = pressed.user.local(ports.clock.now()) + timedelta(days=1)
            until = tomorrow.replace(hour=0, minute=0, second=0, microsecond=0)
            await door.enter(user.scope).profile.put(replace(user, fast_only_until=until))
        await door.inbox.again(pressed.subject)
        partition = found[0].at.conversation
        job = Job(
            name="turn", id=id + ":again", subject=pressed.subject, queue=Queue.CONVERSATIONS, partition=partition
        )
        await ports.engine.enqueue(door.tx, job)
    return True


async def stop(ports: Ports, id: str) -> None:
    """End what is being worked on in the conversation, and what waits in it."""

    async def stopping() -> Stopped | None:
        async with ports.memory.door() as door:
            found = await door.inbox.get(id)
            user = await door.persons.user_of(found[0].sender) if found else None
            if found is None or user is None or not isinstance(found[0], Stop):
                return None
            await door.inbox.mark([id], InboundState.ANSWERED)
            at = found[0].at
            waiting = await door.inbox.behind(at.conversation, id)
            working = tuple(await door.inbox.stop_before(at.conversation, id))
            return Stopped(user=user, at=at, waiting=waiting, working=working)

    stopped = await ports.engine.step("stop", stopping, Stopped | None)
    if stopped is None:
        return
    for turn in stopped.working:
        await ports.bus.publish(f"stop:{turn}", {})
    if not stopped.working:
        await say(ports, stopped.user, stopped.at, UNBEGUN if stopped.waiting else IDLE, id)


async def delivered(ports: Ports, id: str) -> None:
    """A platform tells what became of a message; one that did not arrive stands as failed in the ledger."""

    async def note() -> Address | None:
        async with ports.memory.door() as door:
            found = await door.inbox.get(id)
            report = found[0] if found else None
            user = await door.persons.user_of(report.sender) if report else None
            await door.inbox.mark([id], InboundState.ANSWERED)
            if user is None or not isinstance(report, Delivered) or report.state != DeliveryState.FAILED.value:
                return None
            known = await door.enter(user.scope).deliveries.failed(report.at, report.ref)
            return report.at if known else None

    at = await ports.engine.step("delivered", note, Address | None)
    if at is not None:
        await ports.bus.publish(topic(at), {"kind": "changed"})


async def say(ports: Ports, user: User, at: Address, text: str, key: str) -> None:
    """A message of ours that answers no turn. Call it inside a job; `key` makes a repeat the same message."""

    async def write() -> Message:
        line = Message(id=derived_id("say", key), at=at, author=Author.ASSISTANT, text=text, sent_at=ports.clock.now())
        async with ports.memory.work(user.scope) as work:
            return await work.messages.put(line)

    message = await ports.engine.step("say", write, Message)
    await deliver(ports, user.scope, message, "say")
    await ports.bus.publish(topic(at), {"kind": "changed", "seq": message.seq})
