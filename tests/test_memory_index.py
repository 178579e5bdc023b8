"""What recall looks through stays in step with what was told, whoever writes and deletes, and in whichever order."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, text

from bot.ids import new_id
from bot.message import Address
from bot.people import Scope
from bot.records import Author, Fact, Note
from memory.database import Database
from memory.tables import facts, messages, notes, passages, postings, tallies, users
from tests.memory_world import NOW, chat_of, new_user
from tests.test_memory_messages import said

WORDS = ("dentist", "Tuesday", "running", "ran", "house", "Häuser", "歯医者です", "the", "", "42", "x/y", "don't")
texts = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
steps = st.lists(
    st.tuples(
        st.sampled_from(("tell", "edit", "remove", "replace", "note", "say", "outside")), st.integers(0, 9), texts
    ),
    max_size=14,
)


async def take(database: Database, scope: Scope, step: tuple[str, int, str], kept: dict[str, list[str]]) -> None:
    """One change of what is remembered, at random."""
    what, which, words = step
    here = chat_of(scope)
    async with database.work(scope) as work:
        if what == "tell":
            fact = Fact(id=new_id(), text=words, category="", source="you", at=NOW)
            await work.facts.put(fact)
            kept["facts"].append(fact.id)
        elif what == "note":
            note = Note(id=new_id(), title=words, text="a note", created_at=NOW)
            await work.notes.put(note)
            kept["notes"].append(note.id)
        elif what in ("say", "outside"):
            message = said(here, words, Author.ASSISTANT, outside=what == "outside")
            await work.messages.put(message)
            kept["messages"].append(message.id)
        elif what == "replace" and kept["facts"]:
            old = await work.facts.get(kept["facts"][which % len(kept["facts"])])
            await work.facts.put(replace(old, replaced_by=new_id(), text=words)) if old else None
        elif what == "edit" and kept["messages"]:
            message_ = await work.messages.get(kept["messages"][which % len(kept["messages"])])
            await work.messages.put(replace(message_, text=words)) if message_ else None
        elif what == "remove":
            await remove(database, work, which, kept)


async def remove(database: Database, work: object, which: int, kept: dict[str, list[str]]) -> None:
    name = ("facts", "notes", "messages")[which % 3]
    if kept[name]:
        id_ = kept[name].pop()
        if name == "facts":
            await work.facts.forget(id_)  # type: ignore[attr-defined]
        else:
            table = notes if name == "notes" else messages
            await work.tx.execute(delete(table).where(table.c.id == id_))  # type: ignore[attr-defined]


async def index_of(database: Database, scope: Scope) -> tuple[Counter[tuple[str, str]], tuple[int, int]]:
    """By term and record how often, and the counts."""
    async with database.work(scope) as work:
        rows = await work.tx.execute(
            select(passages.c.record, postings.c.term, postings.c.times)
            .join(passages, passages.c.id == postings.c.passage)
            .where(postings.c.user_id == scope.user)
        )
        counted = Counter({(str(row.record), row.term): row.times for row in rows})
        lost = select(func.count()).where(
            postings.c.user_id == scope.user, postings.c.passage.not_in(select(passages.c.id))
        )
        assert await work.tx.scalar(lost) == 0
        sums = select(func.coalesce(func.sum(tallies.c.passages), 0), func.coalesce(func.sum(tallies.c.words), 0))
        passages_, words = (await work.tx.execute(sums.where(tallies.c.user_id == scope.user))).one()
    return counted, (int(passages_), int(words))


async def recount(database: Database, scope: Scope) -> tuple[Counter[tuple[str, str]], tuple[int, int]]:
    """The same from the rows themselves."""
    told: list[Any] = [
        (facts, "text", facts.c.replaced_by.is_(None)),
        (notes, "title || E'\\n' || text", text("true")),
        (messages, "text", messages.c.text != ""),
    ]
    counted: Counter[tuple[str, str]] = Counter()
    many = words = 0
    async with database.work(scope) as work:
        for table, column, where in told:
            ids = (
                (await work.tx.execute(select(table.c.id).where(table.c.user_id == scope.user, where))).scalars().all()
            )
            many += len(ids)
            query = f"SELECT lexeme, coalesce(array_length(positions, 1), 1) AS times FROM {table.name}, "
            query += f"unnest(recall_terms({column})) WHERE id = CAST(:id AS uuid)"
            for id_ in ids:
                for row in await work.tx.execute(text(query), {"id": str(id_)}):
                    counted[str(id_), row.lexeme] = row.times
                    words += row.times
    return counted, (many, words)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
async def test_the_index_equals_a_recount_after_any_changes(
    database: Database, steps: list[tuple[str, int, str]]
) -> None:
    scope = await new_user(database, "Ann")
    kept: dict[str, list[str]] = {"facts": [], "notes": [], "messages": []}
    for step in steps:
        await take(database, scope, step, kept)
    assert await index_of(database, scope) == await recount(database, scope)


async def test_two_who_write_at_once_neither_wait_for_each_other_nor_lose_a_count(
    database: Database, ann: Scope, here: Address
) -> None:
    """Each holds its transaction open until the other has written, in two conversations and in both orders."""
    web = chat_of(ann, "web")
    both = asyncio.Barrier(2)

    async def write(first: Address, second: Address) -> None:
        async with database.work(ann) as work:
            await work.messages.put(said(first, "one two"))
            await both.wait()
            await work.facts.put(Fact(id=new_id(), text="three four", category="", source="you", at=NOW))
        async with database.work(ann) as work:
            await work.messages.put(said(second, "five six"))

    async with asyncio.timeout(20):
        await asyncio.gather(write(here, web), write(web, here))
    assert await index_of(database, ann) == await recount(database, ann)
    assert (await index_of(database, ann))[1] == (6, 12)


async def test_a_transaction_that_fails_leaves_nothing_in_the_index(
    database: Database, ann: Scope, here: Address
) -> None:
    async def fail() -> None:
        async with database.work(ann) as work:
            await work.messages.put(said(here, "a secret"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await index_of(database, ann) == (Counter(), (0, 0))


async def test_a_person_who_is_removed_leaves_nothing(database: Database, ann: Scope, here: Address) -> None:
    async with database.work(ann) as work:
        await work.messages.put(said(here, "hello dentist"))
        await work.facts.put(Fact(id=new_id(), text="likes tea", category="", source="you", at=NOW))
        await work.notes.put(Note(id=new_id(), title="Tea", text="green", created_at=NOW))
    async with database.door() as door:
        await door.tx.execute(delete(users).where(users.c.id == ann.user))
        for table in (passages, postings, tallies):
            assert await door.tx.scalar(select(func.count()).where(table.c.user_id == ann.user)) == 0
