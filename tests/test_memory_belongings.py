"""Tasks, reminders, notes, contacts, drafts, files, costs, the log: what could break in keeping them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError

from bot.ids import new_id
from bot.message import Address, Attachment, Kind
from bot.model import Tier, Usage
from bot.people import Scope
from bot.records import Audit, Contact, Draft, Note, Reminder, Task
from bot.repositories import Stale
from memory.contacts import meant
from memory.database import Database
from memory.tables import MOST_BYTES, audit
from tests.memory_world import NOW, chat_of


def a_task(**more: Any) -> Task:
    return replace(Task(id=new_id(), title="Buy milk", created_at=NOW), **more)


def a_note() -> Note:
    return Note(id=new_id(), title="Wifi", text="The password is on the fridge", created_at=NOW)


def a_contact(name: str, **more: Any) -> Contact:
    return Contact(id=new_id(), name=name, **more)


def a_draft() -> Draft:
    return Draft(id=new_id(), to="bob@example.com", subject="Thursday", text="Works for me", created_at=NOW)


def a_reminder(**more: Any) -> Reminder:
    plain = Reminder(id=new_id(), text="Call mum", zone="Europe/Berlin", next_at=NOW, created_at=NOW)
    return replace(plain, **more)


VERSIONED = [
    pytest.param("tasks", a_task, "title", id="tasks"),
    pytest.param("notes", a_note, "text", id="notes"),
    pytest.param("contacts", lambda: a_contact("Ann"), "about", id="contacts"),
    pytest.param("drafts", a_draft, "text", id="drafts"),
]


@pytest.mark.parametrize(("shelf", "make", "field"), VERSIONED)
async def test_of_two_changes_from_the_same_version_the_second_is_stale(
    database: Database, ann: Scope, shelf: str, make: Any, field: str
) -> None:
    first = make()
    mine, other = (replace(first, version=2, **{field: words}) for words in ("mine", "other"))

    async def put(record: Any) -> None:
        async with database.work(ann) as work:
            await getattr(work, shelf).put(record)

    await put(first)
    results = await asyncio.gather(put(mine), put(other), return_exceptions=True)
    assert [type(result) for result in results if result] == [Stale]
    with pytest.raises(Stale):
        await put(first)  # version 1 is an insert
    async with database.work(ann) as work:
        kept = await getattr(work, shelf).get(first.id)
        assert kept in (mine, other)
        await getattr(work, shelf).remove(first.id)
        assert await getattr(work, shelf).get(first.id) is None
    await put(first)  # what was removed can be restored


async def test_a_title_where_an_id_is_expected_finds_nothing(database: Database, ann: Scope) -> None:
    async with database.work(ann) as work:
        assert await work.tasks.get("buy milk") is None
        await work.tasks.remove("buy milk")
        with pytest.raises(ValueError, match="buy milk"):
            await work.tasks.put(a_task(id="buy milk"))


async def test_open_tasks_come_by_due_date_and_done_ones_apart(database: Database, ann: Scope) -> None:
    late, soon = a_task(due=date(2026, 12, 1), labels=("home",)), a_task(due=date(2026, 11, 21), priority="high")
    whenever, done = a_task(parent=late.id), a_task(done_at=NOW)
    async with database.work(ann) as work:
        for task in (late, whenever, done, soon):
            await work.tasks.put(task)
        assert list(await work.tasks.list()) == [soon, late, whenever]
        assert list(await work.tasks.list(done=True)) == [done]


async def test_due_reminders_are_claimed_by_one_process_only(database: Database, ann: Scope, here: Address) -> None:
    due = [a_reminder(next_at=NOW - timedelta(minutes=n), where=here, rule="0 9 * * 1") for n in (1, 2)]
    future, over = a_reminder(next_at=NOW + timedelta(minutes=1)), a_reminder(next_at=None)
    async with database.work(ann) as work:
        for reminder in (*due, future, over):
            await work.reminders.put(reminder)
        assert list(await work.reminders.list()) == [due[1], due[0], future, over]
    async with database.door() as one, database.door() as other:
        claimed = [found for found in await one.due.claim(NOW) if found[0] == ann]
        assert claimed == [(ann, due[1]), (ann, due[0])]
        assert [found for found in await other.due.claim(NOW) if found[0] == ann] == []
        await one.due.advance(ann, due[0].id, NOW + timedelta(days=7))
        await one.due.advance(ann, due[1].id, None)
    async with database.door() as door:
        assert [found for found in await door.due.claim(NOW) if found[0] == ann] == []
    async with database.work(ann) as work:
        assert await work.reminders.get(due[0].id) == replace(due[0], next_at=NOW + timedelta(days=7))


async def test_notes_are_found_by_title_and_text(database: Database, ann: Scope) -> None:
    note = a_note()
    async with database.work(ann) as work:
        await work.notes.put(note)
        await work.notes.put(replace(a_note(), id=new_id(), title="Zoo", text="Opens at nine"))
        assert [n.id for n in await work.notes.search("passwords")] == [note.id]
        assert [n.id for n in await work.notes.search("wifi")] == [note.id]


ANN_LEE, ANN_WU = a_contact("Ann Lee"), a_contact("Ann Wu", called=("my sister", "Nan"))
KNOWN = [ANN_LEE, ANN_WU, a_contact("Anna Kern", email="anna@example.com"), a_contact("Øyvind Ünal")]


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("ann", ["Ann Lee", "Ann Wu"]),
        ("Ann  LEE", ["Ann Lee"]),
        ("lee", ["Ann Lee"]),
        ("my sister", ["Ann Wu"]),
        ("nan", ["Ann Wu"]),
        ("øy", ["Øyvind Ünal"]),
        ("anna@example.com", ["Anna Kern"]),
        ("Bob", []),
        ("", []),
        ("...", []),
    ],
)
def test_a_name_means_all_who_may_be_meant(name: str, names: list[str]) -> None:
    assert [contact.name for contact in meant(name, KNOWN)] == names


async def test_contacts_are_found_by_name_in_the_database(database: Database, ann: Scope) -> None:
    async with database.work(ann) as work:
        for contact in KNOWN:
            await work.contacts.put(contact)
        assert list(await work.contacts.named("Nan")) == [ANN_WU]
        assert len(await work.contacts.list()) == 4
        for contact in KNOWN:
            await work.contacts.remove(contact.id)


async def test_a_file_is_kept_byte_for_byte_and_too_big_a_one_refused(database: Database, ann: Scope) -> None:
    picture = Attachment(kind=Kind.IMAGE, ref="platform", mime="image/png", size=0, name="x.png", duration=None)
    content = bytes(range(256)) * 40
    async with database.work(ann) as work:
        ref = await work.files.put(picture, content)
        assert await work.files.get(ref) == (replace(picture, ref=ref, size=len(content)), content)
        assert await work.files.get("platform") is None
        with pytest.raises(ValueError, match="25 MB"):
            await work.files.put(picture, bytes(MOST_BYTES + 1))


async def test_spending_is_summed_since_a_moment_and_by_model(database: Database, ann: Scope) -> None:
    cheap = Usage(
        model="fast-1",
        tier=Tier.FAST,
        input_tokens=10,
        output_tokens=5,
        cache_read_tokens=100,
        cache_write_tokens=1,
        dollars=0.25,
        seconds=0.5,
    )
    async with database.work(ann) as work:
        assert (await work.usage.since(NOW)).dollars == 0
        await work.usage.add("turn", cheap, NOW)
        await work.usage.add("turn", cheap, NOW - timedelta(days=2))
        await work.usage.add("summary", replace(cheap, model="deep-1", tier=Tier.DEEP, dollars=1.0), NOW)
        total = await work.usage.since(NOW - timedelta(days=1))
        models = [(name, spend.dollars) for name, spend in await work.usage.by_model(NOW - timedelta(days=3))]
    assert (total.dollars, total.calls, total.input_tokens, total.output_tokens) == (1.25, 2, 222, 10)
    assert models == [("deep-1", 1.0), ("fast-1", 0.5)]


@pytest.mark.parametrize("change", [update(audit).values(kind="x"), delete(audit), text("TRUNCATE audit")])
async def test_a_line_of_the_log_cannot_be_changed_or_taken_out(database: Database, ann: Scope, change: Any) -> None:
    line = Audit(at=NOW, kind="approved", about={"suggestion": "x"})
    async with database.work(ann) as work:
        await work.audit.add(line)
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.work(ann) as work:
            await work.tx.execute(change)
    async with database.work(ann) as work:
        assert list(await work.audit.recent()) == [line]


async def test_a_profile_is_changed_by_its_owner_only(database: Database, ann: Scope, bob: Scope) -> None:
    async with database.work(ann) as work:
        user = replace(await work.profile.get(), zone="America/Lima", paused=True, fast_only_until=NOW)
        await work.profile.put(user)
        assert await work.profile.get() == user
    async with database.work(bob) as work:
        with pytest.raises(ValueError, match="somebody else"):
            await work.profile.put(user)


async def test_a_reminder_is_changed_under_its_id_and_not_by_another(
    database: Database, ann: Scope, bob: Scope
) -> None:
    reminder = a_reminder(where=chat_of(ann))
    async with database.work(ann) as work:
        await work.reminders.put(reminder)
        await work.reminders.put(replace(reminder, text="Call dad", created_at=None))
        assert await work.reminders.get(reminder.id) == replace(reminder, text="Call dad")
    with pytest.raises(Stale):
        async with database.work(bob) as work:
            await work.reminders.put(replace(reminder, text="stolen"))
