"""What arrived: kept once, in order, and stopped when the person says so."""

from __future__ import annotations

import pytest

from bot.action import Json
from bot.ids import new_id
from bot.message import (
    Address,
    Attachment,
    ButtonPress,
    Command,
    Delivered,
    Inbound,
    InboundMessage,
    Kind,
    Reaction,
    Stop,
)
from bot.people import Scope
from bot.records import InboundState
from memory.columns import dumps
from memory.database import Database
from tests.memory_world import NOW, account_of, chat_of


def basics(scope: Scope) -> dict[str, Json]:
    return {"delivery": new_id(), "at": chat_of(scope), "sender": account_of(scope)}


def message(scope: Scope, text: str = "Hi") -> InboundMessage:
    return InboundMessage(**basics(scope), ref="1", text=text, sent_at=NOW)


async def put(database: Database, *arrived: Inbound) -> list[str]:
    ids = [new_id() for _ in arrived]
    async with database.door() as door:
        for key, each in zip(ids, arrived, strict=True):
            assert await door.inbox.put(each, key, NOW)
    return ids


async def test_whatever_arrives_comes_back_as_it_was(database: Database, ann: Scope) -> None:
    voice = Attachment(kind=Kind.VOICE, ref="f", mime="audio/ogg", size=1, duration=2.5)
    everything: list[Inbound] = [
        InboundMessage(**basics(ann), ref="1", text="x", sent_at=NOW, attachments=(voice,), reply_to="0"),
        ButtonPress(**basics(ann), token="a.n", values=(("to", "Bob"), ("text", "Hi\nthere"))),
        Reaction(**basics(ann), ref="1", emoji="\U0001f44d"),
        Command(**basics(ann), name="remember", text="I like tea", sent_at=NOW),
        Stop(**basics(ann)),
        Delivered(**basics(ann), ref="1", state="read"),
    ]
    ids = await put(database, *everything)
    async with database.door() as door:
        stored = [await door.inbox.get(key) for key in ids]
    assert stored == [(each, InboundState.RECEIVED) for each in everything]


async def test_the_same_delivery_is_written_once(database: Database, ann: Scope) -> None:
    arrived, first, second = message(ann), new_id(), new_id()
    async with database.door() as door:
        assert await door.inbox.put(arrived, first, NOW)
        assert not await door.inbox.put(arrived, second, NOW)
    async with database.door() as door:
        assert not await door.inbox.put(arrived, second, NOW)
        assert await door.inbox.get(second) is None


async def test_what_waits_is_listed_in_order_without_presses_and_what_has_begun(
    database: Database, ann: Scope, here: Address
) -> None:
    press = ButtonPress(**basics(ann), token="a.n")
    ids = await put(database, message(ann, "1"), message(ann, "2"), press, message(ann, "3"), message(ann, "4"))
    key = here.conversation
    async with database.door() as door:
        await door.inbox.mark([ids[0], ids[3]], InboundState.WORKING)
        assert [id_ for id_, _ in await door.inbox.waiting(key, ids[0])] == [ids[1], ids[4]]
        assert await door.inbox.behind(key, ids[4]) == 3
        await door.inbox.mark([ids[0]], InboundState.ANSWERED)
        assert await door.inbox.behind(key, ids[4]) == 2
        assert await door.inbox.behind(key, ids[0]) == 0


async def test_stop_reaches_everything_before_it_and_nothing_after(
    database: Database, ann: Scope, bob: Scope, here: Address
) -> None:
    working, waiting = await put(database, message(ann), message(ann))
    (others,) = await put(database, message(bob))
    (stop,) = await put(database, Stop(**basics(ann)))
    (later,) = await put(database, message(ann))
    async with database.door() as door:
        await door.inbox.mark([working], InboundState.WORKING)
        assert list(await door.inbox.stop_before(here.conversation, stop)) == [working]
        assert [await door.inbox.is_stopped(key) for key in (working, waiting, others, later)] == [True, True] + [
            False
        ] * 2
        assert list(await door.inbox.stop_before(here.conversation, stop)) == []


async def test_what_was_stopped_does_not_begin_and_still_ends(database: Database, ann: Scope, here: Address) -> None:
    (one,) = await put(database, message(ann))
    async with database.door() as door:
        await door.inbox.stop_before(here.conversation, new_id())
        await door.inbox.mark([one], InboundState.WORKING)
        await door.inbox.mark([one], InboundState.MERGED, turn=new_id())
        assert await door.inbox.is_stopped(one)
        await door.inbox.mark([one], InboundState.ANSWERED)
        assert not await door.inbox.is_stopped(one)
        await door.inbox.mark([], InboundState.DEAD)


@pytest.mark.parametrize(
    ("text", "kept"), [("a\x00b", "ab"), ("\ud83d half", "? half"), ("\\u0000", "\\u0000"), ("x" * 1_000_000,) * 2]
)
async def test_no_text_is_too_strange_to_be_written_down(database: Database, ann: Scope, text: str, kept: str) -> None:
    (one,) = await put(database, message(ann, text))
    async with database.door() as door:
        stored = await door.inbox.get(one)
    assert stored is not None
    assert isinstance(stored[0], InboundMessage)
    assert stored[0].text == kept


def test_json_is_cleaned_at_any_depth() -> None:
    assert dumps({"a\x00": ["\x00", {"b": "\udc00"}], "n": 1}) == '{"a":["",{"b":"?"}],"n":1}'
