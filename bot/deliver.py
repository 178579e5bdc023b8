"""Bringing a committed message to its chat, with a ledger: pending, attempting, delivered, failed.

The message row is the truth. A platform that reads rows by itself (web, terminal) is only told to look. For the others
the ledger says ATTEMPTING before each send, so that after a crash we know that we do not know; where the platform
cannot drop a repeat, the repeat says of itself that it may be one. An edit can be repeated without harm.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from bot.action import Json
from bot.ids import derived_id
from bot.message import Address, Kind, Reply, Upload
from bot.people import Person, Scope
from bot.place import place_for
from bot.ports import ChatPlatform, Closed, Ports, Unsent
from bot.receive import topic
from bot.records import Delivery, DeliveryState, Message

TRIES = 24  # about ten minutes of a platform that does not answer
LONGEST_WAIT = 30.0  # seconds
MAY_REPEAT = "_(You may have got this already: I was interrupted while sending it.)_\n\n"
NOT_THERE = "_(I could not say this on {app}.)_"
THERE = (DeliveryState.DELIVERED, DeliveryState.READ)
log = logging.getLogger("aurelius.deliver")


async def deliver(ports: Ports, scope: Scope, message: Message, name: str) -> None:
    """Send or edit; call it inside a job, after the row is committed. `name` tells this job's deliveries apart.

    What its chat does not take is said elsewhere; it waits there if the chat opens once the person writes again."""
    if await _deliver(ports, scope, message, name) not in THERE:
        await elsewhere(ports, scope, message, name)


async def elsewhere(ports: Ports, scope: Scope, message: Message, name: str) -> None:
    """The same on another platform of the person's; a card is as good there as here."""

    async def copy() -> Message | None:
        async with ports.memory.work(scope) as work:
            at = await place_for(ports, work, await work.profile.get(), but=message.at.platform)
            why = NOT_THERE.format(app=Person(platform=message.at.platform, tenant="", id="").app)
            words = message.text if message.suggestion else f"{why}\n\n{message.text}"
            there = replace(message, id=derived_id("copy", message.id, at.conversation), at=at, text=words)
            return await work.messages.put(there)

    there = await ports.engine.step(f"copy:{name}", copy, Message | None)
    if there is not None:
        await _deliver(ports, scope, there, f"copy:{name}")


async def _deliver(ports: Ports, scope: Scope, message: Message, name: str) -> DeliveryState:
    platform = ports.platforms.get(message.at.platform)
    if platform is None:
        log.warning("no chat platform for a message", extra={"platform": message.at.platform})
        return DeliveryState.FAILED
    if platform.reads_rows:
        await platform.send(reply_of(message), message.id, None)
        await ports.bus.publish(topic(message.at), {"kind": "changed", "seq": message.seq})
        return DeliveryState.DELIVERED

    async def attempt() -> DeliveryState:
        return await _attempt(ports, scope, message, platform)

    state = await ports.engine.step(f"send:{name}", attempt, DeliveryState)
    await ports.bus.publish(topic(message.at), {"kind": "changed", "seq": message.seq})
    return state


async def _attempt(ports: Ports, scope: Scope, message: Message, platform: ChatPlatform) -> DeliveryState:
    async with ports.memory.work(scope) as work:
        kept = [await work.files.get(file.ref) for file in message.files]
        before = await work.deliveries.get(message.id, message.at)
        if before and before.state in THERE and before.revision >= message.seq:
            return before.state
        ref = before.ref if before else None
        unsure = before is not None and before.state is DeliveryState.ATTEMPTING and ref is None
        entry = Delivery(
            message=message.id, to=message.at, state=DeliveryState.ATTEMPTING, ref=ref, revision=message.seq
        )
        await work.deliveries.put(entry)
    reply = reply_of(message, [Upload(about=found[0], content=found[1]) for found in kept if found is not None])
    if unsure and not platform.idempotent:
        reply = marked(reply)
    state, sent = await _send(platform, reply, message.id, ref)
    async with ports.memory.work(scope) as work:
        await work.deliveries.put(replace(entry, state=state, ref=sent or ref))
    return state


async def _send(platform: ChatPlatform, reply: Reply, key: str, ref: str | None) -> tuple[DeliveryState, str | None]:
    """How it ended, and the platform's id of the message."""
    for trial in range(TRIES):
        try:
            return DeliveryState.DELIVERED, await platform.send(reply, key, ref) or ref or key
        except Closed as error:
            log.info("waits until the person writes", extra={"platform": platform.name, "why": str(error)})
            return DeliveryState.WAITING, None
        except Unsent as error:
            log.warning("not sent", extra={"platform": platform.name, "why": str(error), "again": error.again})
            if not error.again:
                return DeliveryState.FAILED, None
            if error.unsure and ref is None and not platform.idempotent:
                reply = marked(reply)
            await asyncio.sleep(min(error.after or 2.0**trial, LONGEST_WAIT))
    return DeliveryState.FAILED, None


def marked(reply: Reply) -> Reply:
    """The same, saying of itself that it may be a repeat."""
    return replace(reply, text=MAY_REPEAT + reply.text.removeprefix(MAY_REPEAT))


async def progress(ports: Ports, at: Address, news: Json) -> None:
    """Signs of work: news for pages that look on, and the platform's own way of showing them."""
    await ports.bus.publish(topic(at), news)
    platform = ports.platforms.get(at.platform)
    if platform is not None:
        await platform.progress(at, news)


def reply_of(message: Message, uploads: Sequence[Upload] = ()) -> Reply:
    """A recording of ours is a voice note; all else are files."""
    voice = next((upload for upload in uploads if upload.about.kind is Kind.VOICE), None)
    files = tuple(upload for upload in uploads if upload is not voice)
    return Reply(to=message.at, text=message.text, choices=message.choices, voice=voice, files=files)
