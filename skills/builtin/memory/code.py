"""Memory as the person meets it: remember, recall with dates, forget for good, take everything out or away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from bot.action import Outcome
from bot.ids import derived_id
from bot.learning.statement import statement
from bot.ports import Context
from bot.records import Fact, Found
from bot.repositories import Work
from skills.sorry import Sorry
from skills.undo import undo
from skills.which import ask_which, by_id, pick
from skills.wording import bullets, count, dated, plain

LEAST_LIKE = 1  # words that a correction shares with what it corrects
IN_FILES = 4  # pieces of files among what is recalled
SOURCES = {"fact": "you told me", "note": "a note", "message": "our conversation"}


async def remember(context: Context, text: str, category: str = "") -> Outcome:
    said = text.strip()
    if not said:
        raise Sorry("What should I remember?")
    async with context.open() as work:
        await work.facts.alone()
        known = [fact for fact in await work.facts.list() if _same(fact.text, said)]
        if known:
            when = dated(known[0].at, context.user)
            return Outcome(ok=True, text=f"I know that already, since {when}.", data={"id": known[0].id})
        if not context.own_words and await work.facts.is_forgotten(said):
            raise Sorry("You asked me to forget this, so I do not remember it again unless you say so yourself.")
        fact = _told(context, said, category)
        await work.facts.put(fact)
    back = undo(context, "memory.take_back", fact=fact.id)
    return Outcome(ok=True, text=f"I will remember: {plain(said)}", data={"id": fact.id}, undo=back)


async def recall(context: Context, query: str) -> Outcome:
    async with context.open() as work:
        found = _telling(await work.facts.recall(query), context)
        found += await work.documents.find(query, IN_FILES)
    if not found:
        return Outcome(ok=True, text=f"I remember nothing about “{plain(query)}”.", data=[])
    lines = bullets([_cited(hit, context) for hit in found])
    data = [{"id": hit.id, "kind": hit.kind, "text": hit.text[:1000], "at": hit.at.isoformat()} for hit in found]
    outside = any(hit.outside for hit in found)
    return Outcome(ok=True, text=f"What I remember:\n\n{lines}", data=data, outside=outside)


async def about_me(context: Context) -> Outcome:
    async with context.open() as work:
        facts = [fact for fact in await work.facts.list() if fact.replaced_by is None]
    if not facts:
        return Outcome(ok=True, text="I know nothing about you yet. Tell me something to remember.", data=[])
    parts: list[str] = []
    for category, members in groupby(sorted(facts, key=_category), key=_category):
        lines = bullets([_with_source(fact, context) for fact in members])
        parts.append(f"**{plain(category)}**\n\n{lines}" if category else lines)
    data = [{"id": fact.id, "text": fact.text, "category": fact.category} for fact in facts]
    what = count(len(facts), "thing")
    return Outcome(ok=True, text=f"I know {what} about you:\n\n" + "\n\n".join(parts), data=data)


async def source(context: Context, fact: str) -> Outcome:
    async with context.open() as work:
        found = pick(fact, await work.facts.list(), lambda fact: fact.text, "remembered fact")
        older = await work.facts.history(found.id)
    said = f"You said on {dated(found.at, context.user)}: “{plain(found.quote)}”"
    lines = [said if found.quote else f"You told me on {dated(found.at, context.user)} to remember it."]
    lines += [f"You said it again on {dated(found.seen_at, context.user)}."] if found.seen_at else []
    lines += [f"Before that I knew: {_with_source(fact, context)}" for fact in older]
    data = [
        {"id": each.id, "text": each.text, "quote": each.quote, "at": each.at.isoformat()} for each in (found, *older)
    ]
    return Outcome(ok=True, text=f"**{plain(found.text)}**\n\n{bullets(lines)}", data=data)


async def correct(context: Context, text: str, fact: str = "") -> Outcome:
    said = text.strip()
    if not said:
        raise Sorry("What is right?")
    async with context.open() as work:
        await work.facts.alone()
        known = await work.facts.list()
        wrong = pick(fact, known, lambda fact: fact.text, "remembered fact") if fact else _meant(said, known)
        right = replace(_told(context, said, wrong.category), favourite=wrong.favourite, who=wrong.who)
        await work.facts.put(right)
        await work.facts.put(replace(wrong, replaced_by=right.id))
    back = undo(context, "memory.uncorrect", fact=right.id, before=wrong.id)
    text = f"Corrected: {plain(said)}. Before that I knew: {plain(wrong.text)}"
    return Outcome(ok=True, text=text, data={"id": right.id}, undo=back)


async def uncorrect(context: Context, fact: str, before: str) -> Outcome:
    async with context.open() as work:
        await work.facts.alone()
        old = await work.facts.get(before)
        if old is not None:  # first out of the history of the other, or it would go with it
            await work.facts.put(replace(old, replaced_by=None))
        await work.facts.forget(fact)
    return Outcome(ok=True, text="I took the correction back.")


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


def _told(context: Context, said: str, category: str) -> Fact:
    """What the person has us remember now."""
    return Fact(
        id=derived_id(context.key, "fact"),
        text=said,
        category=category,
        source=f"you, {dated(context.now, context.user)}" if context.own_words else "conversation",
        at=context.now,
        message=context.lines[-1] if context.lines else None,
    )


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold() or (bool(statement(one)) and statement(one) == statement(other))


def _meant(said: str, known: Sequence[Fact]) -> Fact:
    """The known fact that the correction is about: the one that shares most words with it. Raises Sorry."""
    shared = {fact.id: len(set(statement(fact.text)) & set(statement(said))) for fact in known}
    most = max(shared.values(), default=0)
    hits = [fact for fact in known if shared[fact.id] == most and most >= LEAST_LIKE]
    if len(hits) == 1:
        return hits[0]
    if not hits:
        raise Sorry(f"I find nothing that I know about you and “{plain(said)}” would correct.")
    raise ask_which(hits, lambda fact: fact.text, "Which of these is wrong?")


def _with_source(fact: Fact, context: Context) -> str:
    how = "from our conversation" if fact.quote else "you told me"
    due = f", due {fact.due:%Y-%m-%d}" if fact.due else ""
    return f"{plain(fact.text)} ({how}, {dated(fact.at, context.user)}{due})"


def _category(fact: Fact) -> str:
    return fact.category.casefold()


def _cited(hit: Found, context: Context) -> str:
    source = hit.source if hit.kind == "file" else SOURCES.get(hit.kind, hit.kind)
    return f"{plain(hit.text)} ({plain(source)}, {dated(hit.at, context.user)})"
