"""Walls between people, and all of one person's data: nobody sees another's, all is exported, all goes."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from bot.action import Outcome
from bot.ids import new_id
from bot.learning.files import pieces
from bot.message import Attachment, Kind
from bot.model import Tier, Usage
from bot.people import Scope
from bot.records import Audit, Delivery, DeliveryState, Document, Fact, Heard, InboundState, Page
from bot.repositories import Work
from bot.trust import Trust
from memory.database import Database
from memory.everything import tables_of_people
from memory.tables import deliveries, events, inbound, metadata, passages, users, vectors
from tests.memory_world import NOW, account_of, chat_of
from tests.test_memory_belongings import a_contact, a_draft, a_note, a_reminder, a_task
from tests.test_memory_inbox import message as arrived
from tests.test_memory_messages import said
from tests.test_memory_suggestions import CALL, suggestion_for

MARK = "Zanzibar"  # stands in every text of Ann's
FILE = Attachment(kind=Kind.FILE, ref="r", mime="text/plain", size=1, name=f"{MARK}.txt")


def a_fact() -> Fact:
    return Fact(id=new_id(), text=f"Dreams of {MARK}", category="travel", source="you", at=NOW)


def a_document() -> Document:
    return Document(
        id=new_id(), kind=Kind.FILE, mime="text/plain", name=f"{MARK}.txt", size=1, at=NOW, platform="web", caption=MARK
    )


async def fill(database: Database, scope: Scope) -> dict[str, Any]:
    """A row in every table that belongs to a person; what is needed to look for each."""
    card = suggestion_for(scope, title=MARK)
    message = said(chat_of(scope), f"To {MARK}!", suggestion=card.id)
    records = {"tasks": a_task(title=MARK), "notes": a_note(), "contacts": a_contact(MARK), "drafts": a_draft()}
    records |= {"reminders": a_reminder(text=MARK), "facts": a_fact()}
    forgotten = a_fact()
    delivery = Delivery(message=message.id, to=message.at, state=DeliveryState.DELIVERED)
    waits = Delivery(message=new_id(), to=message.at, state=DeliveryState.WAITING, ref="r1,r2")
    trust = Trust(id=new_id(), action="x.y", account=None, targets={"to": MARK}, until=NOW)
    used = dict.fromkeys(("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"), 1)
    async with database.work(scope) as work:
        await work.messages.put(message)
        await work.suggestions.add(card)
        await work.trusts.add(trust)
        await work.executions.claim(CALL)
        await work.executions.finish(CALL, Outcome(ok=True, text=MARK))
        await work.deliveries.put(delivery)
        await work.deliveries.put(waits)
        await work.voices.put_heard("sound", Heard(text=MARK), NOW)
        await work.voices.put_spoken("words", b"sound", NOW)
        await work.usage.add("turn", Usage(model="m", tier=Tier.FAST, dollars=1, seconds=1, **used), NOW)
        await work.audit.add(Audit(at=NOW, kind="said yes", about={}))
        for shelf, record in records.items():
            await getattr(work, shelf).put(record)
        await work.facts.put(forgotten)
        await work.facts.forget(forgotten.id)
        file = await work.files.put(FILE, b"x")
        document = await work.documents.take(a_document(), b"y")
        assert document is not None
        await work.documents.write(document.id, pieces((Page(label="page 1", text=f"{MARK} is warm."),)), pages=1)
        row = {"org_id": scope.org, "user_id": scope.user, "id": new_id(), "kind": "k", "subject": MARK, "at": NOW}
        await work.tx.execute(insert(events).values(row))
        said_hash = select(passages.c.hash).where(passages.c.record == message.id).scalar_subquery()
        vector = {"model": "m", "dimension": 2, "vector": [0.6, 0.8], "hash": said_hash}
        await work.tx.execute(insert(vectors).values(org_id=scope.org, user_id=scope.user, **vector))
    await fill_the_door(database, scope)
    return {"message": message, "card": card, "file": file, "document": document.id, "trust": trust, **records}


async def fill_the_door(database: Database, scope: Scope) -> None:
    async with database.door() as door:
        user = await door.persons.get(scope)
        assert user is not None
        await door.persons.link(account_of(scope), user)
        await door.persons.link(account_of(scope, "web"), user)
        await door.sessions.open(scope, NOW)
        await door.sessions.new_link(scope, NOW)
        await door.secrets.put(scope, "claude", "sk-secret")
        for state in (InboundState.ANSWERED, InboundState.WORKING):
            key = new_id()
            await door.inbox.put(arrived(scope, MARK), key, NOW)
            await door.inbox.mark([key], state)


READS: dict[str, Callable[[Work, dict[str, Any]], Awaitable[Any]]] = {
    "messages.get": lambda w, of: w.messages.get(of["message"].id),
    "messages.since": lambda w, of: w.messages.since(of["message"].at, 0),
    "messages.before": lambda w, of: w.messages.before(of["message"].at, None),
    "messages.of_suggestion": lambda w, of: w.messages.of_suggestion(of["card"].id),
    "messages.conversations": lambda w, of: w.messages.conversations(),
    "messages.search": lambda w, of: w.messages.search(MARK),
    "suggestions.get": lambda w, of: w.suggestions.get(of["card"].id),
    "suggestions.by_nonce": lambda w, of: w.suggestions.by_nonce(of["card"].nonce),
    "suggestions.open": lambda w, of: w.suggestions.open(),
    "suggestions.recent": lambda w, of: w.suggestions.recent(),
    "suggestions.in_state": lambda w, of: w.suggestions.in_state(of["card"].state),
    "suggestions.move": lambda w, of: w.suggestions.move(of["card"], of["card"]),
    "trusts.list": lambda w, of: w.trusts.list(),
    "trusts.revoke": lambda w, of: w.trusts.revoke(of["trust"].id),
    "deliveries.get": lambda w, of: w.deliveries.get(of["message"].id, of["message"].at),
    "deliveries.with_ref": lambda w, of: w.deliveries.with_ref(of["message"].at, "r2"),
    "deliveries.waiting": lambda w, of: w.deliveries.waiting(of["message"].at),
    "voices.heard": lambda w, of: w.voices.heard("sound", NOW - timedelta(hours=1)),
    "voices.spoken": lambda w, of: w.voices.spoken("words", NOW - timedelta(hours=1)),
    "usage.by_model": lambda w, of: w.usage.by_model(NOW),
    "audit.recent": lambda w, of: w.audit.recent(),
    "files.get": lambda w, of: w.files.get(of["file"]),
    "documents.get": lambda w, of: w.documents.get(of["document"]),
    "documents.list": lambda w, of: w.documents.list(),
    "documents.extracts": lambda w, of: w.documents.extracts(of["document"]),
    "documents.find": lambda w, of: w.documents.find(MARK),
    "facts.recall": lambda w, of: w.facts.recall(MARK),
    "facts.is_forgotten": lambda w, of: w.facts.is_forgotten(a_fact().text),
    "notes.search": lambda w, of: w.notes.search("wifi"),
    "contacts.named": lambda w, of: w.contacts.named(MARK),
    **{
        f"{shelf}.get": lambda w, of, shelf=shelf: getattr(w, shelf).get(of[shelf].id)  # type: ignore[misc]
        for shelf in ("tasks", "reminders", "notes", "facts", "contacts", "drafts")
    },
    **{
        f"{shelf}.list": lambda w, of, shelf=shelf: getattr(w, shelf).list()  # type: ignore[misc]
        for shelf in ("tasks", "reminders", "notes", "facts", "contacts", "drafts")
    },
}


@pytest.fixture(scope="module")
def worlds() -> dict[str, Any]:
    return {}


@pytest.mark.parametrize("read", READS)
async def test_nobody_sees_anothers_rows(
    database: Database, worlds: dict[str, Any], ann: Scope, bob: Scope, read: str
) -> None:
    if not worlds:
        worlds.update(ann=ann, hers=await fill(database, ann))
    async with database.work(bob) as work:
        assert not await READS[read](work, worlds["hers"])
    async with database.work(worlds["ann"]) as work:
        assert await READS[read](work, worlds["hers"])
        await work.tx.rollback()


async def test_nobody_changes_anothers_rows(database: Database, ann: Scope, bob: Scope) -> None:
    hers = await fill(database, ann)
    shelves = ("tasks", "reminders", "notes", "facts", "contacts", "drafts")
    async with database.work(bob) as work:
        await work.documents.forget(hers["document"])
        for shelf in shelves:
            remove = work.facts.forget if shelf == "facts" else getattr(work, shelf).remove
            await remove(hers[shelf].id)
        await work.trusts.used(hers["trust"].id)
        assert await work.executions.claim(CALL) is None  # the same key is another's own
    async with database.work(ann) as work:
        assert await work.documents.get(hers["document"]) is not None
        for shelf in shelves:
            assert await getattr(work, shelf).get(hers[shelf].id) == hers[shelf]
        assert (await work.executions.claim(CALL)) is not None
        assert list(await work.trusts.list()) == [hers["trust"]]


async def rows_of(database: Database, scope: Scope) -> dict[str, int]:
    async with database.door() as door:
        return {
            table.name: (
                await door.tx.scalar(select(func.count()).select_from(table).where(table.c.user_id == scope.user))
            )
            for table in tables_of_people()
        }


def test_every_table_says_whose_its_rows_are_or_is_known_to_be_nobodys() -> None:
    nobodys = {table.name for table in metadata.sorted_tables if "user_id" not in table.c}
    assert nobodys == {"orgs", "users", "cursors", "inbound", "installations", "leases", "link_codes", "wrong_codes"}
    for table in tables_of_people():
        assert any(fk.column is users.c.id and fk.ondelete == "CASCADE" for fk in table.c.user_id.foreign_keys)


async def test_the_export_holds_a_row_of_every_table_and_no_key(database: Database, ann: Scope, bob: Scope) -> None:
    await fill(database, ann)
    await fill(database, bob)
    async with database.work(ann) as work:
        export = await work.everything.export()
    written = json.dumps(export)
    assert {name for name, rows in export.items() if not rows} == set()
    derived = {"passages", "postings", "tallies", "vectors"}  # made from the rest, and nothing a person can read
    assert set(export) == {"profile", "audit"} | {table.name for table in tables_of_people()} - derived
    assert "sk-secret" not in written
    assert bob.user not in written
    assert export["facts"][0]["text"] == f"Dreams of {MARK}"
    assert export["suggestions"][0]["steps"][0]["arguments"] == dict(CALL.arguments)


async def test_after_deletion_nothing_is_left_but_an_empty_user_and_a_line_in_the_log(
    database: Database, ann: Scope, bob: Scope
) -> None:
    await fill(database, ann)
    await fill(database, bob)
    assert all((await rows_of(database, ann)).values()), "fill() puts a row into every table"
    his = await rows_of(database, bob)
    async with database.work(ann) as work:
        shown = await work.messages.put(said(chat_of(ann, "web"), MARK))
        await work.everything.delete()
    left = {name: count for name, count in (await rows_of(database, ann)).items() if count}
    assert left == {"persons": 1, "conversations": 1}  # their own web chat, where the answer goes
    assert await rows_of(database, bob) == his
    async with database.work(ann) as work:
        assert (await work.profile.get()).name == ""
        assert [line.kind for line in await work.audit.recent()] == ["deleted everything", "said yes"]
        assert MARK not in json.dumps(await work.everything.export())
        await work.executions.finish(CALL, Outcome(ok=True, text="Deleted."))  # the turn that asked can still end
        answer = await work.messages.put(said(chat_of(ann, "web"), "Deleted."))
        assert answer.seq > shown.seq  # an open page that has seen all so far sees this
    async with database.door() as door:
        payloads = (
            (await door.tx.execute(select(inbound.c.payload).where(inbound.c.sender == ann.user))).scalars().all()
        )
        theirs = await door.tx.scalar(select(func.count()).where(inbound.c.sender == bob.user))
    assert [payload["text"] for payload in payloads] == [""]
    assert theirs == 2


async def test_retention_takes_what_is_over_and_leaves_what_is_not(database: Database, ann: Scope) -> None:
    await fill(database, ann)
    async with database.door() as door:
        await door.persons.code_for(account_of(ann, "slack"), chat_of(ann), NOW)
        await door.persons.redeem("WRONG234", NOW)
        while await door.chores.prune(NOW):
            pass  # what the tests before this one left
    before = await rows_of(database, ann)
    async with database.door() as door:
        await door.tx.execute(deliveries.update().values(changed_at=NOW))
        assert await door.chores.prune(NOW + timedelta(minutes=1)) == 0
    async with database.door() as door:
        assert await door.chores.prune(NOW + timedelta(days=91)) > 0
    after = await rows_of(database, ann)
    gone = {name for name, count in before.items() if count != after[name]}
    assert gone == {"sessions", "sign_in_links", "events", "deliveries", "heard", "spoken"}
    async with database.door() as door:
        states = (await door.tx.execute(select(inbound.c.state).where(inbound.c.sender == ann.user))).scalars().all()
    assert list(states) == ["working"]
