"""Cards and executions: one press wins, one run happens, and old buttons still find their card."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from bot.action import Call, Outcome, Risk
from bot.ids import new_id, new_nonce
from bot.message import Address
from bot.people import Scope
from bot.records import Author, Delivery, DeliveryState, Message
from bot.repositories import Lost
from bot.suggestion import Evidence, State, Suggestion, digest_of
from bot.trigger import Why
from bot.trust import Trust
from memory.database import Database
from tests.memory_world import NOW, chat_of

CALL = Call(action="mail.send", arguments={"to": "bob@example.com", "n": 1, "deep": [{"a": None}]}, key="k1")


def suggestion_for(scope: Scope, **more: object) -> Suggestion:
    card = Suggestion(
        id=new_id(),
        scope=scope,
        revision=1,
        trigger=Why.ASKED,
        title="Send a mail to bob@example.com",
        steps=(CALL,),
        risk=Risk.SEND,
        state=State.OPEN,
        digest=digest_of((CALL,)),
        nonce=new_nonce(),
        created_at=NOW,
        expires_at=NOW + timedelta(days=1),
        why="You asked",
        evidence=(Evidence(source="you, 19 Nov 16:04", quote="tell Bob"),),
    )
    return replace(card, **more)  # type: ignore[arg-type]


async def add(database: Database, card: Suggestion) -> Suggestion:
    async with database.work(card.scope) as work:
        await work.suggestions.add(card)
        await work.suggestions.add(card)
    return card


async def test_a_suggestion_comes_back_as_it_was_put_however_often(database: Database, ann: Scope) -> None:
    card = await add(database, suggestion_for(ann, undo=(CALL,), undo_until=NOW, result="x", failed=True))
    async with database.work(ann) as work:
        assert await work.suggestions.get(card.id) == card
        assert list(await work.suggestions.recent()) == [card]


async def test_of_two_presses_at_once_one_moves_the_card(database: Database, ann: Scope) -> None:
    card = await add(database, suggestion_for(ann))
    both_read = asyncio.Barrier(2)

    async def press(state: State) -> bool:
        async with database.work(ann) as work:
            before = await work.suggestions.get(card.id)
            assert before is not None
            await both_read.wait()
            return await work.suggestions.move(before, replace(before, state=state))

    async with asyncio.timeout(10):
        moved = await asyncio.gather(press(State.RUNNING), press(State.DENIED))
    assert sorted(moved) == [False, True]
    async with database.work(ann) as work:
        after = await work.suggestions.get(card.id)
    assert after is not None
    assert after.state is (State.RUNNING if moved[0] else State.DENIED)


async def test_the_button_of_an_old_revision_finds_the_newest(database: Database, ann: Scope) -> None:
    old = await add(database, suggestion_for(ann))
    new = replace(old, revision=2, nonce=new_nonce(), title="Send it at four")
    async with database.work(ann) as work:
        assert await work.suggestions.move(old, new)
    async with database.work(ann) as work:
        assert await work.suggestions.by_nonce(old.nonce) == new
        assert await work.suggestions.by_nonce(new.nonce) == new
        assert await work.suggestions.by_nonce("nothing") is None
        assert not await work.suggestions.move(old, replace(old, state=State.DENIED))


async def test_a_card_is_open_where_it_was_shown(database: Database, ann: Scope, here: Address) -> None:
    shown, elsewhere = await add(database, suggestion_for(ann)), await add(database, suggestion_for(ann))
    done = await add(database, suggestion_for(ann, state=State.DONE))
    async with database.work(ann) as work:
        message = Message(
            id=new_id(), at=here, author=Author.ASSISTANT, text="?", sent_at=NOW, suggestion=shown.id, state="open"
        )
        await work.messages.put(message)
        assert list(await work.suggestions.open(here)) == [shown]
        assert list(await work.suggestions.open(chat_of(ann, "web"))) == []
        assert list(await work.suggestions.open()) == [shown, elsewhere]
        assert list(await work.suggestions.in_state(State.DONE)) == [done]


async def test_a_state_that_does_not_exist_is_refused_by_the_database(database: Database, ann: Scope) -> None:
    with pytest.raises(IntegrityError):
        await add(database, suggestion_for(ann, confidence=101))


async def test_a_call_runs_once_and_gives_its_outcome_afterwards(database: Database, ann: Scope) -> None:
    outcome = Outcome(ok=True, text="Sent.", data={"id": 7}, undo=replace(CALL, key="u"))
    async with database.work(ann) as work:
        assert await work.executions.claim(CALL) is None
        await work.executions.finish(CALL, outcome)
    async with database.work(ann) as work:
        assert await work.executions.claim(CALL) == outcome


async def test_a_claim_that_never_ended_is_lost(database: Database, ann: Scope) -> None:
    async with database.work(ann) as work:
        assert await work.executions.claim(CALL) is None
    async with database.work(ann) as work:
        with pytest.raises(Lost):
            await work.executions.claim(CALL)


async def test_a_claim_whose_effect_failed_is_as_if_it_never_was(database: Database, ann: Scope) -> None:
    async def fail() -> None:
        async with database.work(ann) as work:
            assert await work.executions.claim(CALL) is None
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with database.work(ann) as work:
        assert await work.executions.claim(CALL) is None


async def test_of_two_claims_at_once_the_second_waits_and_gets_the_outcome(database: Database, ann: Scope) -> None:
    outcome, ran = Outcome(ok=True, text="Done."), []

    async def run() -> Outcome:
        async with database.work(ann) as work:
            before = await work.executions.claim(CALL)
            if before is None:
                ran.append(1)
                await work.executions.finish(CALL, outcome)
            return before or outcome

    async with asyncio.timeout(10):
        assert list(await asyncio.gather(run(), run(), run())) == [outcome] * 3
    assert ran == [1]


async def test_a_trust_is_counted_and_gone_once_revoked(database: Database, ann: Scope) -> None:
    trust = Trust(
        id=new_id(), action="mail.send", account=None, targets={"to": "b"}, until=NOW, at_most={"amount": 50.0}
    )
    async with database.work(ann) as work:
        await work.trusts.add(trust)
        await work.trusts.used(trust.id)
        assert list(await work.trusts.list()) == [replace(trust, used=1)]
        assert await work.trusts.revoke(trust.id)
        assert not await work.trusts.revoke(trust.id)
        assert list(await work.trusts.list()) == []


async def test_the_ledger_keeps_one_line_for_each_message_and_place(
    database: Database, ann: Scope, here: Address
) -> None:
    web, message = chat_of(ann, "web"), new_id()
    pending = Delivery(message=message, to=here, state=DeliveryState.PENDING)
    sent = replace(pending, state=DeliveryState.DELIVERED, ref="123", revision=2)
    copy = replace(pending, to=web)
    async with database.work(ann) as work:
        for line in (pending, copy, sent):
            await work.deliveries.put(line)
        assert await work.deliveries.get(message, here) == sent
        assert await work.deliveries.get(message, web) == copy
        assert await work.deliveries.get(message, chat_of(ann, "slack")) is None
