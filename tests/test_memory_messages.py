"""What was said: order, change, pages, search."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.ids import new_id
from bot.message import Address, Attachment, Choice, Kind
from bot.people import Scope
from bot.records import Author, Message
from bot.repositories import Stale
from memory.database import Database
from tests.memory_world import NOW, chat_of


def said(at: Address, text: str, author: Author = Author.USER, **more: object) -> Message:
    return Message(id=new_id(), at=at, author=author, text=text, sent_at=NOW, **more)  # type: ignore[arg-type]


async def put(database: Database, scope: Scope, *messages: Message) -> list[Message]:
    async with database.work(scope) as work:
        return [await work.messages.put(message) for message in messages]


async def test_a_message_comes_back_as_it_was_put(database: Database, ann: Scope, here: Address) -> None:
    message = said(
        here,
        "Ärger\n**fett** 日本",
        Author.ASSISTANT,
        choices=(Choice(label="Approve", token="a.x"),),
        files=(Attachment(kind=Kind.IMAGE, ref="f", mime="image/png", size=3, name="x.png"),),
        suggestion=new_id(),
        state="open",
        actions=("tasks.add",),
        outside=True,
    )
    (stored,) = await put(database, ann, message)
    async with database.work(ann) as work:
        assert await work.messages.get(message.id) == stored == replace(message, seq=1, position=1)
        assert list(await work.messages.of_suggestion(message.suggestion or "")) == [stored]


async def test_a_reader_who_asks_since_the_last_seq_sees_news_and_changes_once(
    database: Database, ann: Scope, here: Address
) -> None:
    first, second = await put(database, ann, said(here, "one"), said(here, "two"))
    (changed,) = await put(database, ann, replace(first, text="one, changed"))
    async with database.work(ann) as work:
        assert list(await work.messages.since(here, second.seq)) == [changed]
        assert list(await work.messages.since(here, changed.seq)) == []
        assert [m.text for m in await work.messages.since(here, 0, limit=1)] == ["two"]


async def test_a_changed_message_keeps_its_place_in_the_history(database: Database, ann: Scope, here: Address) -> None:
    stored = await put(database, ann, *(said(here, str(n)) for n in range(6)))
    await put(database, ann, replace(stored[1], text="1!"), replace(stored[3], text="3!"))
    async with database.work(ann) as work:
        newest = await work.messages.before(here, None, limit=3)
        assert [m.text for m in newest] == ["3!", "4", "5"]
        assert [m.text for m in await work.messages.before(here, newest[0].position, limit=2)] == ["1!", "2"]
        assert [m.text for m in await work.messages.before(here, stored[0].position)] == []


async def test_writers_at_once_get_different_seqs_that_become_visible_in_order(
    database: Database, ann: Scope, here: Address
) -> None:
    seen: list[int] = []

    async def write(number: int) -> None:
        async with database.work(ann) as work:
            seen.append((await work.messages.put(said(here, str(number)))).seq)

    async def read() -> None:
        last = 0
        while last < 20:
            async with database.work(ann) as work:
                seqs = [m.seq for m in await work.messages.since(here, last)]
            assert seqs == list(range(last + 1, last + 1 + len(seqs)))  # no gap that is filled later
            last += len(seqs)

    async with asyncio.timeout(10):
        await asyncio.gather(read(), *(write(n) for n in range(20)))
    assert sorted(seen) == list(range(1, 21))


async def test_the_id_of_anothers_message_cannot_be_overwritten(
    database: Database, ann: Scope, bob: Scope, here: Address
) -> None:
    (hers,) = await put(database, ann, said(here, "mine"))
    with pytest.raises(Stale):
        await put(database, bob, replace(hers, at=chat_of(bob), text="stolen"))
    async with database.work(ann) as work:
        assert (await work.messages.get(hers.id)) == hers


async def test_conversations_are_listed_latest_first_with_what_they_began_with(
    database: Database, ann: Scope, here: Address
) -> None:
    web = chat_of(ann, "web")
    await put(database, ann, said(here, "Good morning"), said(here, "Plan my day\nplease"))
    await put(database, ann, replace(said(web, "Hello from the web"), sent_at=NOW + timedelta(hours=1)))
    async with database.work(ann) as work:
        latest, other = await work.messages.conversations()
    assert (latest.at, latest.title, latest.messages) == (web, "Hello from the web", 1)
    assert (other.at, other.title, other.messages) == (here, "Good morning", 2)


@pytest.mark.parametrize("query", ["dentist", "DENTISTS", "appointments with the dentist", "歯医者", "termin"])
async def test_search_finds_other_forms_of_the_word_in_any_language(
    database: Database, ann: Scope, here: Address, query: str
) -> None:
    hit = said(here, "My dentist appointment is on Monday. 明日は歯医者です。 Der Termin steht.")
    await put(database, ann, hit, said(here, "Buy milk"), said(here, "Noted.", Author.ASSISTANT))
    async with database.work(ann) as work:
        found = await work.messages.search(query)
    assert [(f.id, f.kind, f.source) for f in found] == [(hit.id, "message", "you")]


@pytest.mark.parametrize("query", ["", "':*", "!&|() <->", "\x00", "a" * 100_000, "% _ \\"])
async def test_no_query_breaks_search(database: Database, ann: Scope, here: Address, query: str) -> None:
    await put(database, ann, said(here, "Buy milk"))
    async with database.work(ann) as work:
        assert list(await work.messages.search(query)) == []
        assert list(await work.notes.search(query)) == []
        assert list(await work.facts.recall(query)) == []


async def test_a_very_long_and_a_strange_text_are_kept(database: Database, ann: Scope, here: Address) -> None:
    long, strange = said(here, "wörd " * 200_000), said(here, "a\x00b\ud800c\u202e\U0001f600")
    await put(database, ann, long, strange)
    async with database.work(ann) as work:
        assert (await work.messages.get(long.id) or long).text == long.text
        assert (await work.messages.get(strange.id) or strange).text == "ab?c\u202e\U0001f600"
