"""How a turn begins: whose message it is, what waits behind it and joins it, and whether it is for us at all."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.message import Address, Attachment, Command, InboundMessage, Kind, Reply
from bot.people import User
from bot.ports import Ports, Unsent
from bot.receive import as_message, is_to_us, topic
from bot.records import InboundState, Message
from bot.repositories import Door, Work
from bot.web import WEB

JOINS_AT_MOST = 20  # messages that become one turn
STRANGER = (
    "I am Aurelius, a personal chief of staff, and I do not know you yet.\n\n"
    "Your code is **{code}** (good for one hour). Open {url}/link?code={code}, or type `aurelius link {code}` "
    "on the machine where I run."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A recording or another file of sound in message number `line` of a turn."""

    line: int
    file: Attachment


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A turn that is ours to answer. `own` is what the person said in it, oldest first; `lines` the ids of the
    messages. `answers`: the suggestion whose card they reply to. `waiting`: what the chat did not take before."""

    id: str
    user: User
    at: Address
    own: tuple[str, ...]
    lines: tuple[str, ...]
    joined: tuple[str, ...] = ()
    files: tuple[Attachment, ...] = ()
    sounds: tuple[Sound, ...] = ()
    answers: str | None = None
    waiting: tuple[Message, ...] = ()
    command: str | None = None
    alone: bool = True  # nobody else reads along: not a group
    first: int = 0  # position of the first of its lines: the history is what stands before


async def begin(ports: Ports, id: str) -> Begun | None:
    """Take up the inbound row; None when there is nothing (left) to answer."""
    async with ports.memory.door() as door:
        found = await door.inbox.get(id)
        if found is None or not isinstance(found[0], InboundMessage | Command):
            return None
        inbound, state = found[0], found[1]
        user = await door.persons.user_of(inbound.sender)
        begun = await _take_up(door, user, id, inbound, state) if user else None
        code = None if user else await _code_for(ports, door, id, inbound)
    if code is not None:
        await _greet_stranger(ports, inbound, code)
    if state is InboundState.STOPPED:
        await ports.bus.publish(topic(inbound.at), {"kind": "idle", "turn": id})
    return begun


async def _take_up(
    door: Door, user: User, id: str, inbound: InboundMessage | Command, state: InboundState
) -> Begun | None:
    work = door.enter(user.scope)
    if state is InboundState.STOPPED:
        await work.messages.put(replace(as_message(inbound), state="stopped"))
        return None
    if state in (InboundState.MERGED, InboundState.ANSWERED):
        return None
    if inbound.direct and inbound.at.platform != WEB:
        await door.persons.reached(inbound.sender, inbound.at)
    if not await _is_for_us(work, inbound):
        await door.inbox.mark([id], InboundState.ANSWERED)
        return None
    if state is not InboundState.RECEIVED:
        await door.inbox.again(id)  # begun before and cut off: what had joined it joins it again
    return await _begin(door, work, user, id, inbound)


async def _begin(door: Door, work: Work, user: User, id: str, inbound: InboundMessage | Command) -> Begun:
    joined = [] if isinstance(inbound, Command) else await _joining(door, inbound, id)
    lines = [replace(as_message(inbound), state="")]
    lines += [replace(as_message(item), state="merged") for _, item in joined]
    kept = [await _written(work, line) for line in lines]
    await door.inbox.mark([id], InboundState.WORKING, turn=id)
    await door.inbox.mark([other for other, _ in joined], InboundState.MERGED, turn=id)
    command = isinstance(inbound, Command)
    files = [(number, file) for number, line in enumerate(lines) for file in line.files]
    return Begun(
        id=id,
        user=user,
        at=inbound.at,
        own=tuple(inbound.text if command else line.text for line in lines),
        lines=tuple(line.id for line in kept),
        joined=tuple(other for other, _ in joined),
        files=tuple(file for _, file in files if not is_sound(file)),
        sounds=tuple(Sound(line=number, file=file) for number, file in files if is_sound(file)),
        answers=await _answered(work, inbound),
        waiting=await _waiting(work, inbound.at),
        alone=inbound.direct or inbound.at.platform == WEB,
        command=inbound.name if isinstance(inbound, Command) else None,
        first=kept[0].position,
    )


def is_sound(file: Attachment) -> bool:
    return file.kind is Kind.VOICE or file.mime.startswith("audio/")


async def _answered(work: Work, inbound: InboundMessage | Command) -> str | None:
    """The suggestion of the card, or of the question about it, that the person's message is a reply to."""
    if isinstance(inbound, Command) or inbound.reply_to is None:
        return None
    message = await work.deliveries.with_ref(inbound.at, inbound.reply_to)
    line = await work.messages.get(message) if message else None
    return (line.suggestion or line.asks) if line else None


async def _waiting(work: Work, at: Address) -> tuple[Message, ...]:
    if at.platform == WEB:
        return ()
    found = [await work.messages.get(message) for message in await work.deliveries.waiting(at)]
    return tuple(message for message in found if message is not None)


async def _written(work: Work, line: Message) -> Message:
    """The line as it stands; written only where that changes something. (It was written when it arrived.)"""
    stands = await work.messages.get(line.id)
    same = stands is not None and (stands.text, stands.state) == (line.text, line.state)
    return stands if stands is not None and same else await work.messages.put(line)


async def _joining(door: Door, inbound: InboundMessage, id: str) -> list[tuple[str, InboundMessage]]:
    """What the same person wrote right after, while we were busy: it becomes one turn, up to the first command."""
    joining: list[tuple[str, InboundMessage]] = []
    for other, item in await door.inbox.waiting(inbound.at.conversation, id):
        same = isinstance(item, InboundMessage) and item.sender.id == inbound.sender.id
        if not same or not isinstance(item, InboundMessage) or len(joining) == JOINS_AT_MOST:
            break
        joining.append((other, item))
    return joining


async def _is_for_us(work: Work, inbound: InboundMessage | Command) -> bool:
    """Direct messages and commands always; elsewhere only when mentioned or in a thread that we take part in."""
    if is_to_us(inbound):
        return True
    return bool(inbound.at.thread) and bool(await work.messages.before(inbound.at, None, limit=1))


async def _code_for(ports: Ports, door: Door, id: str, inbound: InboundMessage | Command) -> str | None:
    """A stranger gets a code and nothing else: no model call, no data. In a group, not even that unasked."""
    await door.inbox.mark([id], InboundState.ANSWERED)
    if isinstance(inbound, InboundMessage) and not (inbound.direct or inbound.mentioned):
        return None
    return await door.persons.code_for(inbound.sender, inbound.at, ports.clock.now())


async def _greet_stranger(ports: Ports, inbound: InboundMessage | Command, code: str) -> None:
    platform = ports.platforms.get(inbound.at.platform)
    if platform is None:
        return
    try:
        await platform.send(Reply(to=inbound.at, text=STRANGER.format(code=code, url=ports.public_url)), code, None)
    except Unsent:
        return
