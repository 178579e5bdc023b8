"""Facts drawn out of conversations, some minutes after they were said: one call of the fast class for all that is new.

later (in the transaction of the answer) -> job "learn" -> draw: read, ask, gate (a step) -> keep: merge (a transaction)
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.begin import Begun
from bot.ids import derived_id
from bot.learning.candidate import SCHEMA, Candidate, Find, candidates
from bot.learning.gate import is_own, is_settled, is_supported, is_telling, own_words, place_of, why_not
from bot.learning.merge import merge
from bot.learning.statement import statement
from bot.message import Address
from bot.model import ModelDown, OverBudget, Prompt, Said, Tier
from bot.people import Scope, User
from bot.ports import Job, Ports, Queue
from bot.records import Author, Fact, Message
from bot.repositories import Work

EVERY = timedelta(minutes=10)  # what is said within one such piece of time is one job's
REST = timedelta(minutes=2)  # after it
AGAIN = timedelta(hours=2)  # at most, when no model answered
BATCH = 60  # messages of both sides that are read at once
LETTERS = 16_000  # of all of them
LONGEST = 4_000  # characters of one message
AT_MOST = 12  # facts of one batch
SHOWN = 40  # known facts that the model is shown
QUERY = 600  # characters of one question to recall
ALL = 2_000  # known facts that are compared
SILENT = timedelta(hours=1)  # so long a recording may wait to be listened to
SOURCE = "our conversation"
log = logging.getLogger("aurelius.learn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What is to be learned from: messages of both sides, behind the position `begin` up to `end`."""

    begin: int
    end: int
    messages: tuple[Message, ...]
    known: tuple[Fact, ...] = ()
    more: bool = False  # there is more behind it


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What one reading came to. `again`: nothing was read, it is to be tried then."""

    begin: int
    end: int
    finds: tuple[Find, ...] = ()
    more: bool = False
    again: datetime | None = None


async def later(ports: Ports, work: Work, begun: Begun) -> None:
    """Learn from this conversation when it rests, in the caller's transaction. Never from a group."""
    if begun.alone and begun.user.learns and begun.command is None:
        now = ports.clock.now().timestamp()
        end = datetime.fromtimestamp((now // EVERY.total_seconds() + 1) * EVERY.total_seconds(), UTC)
        await ports.engine.enqueue(work.tx, job(begun.user.scope, begun.at, end + REST))


def job(scope: Scope, at: Address, when: datetime, behind: int = 0) -> Job:
    """The same conversation and time are the same job."""
    subject = f"{scope.org}/{scope.user}/{at.conversation}"
    name = derived_id(subject, when.isoformat(), str(behind))
    return Job(name="learn", id=f"learn:{name}", subject=subject, queue=Queue.ROUTINE, at=when)


async def learn(ports: Ports, subject: str, *, instructions: str) -> None:
    """`subject`: org/user/conversation. Learn from what was said there since the last time."""
    org, person, conversation = subject.split("/", 2)
    platform, tenant, place, thread = conversation.split("\x1f")
    scope, at = Scope(org=org, user=person), Address(platform=platform, tenant=tenant, place=place, thread=thread)
    drawn = await ports.engine.step("draw", lambda: _draw(ports, scope, at, instructions), Drawn | None)
    if drawn is not None:
        await ports.engine.step("keep", lambda: _keep(ports, scope, at, drawn), bool)


async def _draw(ports: Ports, scope: Scope, at: Address, instructions: str) -> Drawn | None:
    """Read, ask and choose; None when there is nothing new or the person wants no learning."""
    async with ports.memory.work(scope) as work:
        user = await work.profile.get()
        batch = await _batch(work, at, ports.clock.now()) if user.learns else None
    if batch is None:
        return None
    drawn = Drawn(begin=batch.begin, end=batch.end, more=batch.more)
    if not any(is_telling(message) for message in batch.messages):
        return drawn
    shown = Said(role="user", texts=(shown_to_model(batch, user),))
    prompt = Prompt(purpose="learn", tier=Tier.FAST, system=instructions, messages=(shown,), schema=SCHEMA)
    try:
        answer = await ports.model.ask(scope, prompt)
    except OverBudget:
        tomorrow = user.local(ports.clock.now()) + timedelta(days=1)
        return replace(drawn, again=tomorrow.replace(hour=0, minute=5, second=0, microsecond=0).astimezone(UTC))
    except ModelDown as error:
        log.info("not learned", extra={"why": str(error)})
        hour = ports.clock.now().replace(minute=0, second=0, microsecond=0)  # all that wait become one job
        return replace(drawn, again=hour + AGAIN)
    return replace(drawn, finds=chosen(batch, user, candidates(answer.text)))


async def _batch(work: Work, at: Address, now: datetime) -> Batch | None:
    begin = await work.messages.learned(at)
    told = await work.messages.after(at, begin, limit=BATCH + 1)
    read, letters = list[Message](), 0
    for message in told[:BATCH]:
        waits = not is_settled(message) and now - message.sent_at < SILENT
        letters += len(message.text[:LONGEST])
        if waits or (read and letters > LETTERS):
            break
        read.append(message)
    if not read:
        return None
    more = len(told) > len(read) and is_settled(told[len(read)])
    telling = [message for message in read if is_telling(message)]
    known = await _known(work, telling) if telling else ()
    return Batch(begin=begin, end=read[-1].position, messages=tuple(read), known=known, more=more)


async def _known(work: Work, telling: Sequence[Message]) -> tuple[Fact, ...]:
    """What recall finds for what was said, then what was learned last: little enough to be shown."""
    every = {fact.id: fact for fact in await work.facts.list(ALL)}
    words = "\n".join(own_words(message)[:QUERY] for message in telling)
    found = list[str]()
    for begin in range(0, min(len(words), LETTERS), QUERY):
        hits = await work.facts.recall(words[begin : begin + QUERY], limit=8)
        found += [hit.id for hit in hits if hit.kind == "fact"]
    return tuple(every[fact] for fact in list(dict.fromkeys([*found, *every]))[:SHOWN] if fact in every)


def shown_to_model(batch: Batch, user: User) -> str:
    """Known facts with their marks, then the lines, the person's with numbers. Pure."""
    known = [f"m{n} [{fact.at:%Y-%m-%d}] {_about(fact)}{_line(fact.text)}" for n, fact in enumerate(batch.known, 1)]
    lines = []
    for number, message in enumerate(batch.messages, 1):
        words = own_words(message)[:LONGEST]
        if words:
            lines.append(f"{number} [{user.local(message.sent_at):%Y-%m-%d %a}] {_line(words)}")
        elif message.author is Author.ASSISTANT and message.text and not message.outside:
            lines.append(f"assistant: {_line(message.text[:300])}")
    return "\n".join(["<known>", *known, "</known>", "<said>", *lines, "</said>"])


def _about(fact: Fact) -> str:
    return f"({_line(fact.who)}) " if fact.who else ""


def _line(words: str) -> str:
    return " ".join(words.split()).replace("<", "‹")


def chosen(batch: Batch, user: User, proposed: Sequence[Candidate]) -> tuple[Find, ...]:
    """Those that pass the gate, each with its evidence, not more than a batch may bring. Pure."""
    marks = {f"m{number}": fact.id for number, fact in enumerate(batch.known, 1)}
    sources = "\n".join(
        [user.name, *map(own_words, batch.messages), *(f"{fact.who} {fact.text}" for fact in batch.known)]
    )
    finds = list[Find]()
    for each in proposed:
        message = batch.messages[each.message - 1] if 0 < each.message <= len(batch.messages) else None
        why = why_not(each, message) or (None if is_supported(each.text, sources) else "made up")
        if message is None or why is not None:
            log.info("not kept", extra={"why": why})
        elif len(finds) < AT_MOST:
            fact = _fact(each, message)
            finds.append(Find(fact=fact, same=marks.get(each.same), supersedes=marks.get(each.supersedes)))
    return tuple(finds)


def _fact(candidate: Candidate, message: Message) -> Fact:
    text = " ".join(candidate.text.split())
    return Fact(
        id=derived_id("learned", message.id, candidate.who.casefold(), *statement(text)),
        text=text,
        category=candidate.category,
        source=SOURCE,
        at=message.sent_at,
        who=" ".join(candidate.who.split()),
        quote=" ".join(candidate.quote.split()),
        message=message.id,
        due=candidate.due_date if candidate.category == "commitments" else None,
        confidence=candidate.confidence,
    )


async def _keep(ports: Ports, scope: Scope, at: Address, drawn: Drawn) -> bool:
    """In one transaction: the facts, how far we have read, and the job that reads on. False: it was not ours to do."""
    async with ports.memory.work(scope) as work:
        if drawn.again is not None:
            await ports.engine.enqueue(work.tx, job(scope, at, drawn.again, drawn.begin))
            return False
        await work.facts.alone()
        still = (await work.profile.get()).learns
        if not still or not await work.messages.learn(at, drawn.begin, drawn.end):
            return False
        if drawn.finds:
            await _merge(work, drawn.finds)
        if drawn.more:
            await ports.engine.enqueue(work.tx, job(scope, at, ports.clock.now(), drawn.end))
    ports.engine.nudge()
    return True


async def _merge(work: Work, finds: Sequence[Find]) -> None:
    known = {fact.id: fact for fact in await work.facts.list(ALL)}
    for find in finds:
        if not await _stands(work, find.fact):
            continue
        for fact in merge(find, tuple(known.values())):
            await work.facts.put(fact)
            known[fact.id] = fact
            if fact.replaced_by is not None:
                del known[fact.id]


async def _stands(work: Work, fact: Fact) -> bool:
    """Its evidence is still there, and nothing of it was forgotten: neither may come back by what was read before."""
    message = await work.messages.get(fact.message or "")
    there = message is not None and is_own(message) and place_of(fact.quote, own_words(message)) is not None
    return there and not await work.facts.was_forgotten(fact)
