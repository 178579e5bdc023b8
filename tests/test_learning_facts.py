"""Facts drawn out of conversations, on the real database with the offline model: learned, merged, forgotten."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest_asyncio
from sqlalchemy import text

from adapters.model import MODELS, Connection
from bot.begin import Begun
from bot.ids import new_id
from bot.learning.facts import BATCH, job, later, learn
from bot.message import Address, Attachment, Kind
from bot.model import Tier
from bot.people import Scope
from bot.ports import Job, Ports, Queue
from bot.records import Author, Fact
from memory.connect import connect
from memory.database import Database
from memory.vault import Vault, new_key
from tests.learning_stage import INSTRUCTIONS, known, learned, model_says, proposed, readings, wrote
from tests.path_stage import MovedClock, Running, clock, lab, ports, running, settings, talk  # noqa: F401 - fixtures
from tests.talk import WAIT, Lab, Talk, new_talk

DAY = timedelta(days=1)


@pytest_asyncio.fixture
async def elsewhere(running: Running) -> AsyncIterator[Ports]:
    """The same system in another process: its own connections."""
    database = Database(running.url, Vault(new_key()), now=running.clock.now)
    yield replace(running.system.ports, memory=database)
    await database.close()


async def jobs(running: Running, scope: Scope) -> list[tuple[str, int]]:
    """The jobs of the learner that wait: their ids, and the milliseconds since 1970 at which they begin."""
    connection = await connect(running.url)
    rows = await connection.fetch(
        "SELECT s.workflow_uuid, s.delay_until_epoch_ms FROM dbos.workflow_status s JOIN dbos.workflow_input i "
        "USING (workflow_uuid) WHERE s.status = 'DELAYED' AND i.inputs LIKE $1",
        f'%"learn", "{scope.org}/{scope.user}/%',
    )
    await connection.close()
    return [(row[0], row[1]) for row in rows]


# What is learned, and from what


async def test_what_was_said_is_learned_with_its_evidence_and_read_once(lab: Lab, talk: Talk) -> None:
    said = await wrote(talk, "Hello! I live in Bern. My wife is Eve.")
    facts = {fact.text: fact for fact in await learned(talk)}
    assert set(facts) == {"I live in Bern", "My wife is Eve"}
    fact = facts["I live in Bern"]
    assert (fact.category, fact.message, fact.quote, fact.source) == ("places", said.id, fact.text, "our conversation")
    assert abs(fact.at - said.sent_at) < timedelta(milliseconds=1)
    assert len(await readings(lab)) == 1
    await learned(talk)
    assert len(await readings(lab)) == 1  # nothing new was said: no call


async def test_a_promise_has_its_day(talk: Talk) -> None:
    said = await wrote(talk, "I will send Bob the offer by tomorrow")
    (fact,) = await learned(talk)
    assert (fact.category, fact.due) == ("commitments", talk.user.local(said.sent_at + DAY).date())


async def test_what_tells_nothing_costs_nothing(lab: Lab, talk: Talk) -> None:
    for words in ("hi", "What is the weather in Bern?", "/tasks", "thanks!"):
        await wrote(talk, words)
    assert list(await learned(talk)) == []
    assert await readings(lab) == []


async def test_many_messages_are_one_call_and_a_long_conversation_is_read_in_pieces(lab: Lab, talk: Talk) -> None:
    for number in range(BATCH + 5):
        await wrote(talk, f"My friend number {number} came to see me today.")
    await learned(talk)
    async with asyncio.timeout(WAIT):
        while len(await readings(lab)) < 2:  # the rest is a job of its own
            pass
    first, second = [json.dumps(body["messages"]) for body in await readings(lab)]
    assert f"number {BATCH - 1} " in first
    assert f"number {BATCH} " not in first
    assert f"number {BATCH - 1} " not in second
    assert f"number {BATCH + 4} " in second


async def test_the_model_may_say_only_what_the_person_said(lab: Lab, talk: Talk) -> None:
    await wrote(talk, "I like tea. Maybe I will move to Bern.")
    await model_says(
        lab,
        proposed("Likes tea", "I like tea"),
        proposed("Likes coffee", "I like coffee"),
        proposed("Will move to Bern", "I will move to Bern"),
        proposed("Owns a boat", "I like tea"),
        proposed("Drinks tea", "I like tea", message=2),
    )
    assert [fact.text for fact in await learned(talk)] == ["Likes tea"]


async def test_what_others_wrote_is_neither_shown_nor_believed(lab: Lab, talk: Talk) -> None:
    await wrote(talk, "The mail says: I live in Zurich.", author=Author.ASSISTANT, outside=True)
    forwarded = Attachment(kind=Kind.FILE, ref="forwarded:I live in Oslo", mime="text/plain", size=14)
    await wrote(talk, "Forwarded by me, read it please", files=(forwarded,))
    await model_says(
        lab,
        proposed("Lives in Zurich", "I live in Zurich", message=1),
        proposed("Lives in Oslo", "I live in Oslo", message=2),
    )
    assert list(await learned(talk)) == []
    (body,) = await readings(lab)
    assert "Zurich" not in json.dumps(body["messages"])
    assert "Oslo" not in json.dumps(body["messages"])


async def test_an_answer_that_is_no_json_teaches_nothing_and_is_not_asked_again(lab: Lab, talk: Talk) -> None:
    await wrote(talk, "I like tea very much")
    await lab.script({"text": '{"facts": [{"text": "Likes'}, match={"anywhere": "<said>"})
    assert list(await learned(talk)) == []
    assert list(await learned(talk)) == []
    assert len(await readings(lab)) == 1


async def test_a_recording_that_was_not_heard_yet_is_waited_for(talk: Talk) -> None:
    note = Attachment(kind=Kind.VOICE, ref="r", mime="audio/ogg", size=1)
    recorded = await wrote(talk, "", files=(note,))
    assert list(await learned(talk)) == []
    async with talk.ports.memory.work(talk.user.scope) as work:
        await work.messages.put(replace(recorded, text="I live in Bern"))
    assert [fact.text for fact in await learned(talk)] == ["I live in Bern"]


async def test_the_call_is_of_the_fast_class_with_a_schema_and_is_written_down(lab: Lab, talk: Talk) -> None:
    await wrote(talk, "I live in Bern now")
    await learned(talk)
    (body,) = await readings(lab)
    assert body["output_config"]["format"]["type"] == "json_schema"
    assert "tools" not in body
    async with talk.ports.memory.work(talk.user.scope) as work:
        rows = (
            await work.tx.execute(text("SELECT purpose, tier FROM usage WHERE user_id = :user"), {"user": talk.user.id})
        ).all()
    assert [(row.purpose, row.tier) for row in rows] == [("learn", "fast")]


# The job


async def test_after_answers_one_job_waits_however_much_is_said(running: Running, talk: Talk) -> None:
    await talk.say("my name is Ann")
    await talk.say("hello again")
    waiting = await jobs(running, talk.user.scope)
    assert 1 <= len(waiting) <= 2  # the second message may begin the next ten minutes
    begins = min(begin for _, begin in waiting) / 1000 - talk.ports.clock.now().timestamp()
    assert 60 < begins < 13 * 60


async def test_a_command_and_a_group_start_no_learning(running: Running, talk: Talk, ports: Ports) -> None:
    await talk.say("/tasks")
    at = Address(platform="chat", tenant="", place="many people")
    begun = Begun(id=new_id(), user=talk.user, at=at, own=("I live in Bern",), lines=(new_id(),), alone=False)
    async with ports.memory.work(talk.user.scope) as work:
        await later(ports, work, begun)
        await later(ports, work, replace(begun, alone=True, user=replace(talk.user, learns=False)))
    assert await jobs(running, talk.user.scope) == []


async def test_the_same_conversation_and_time_are_the_same_job(talk: Talk) -> None:
    now = talk.ports.clock.now()
    one = job(talk.user.scope, talk.at, now)
    assert one == job(talk.user.scope, talk.at, now)
    assert len({one.id, job(talk.user.scope, talk.at, now + DAY).id, job(talk.user.scope, talk.at, now, 3).id}) == 3


async def dead(ports: Ports, engine: Any, job: str) -> None:
    async with asyncio.timeout(WAIT):
        while job not in [letter.job for letter in await engine.list()]:
            pass


async def test_a_call_that_was_paid_is_not_paid_again_when_writing_breaks_off(
    running: Running, lab: Lab, talk: Talk, ports: Ports
) -> None:
    await wrote(talk, "I live in Bern now")
    connection = await connect(running.url)
    await connection.execute(
        "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$;"
        "CREATE TRIGGER broken BEFORE INSERT ON facts FOR EACH ROW EXECUTE FUNCTION broken()"
    )
    subject = job(talk.user.scope, talk.at, ports.clock.now()).subject
    at_once = Job(name="learn", id=f"learn:{new_id()}", subject=subject, queue=Queue.ROUTINE)
    async with ports.memory.work(talk.user.scope) as work:
        await ports.engine.enqueue(work.tx, at_once)
    ports.engine.nudge()
    engine = running.system.engine
    await dead(ports, engine, at_once.id)
    assert list(await known(talk)) == []
    await connection.execute("DROP TRIGGER broken ON facts; DROP FUNCTION broken")
    await connection.close()
    assert await engine.redrive(at_once.id)
    async with asyncio.timeout(WAIT):
        while not await known(talk):
            pass
    assert len(await readings(lab)) == 1
    await learned(talk)
    assert len(await readings(lab)) == 1  # how far it has read was written with the facts


# The budget, and a model that is down


async def test_over_budget_it_waits_silently_until_the_next_day(running: Running, lab: Lab, talk: Talk) -> None:
    claude = Connection(memory=talk.ports.memory, clock=talk.ports.clock, api_key="sk-ant-set", base_url=lab.url)
    paid = replace(talk.ports, model=claude)
    await allow(talk, 0.0)
    await wrote(talk, "I live in Bern now")
    assert list(await learned(talk, ports=paid)) == []
    assert await readings(lab) == []
    ((_, begins),) = await jobs(running, talk.user.scope)
    local = talk.user.local(talk.ports.clock.now())
    midnight = (local + DAY).replace(hour=0, minute=5, second=0, microsecond=0)
    assert begins == int(midnight.timestamp() * 1000)
    await learned(talk, ports=paid)
    assert len(await jobs(running, talk.user.scope)) == 1  # all that wait for tomorrow are one
    assert [message.author for message in await talk.all()] == [Author.USER]
    await allow(talk, 5.0)
    assert [fact.text for fact in await learned(talk, ports=paid)] == ["I live in Bern now"]
    assert [body["model"] for body in await readings(lab)] == [MODELS[Tier.FAST]]
    await claude.close()


async def allow(talk: Talk, dollars: float) -> None:
    async with talk.ports.memory.work(talk.user.scope) as work:
        await work.profile.put(replace(talk.user, dollars_per_day=dollars))


async def test_a_model_that_is_down_is_asked_again_later(running: Running, lab: Lab, talk: Talk) -> None:
    await wrote(talk, "I live in Bern now")
    await lab.script(
        {"status": 400, "kind": "invalid_request_error", "message": "no", "times": 10}, match={"anywhere": "<said>"}
    )
    assert list(await learned(talk)) == []
    assert len(await jobs(running, talk.user.scope)) == 1
    await lab.reset()
    assert [fact.text for fact in await learned(talk)] == ["I live in Bern now"]


# Merging


async def test_a_newer_fact_takes_the_place_of_the_older_one_which_stays_as_history(lab: Lab, talk: Talk) -> None:
    await wrote(talk, "I live in Zurich", talk.ports.clock.now() - 9 * DAY)
    (old,) = await learned(talk)
    await wrote(talk, "Good news: I moved to Bern last week!")
    (new,) = await learned(talk)
    assert new.text == "I moved to Bern last week"
    assert "m1 [" in json.dumps((await readings(lab))[-1]["messages"])
    async with talk.ports.memory.work(talk.user.scope) as work:
        before = await work.facts.get(old.id)
        assert before is not None
        assert before.replaced_by == new.id
        assert [fact.text for fact in await work.facts.history(new.id)] == ["I live in Zurich"]
        found = await work.facts.recall("where does Ann live, in Zurich?", limit=8)
    assert [hit.text for hit in found if hit.kind == "fact" and "Zurich" in hit.text] == []


async def test_the_same_again_is_one_fact_that_was_seen_again(lab: Lab, talk: Talk) -> None:
    await wrote(talk, "I live in Bern", talk.ports.clock.now() - 9 * DAY)
    (first,) = await learned(talk)
    again = await wrote(talk, "As you know, I live in Bern.")
    await model_says(lab, proposed("The person lives in Bern", "I live in Bern", category="places"))
    (fact,) = await learned(talk)
    assert replace(fact, seen_at=None) == first
    assert fact.seen_at is not None
    assert abs(fact.seen_at - again.sent_at) < timedelta(milliseconds=1)


async def test_two_processes_that_read_the_same_learn_it_once(lab: Lab, talk: Talk, elsewhere: Ports) -> None:
    await wrote(talk, "I live in Bern. I like tea.")
    await asyncio.gather(learned(talk), learned(talk, ports=elsewhere))
    assert sorted(fact.text for fact in await known(talk)) == ["I like tea", "I live in Bern"]


async def test_two_processes_that_read_different_conversations_make_no_duplicate_and_lose_nothing(
    talk: Talk, elsewhere: Ports
) -> None:
    phone = Address(platform="chat", tenant="", place=talk.user.id)
    for number in range(5):
        await wrote(talk, f"I live in Bern. I like tea number {number}.")
        await wrote(talk, f"I live in Bern. I like cake number {number}.", at=phone)
        await asyncio.gather(learned(talk), learned(talk, phone, elsewhere))
    texts = sorted(fact.text for fact in await known(talk))
    assert texts == sorted(
        ["I live in Bern", *(f"I like {what} number {n}" for n in range(5) for what in ("tea", "cake"))]
    )


async def test_who_learns_waits_for_another_who_learns_of_the_same_person(
    running: Running, talk: Talk, elsewhere: Ports
) -> None:
    said = await wrote(talk, "I live in Bern")
    connection = await connect(running.url)
    async with talk.ports.memory.work(talk.user.scope) as work:
        await work.facts.alone()
        learning = asyncio.create_task(learned(talk, ports=elsewhere))
        async with asyncio.timeout(WAIT):
            while not await connection.fetchval(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
            ):
                pass
        fact = Fact(id=new_id(), text="Lives in Bern", category="places", source="elsewhere", at=said.sent_at)
        await work.facts.put(fact)
    assert list(await learning) == [fact]
    await connection.close()


async def test_how_far_was_read_moves_only_from_where_it_was(talk: Talk) -> None:
    await wrote(talk, "I live in Bern")
    async with talk.ports.memory.work(talk.user.scope) as work:
        assert await work.messages.learn(talk.at, 0, 5)
        assert not await work.messages.learn(talk.at, 0, 3)
        assert await work.messages.learned(talk.at) == 5


async def test_facts_of_one_person_are_never_learned_for_another(talk: Talk, ports: Ports) -> None:
    bob = await new_talk(ports, "Bob")
    await wrote(talk, "I live in Bern")
    subject = f"{bob.user.org}/{bob.user.id}/{talk.at.conversation}"  # Bob's name, Ann's conversation
    await learn(ports, subject, instructions=INSTRUCTIONS)
    assert list(await known(bob)) == []
