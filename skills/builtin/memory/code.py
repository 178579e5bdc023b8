"""Memory as the person meets it: remember, recall with dates, forget for good, take everything out or away."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from bot.action import Outcome
from bot.ids import derived_id
from bot.ports import Context
from bot.records import Fact, Found
from bot.repositories import Work
from skills.sorry import Sorry
from skills.undo import undo
from skills.which import by_id, pick
from skills.wording import bullets, count, dated, plain

SOURCES = {"fact": "you told me", "note": "a note", "message": "our conversation"}


async def remember(context: Context, text: str, category: str = "") -> Outcome:
    said = text.strip()
    if not said:
        raise Sorry("What should I remember?")
    source = f"you, {dated(context.now, context.user)}" if context.own_words else "conversation"
    async with context.open() as work:
        known = [fact for fact in await work.facts.list() if fact.text.casefold() == said.casefold()]
        if known:
            when = dated(known[0].at, context.user)
            return Outcome(ok=True, text=f"I know that already, since {when}.", data={"id": known[0].id})
        if not context.own_words and await work.facts.is_forgotten(said):
            raise Sorry("You asked me to forget this, so I do not remember it again unless you say so yourself.")
        fact = Fact(id=derived_id(context.key, "fact"), text=said, category=category, source=source, at=context.now)
        await work.facts.put(fact)
    back = undo(context, "memory.take_back", fact=fact.id)
    return Outcome(ok=True, text=f"I will remember: {plain(said)}", data={"id": fact.id}, undo=back)


async def recall(context: Context, query: str) -> Outcome:
    async with context.open() as work:
        found = _telling(await work.facts.recall(query), context)
    if not found:
        return Outcome(ok=True, text=f"I remember nothing about “{plain(query)}”.", data=[])
    lines = bullets([_cited(hit, context) for hit in found])
    data = [{"id": hit.id, "kind": hit.kind, "text": hit.text[:1000], "at": hit.at.isoformat()} for hit in found]
    return Outcome(ok=True, text=f"What I remember:\n\n{lines}", data=data)


async def about_me(context: Context) -> Outcome:
    async with context.open() as work:
        facts = [fact for fact in await work.facts.list() if fact.replaced_by is None]
    if not facts:
        return Outcome(ok=True, text="I know nothing about you yet. Tell me something to remember.", data=[])
    parts: list[str] = []
    for category, members in groupby(sorted(facts, key=_category), key=_category):
        lines = bullets([f"{plain(fact.text)} ({dated(fact.at, context.user)})" for fact in members])
        parts.append(f"**{plain(category)}**\n\n{lines}" if category else lines)
    data = [{"id": fact.id, "text": fact.text, "category": fact.category} for fact in facts]
    what = count(len(facts), "thing")
    return Outcome(ok=True, text=f"I know {what} about you:\n\n" + "\n\n".join(parts), data=data)


async def forget(context: Context, fact: str) -> Outcome:
    async with context.open() as work:
        found = pick(fact, await work.facts.list(), lambda fact: fact.text, "remembered fact")
        await work.facts.forget(found.id)
    return Outcome(ok=True, text=f"Forgotten for good: {plain(found.text)}", data={"id": found.id})


async def take_back(context: Context, fact: str) -> Outcome:
    async with context.open() as work:
        await work.facts.forget(fact)
    return Outcome(ok=True, text="I do not keep that after all.")


async def export(context: Context) -> Outcome:
    async with context.open() as work:
        everything = await work.everything.export()
    rows = {name: len(kept) for name, kept in everything.items() if isinstance(kept, list) and kept}
    lines = bullets([f"{plain(name.replace('_', ' '))}: {number}" for name, number in sorted(rows.items())])
    where = "The settings page gives you all of it as one file, in JSON."
    return Outcome(ok=True, text=f"What is kept about you:\n\n{lines}\n\n{where}", data=rows)


async def delete_everything(context: Context, confirm: str) -> Outcome:
    async with context.open() as work:
        await work.everything.delete()
    return Outcome(ok=True, text="Everything that was kept about you is deleted for good.")


async def named(work: Work, id: str) -> str | None:
    return next((fact.text for fact in by_id(id, await work.facts.list())), None)


def _telling(found: Sequence[Found], context: Context) -> list[Found]:
    """Without what adds nothing: the very question, and messages that only said what a remembered fact says."""
    known = [hit.text.casefold() for hit in found if hit.kind == "fact"] + [context.own_words.casefold().strip()]

    def adds(hit: Found) -> bool:
        text = hit.text.casefold().strip()
        if hit.id in context.lines:
            return False
        return hit.kind != "message" or not any(fact and fact in text for fact in known)

    return [hit for hit in found if adds(hit)]


def _category(fact: Fact) -> str:
    return fact.category.casefold()


def _cited(hit: Found, context: Context) -> str:
    return f"{plain(hit.text)} ({SOURCES.get(hit.kind, hit.kind)}, {dated(hit.at, context.user)})"
