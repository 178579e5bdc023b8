"""What happens first to all that arrives: written down, de-duplicated, queued; one transaction, then acknowledged."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.command import understood
from bot.ids import derived_id, new_id
from bot.message import Address, ButtonPress, Command, Delivered, Inbound, InboundMessage, Stop
from bot.ports import Job, Ports, Queue
from bot.records import Author, DeliveryState, Message
from bot.repositories import Door

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
KNOWN = frozenset({DeliveryState.DELIVERED.value, DeliveryState.READ.value})  # states that a platform reports
AT_ONCE = frozenset({"pause", "resume", "undo"})  # commands that must not wait behind the turn they concern


async def receive(ports: Ports, inbound: Inbound) -> None:
    """Keep it and queue its work. When this returns nothing can lose it any more; a repeat changes nothing."""
    inbound = understood(cleaned(inbound))
    job = job_for(inbound, new_id())
    if job is None:
        await _noted(ports, inbound)
        return
    async with ports.memory.door() as door:
        if isinstance(inbound, InboundMessage) and inbound.edit_of and await door.inbox.correct(inbound):
            return
        fresh = await door.inbox.put(inbound, job.id, ports.clock.now())
        if fresh:
            await ports.engine.enqueue(door.tx, job)
            await _show(door, inbound, job)
    ports.engine.nudge()
    if fresh and isinstance(inbound, InboundMessage | Command):
        await ports.bus.publish(topic(inbound.at), {"kind": "changed"})


async def _noted(ports: Ports, report: Inbound) -> None:
    """That a message arrived or was read stands in the ledger; there is no work in it."""
    if not isinstance(report, Delivered) or report.state not in KNOWN:
        return
    async with ports.memory.door() as door:
        user = await door.persons.user_of(report.sender)
        if user is not None:
            await door.enter(user.scope).deliveries.report(report.at, report.ref, DeliveryState(report.state))


async def _show(door: Door, inbound: Inbound, job: Job) -> None:
    """What was said stands in the conversation from now on, in the order of arrival; what waits says as which."""
    if not isinstance(inbound, InboundMessage | Command) or not is_to_us(inbound):
        return
    user = await door.persons.user_of(inbound.sender)
    if user is None:
        return
    behind = 0 if job.queue is Queue.PRESSES else await door.inbox.behind(inbound.at.conversation, job.id)
    state = f"queued as no. {behind + 1}" if behind else ""
    await door.enter(user.scope).messages.put(replace(as_message(inbound), state=state))


def is_to_us(inbound: InboundMessage | Command) -> bool:
    """Direct messages and commands always; elsewhere only when mentioned."""
    return isinstance(inbound, Command) or inbound.direct or inbound.mentioned


def as_message(inbound: InboundMessage | Command) -> Message:
    """The line of the conversation that it is; the same line whenever it is made again."""
    return Message(
        id=derived_id("said", inbound.at.platform, inbound.at.tenant, inbound.delivery),
        at=inbound.at,
        author=Author.USER,
        text=f"/{inbound.name} {inbound.text}".strip() if isinstance(inbound, Command) else inbound.text,
        sent_at=inbound.sent_at,
        files=() if isinstance(inbound, Command) else inbound.attachments,
    )


def job_for(inbound: Inbound, id: str) -> Job | None:
    """Which work it means; None for what needs none (a reaction, so far; that a message arrived or was read)."""
    match inbound:
        case Command() if inbound.name in AT_ONCE:
            return Job(name="turn", id=id, subject=id, queue=Queue.PRESSES)
        case InboundMessage() | Command():
            return Job(name="turn", id=id, subject=id, queue=Queue.CONVERSATIONS, partition=inbound.at.conversation)
        case ButtonPress():
            return Job(name="press", id=id, subject=id, queue=Queue.PRESSES)
        case Stop():
            return Job(name="stop", id=id, subject=id, queue=Queue.PRESSES)
        case Delivered() if inbound.state == DeliveryState.FAILED.value:
            return Job(name="delivered", id=id, subject=id, queue=Queue.PRESSES)
    return None


def cleaned(inbound: Inbound) -> Inbound:
    """Without characters that no text holds (NUL, other controls, lone surrogates)."""
    if isinstance(inbound, InboundMessage | Command):
        return replace(inbound, text=UNPRINTABLE.sub("", inbound.text))
    if isinstance(inbound, ButtonPress):
        values = tuple((UNPRINTABLE.sub("", name), UNPRINTABLE.sub("", value)) for name, value in inbound.values)
        return replace(inbound, token=UNPRINTABLE.sub("", inbound.token), values=values)
    return inbound


def topic(at: Address) -> str:
    """Where news of a conversation is published."""
    return f"conversation:{at.conversation}"
