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
from bot.message import Address, Kind, Reply, Upload
from bot.people import Scope
from bot.ports import ChatPlatform, Ports, Unsent
from bot.receive import topic
from bot.records import Delivery, DeliveryState, Message

TRIES = 24  # about ten minutes of a platform that does not answer
LONGEST_WAIT = 30.0  # seconds
MAY_REPEAT = "_(You may have got this already: I was interrupted while sending it.)_\n\n"
log = logging.getLogger("aurelius.deliver")


async def deliver(ports: Ports, scope: Scope, message: Message, name: str) -> None:
    """Send or edit; call it inside a job, after the row is committed. `name` tells this job's deliveries apart."""
    platform = ports.platforms.get(message.at.platform)
    if platform is None:
        log.warning("no chat platform for a message", extra={"platform": message.at.platform})
        return
    if platform.reads_rows:
        await platform.send(reply_of(message), message.id, None)
        await ports.bus.publish(topic(message.at), {"kind": "changed", "seq": message.seq})
        return

    async def attempt() -> bool:
        return await _attempt(ports, scope, message, platform)

    await ports.engine.step(f"send:{name}", attempt, bool)


async def _attempt(ports: Ports, scope: Scope, message: Message, platform: ChatPlatform) -> bool:
    async with ports.memory.work(scope) as work:
        uploads = tuple(
            [
                Upload(about=found[0], content=found[1])
                for file in message.files
                if (found := await work.files.get(file.ref)) is not None
            ]
        )
        before = await work.deliveries.get(message.id, message.at)
        if before and before.state is DeliveryState.DELIVERED and before.revision >= message.seq:
            return True
        ref = before.ref if before else None
        unsure = before is not None and before.state is DeliveryState.ATTEMPTING and ref is None
        entry = Delivery(
            message=message.id, to=message.at, state=DeliveryState.ATTEMPTING, ref=ref, revision=message.seq
        )
        await work.deliveries.put(entry)
    reply = reply_of(message, uploads)
    if unsure and not platform.idempotent:
        reply = marked(reply)
    sent = await _send(platform, reply, message.id, ref)
    state = DeliveryState.FAILED if sent is None else DeliveryState.DELIVERED
    async with ports.memory.work(scope) as work:
        await work.deliveries.put(replace(entry, state=state, ref=sent or ref))
    return sent is not None


async def _send(platform: ChatPlatform, reply: Reply, key: str, ref: str | None) -> str | None:
    """The platform's id of the message; None when it will not take it."""
    for trial in range(TRIES):
        try:
            return await platform.send(reply, key, ref) or ref or key
        except Unsent as error:
            log.warning("not sent", extra={"platform": platform.name, "why": str(error), "again": error.again})
            if not error.again:
                return None
            if error.unsure and ref is None and not platform.idempotent:
                reply = marked(reply)
            await asyncio.sleep(min(error.after or 2.0**trial, LONGEST_WAIT))
    return None


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
