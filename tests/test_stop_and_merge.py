"""Several messages at once: what joins, what waits and says so, what stops, and what never waits."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.ids import new_id
from bot.message import InboundMessage, Stop
from bot.people import Person
from bot.ports import Ports
from bot.press import IDLE, UNBEGUN
from bot.receive import receive, topic
from bot.records import Author, Message
from tests.letterbox import done_to, said, use
from tests.path_stage import Running, lab, ports, running, settings, shows, talk, told  # noqa: F401 - fixtures
from tests.talk import WAIT, Lab, Talk, button, whole

SLOW = {"text": "word " * 200, "chunk": 10, "gap_ms": 40}  # four seconds, if nobody stops it


async def lines(talk: Talk, author: Author) -> list[Message]:
    return [message for message in await talk.all() if message.author is author]


async def busy(lab: Lab, talk: Talk, words: str = "tell me something long", answer: dict[str, object] = SLOW) -> None:
    """A turn is under way, and its answer grows."""
    await lab.script(answer, match={"text": words})
    async with talk.ports.bus.subscribe(topic(talk.at)) as news:
        await talk.send(words)
        await asyncio.wait_for(growing(news), WAIT)


async def growing(news: object) -> None:
    async for item in news:  # type: ignore[attr-defined]
        if item["kind"] == "growing":
            return


async def stopped(talk: Talk) -> Message:
    return await told(talk, "_Stopped._")


async def test_a_burst_becomes_one_turn_with_one_answer_in_order(lab: Lab, talk: Talk) -> None:
    await busy(lab, talk, "question one", {"text": "First of all.", "chunk": 1, "gap_ms": 40})
    await lab.script({"text": "All three."}, match={"text": "two"})
    for words in ("and two", "and three", "and four"):
        await talk.send(words)
    await told(talk, "All three.")
    people = await lines(talk, Author.USER)
    assert [line.text for line in people] == ["question one", "and two", "and three", "and four"]
    answers = [line.text for line in await lines(talk, Author.ASSISTANT)]
    assert answers == ["First of all.", "All three."]
    assert [line.state for line in people] == ["", "", "merged", "merged"]
    sent = (await lab.requests())[-1]["body"]["messages"][-1]["content"][0]["text"]
    assert sent.endswith("and two\n\nand three\n\nand four")


async def test_what_waits_says_as_which(lab: Lab, talk: Talk) -> None:
    await busy(lab, talk)
    await talk.send("/tasks")
    await talk.send("and then?")
    assert [line.state for line in await lines(talk, Author.USER)] == ["", "queued as no. 2", "queued as no. 3"]
    await talk.stop()
    await stopped(talk)


async def test_stop_ends_a_growing_answer_and_keeps_what_there_was(lab: Lab, talk: Talk) -> None:
    await busy(lab, talk)
    await talk.say("stop")
    answer = await stopped(talk)
    assert answer.text.startswith("word word")
    assert answer.state == "stopped"
    assert len(answer.text) < 900
    request = (await lab.requests())[-1]
    assert request["completed"] is None
    assert (await said(lab, talk, "go on", then="Here I am."))[-1].text == "Here I am."


async def test_stop_comes_through_another_process(lab: Lab, talk: Talk, running: Running) -> None:
    async with whole(running.url, lab, running.folder, roles=()) as other:
        await busy(lab, talk)
        await replace(talk, ports=other.ports).stop()
        await stopped(talk)


async def test_after_a_stop_nothing_more_runs_and_what_ran_is_told(lab: Lab, talk: Talk) -> None:
    await lab.script(
        {"tools": [use("post.pin", place="a stone")]}, SLOW | {"tools": [use("post.pin", place="a brick")]},
        match={"text": "a stone and a brick"},
    )  # fmt: skip
    async with talk.ports.bus.subscribe(topic(talk.at)) as news:
        await talk.send("pin it to a stone and a brick")
        await asyncio.wait_for(growing(news), WAIT)
    await talk.stop()
    answer = await stopped(talk)
    assert "Pin a note to a stone" in answer.text
    assert done_to("a brick") == []
    await talk.press(button(answer, "Undo"))
    await talk.card_becomes(answer, "undone")
    assert done_to("a stone") == ["pinned", "unpinned"]


async def test_stop_ends_what_waits_too(lab: Lab, talk: Talk) -> None:
    await busy(lab, talk)
    await talk.send("/task never to be added")
    await talk.stop()
    await stopped(talk)

    async def marked() -> bool:
        return [line.state for line in await lines(talk, Author.USER)][-1] == "stopped"

    await talk.until(marked)
    assert "never" not in (await talk.say("/tasks"))[-1].text


async def test_stop_with_nothing_to_stop_says_so(talk: Talk) -> None:
    await talk.stop()
    await told(talk, IDLE)


async def test_stop_before_anything_began_says_so(talk: Talk, ports: Ports) -> None:
    """The message is there, its turn has not begun: as after a long wait for a free place."""
    message = InboundMessage(
        delivery=new_id(), at=talk.at, sender=talk.person, ref="1", text="wait", sent_at=ports.clock.now()
    )
    async with ports.memory.door() as door:
        await door.inbox.put(message, new_id(), ports.clock.now())
    await talk.stop()
    await told(talk, UNBEGUN)


async def test_the_stop_of_a_stranger_stops_nothing(lab: Lab, talk: Talk, ports: Ports) -> None:
    await busy(lab, talk)
    stranger = Person(platform="web", tenant="", id=new_id())
    await receive(ports, Stop(delivery=new_id(), at=talk.at, sender=stranger))
    await talk.say("/pause")
    assert not [line for line in await lines(talk, Author.ASSISTANT) if "_Stopped._" in line.text]
    await talk.stop()
    await stopped(talk)


async def test_pause_undo_and_presses_do_not_wait_behind_a_slow_turn(lab: Lab, talk: Talk) -> None:
    line = (await said(lab, talk, "pin it to a wheel", use("post.pin", place="a wheel")))[-1]
    await busy(lab, talk)
    await talk.send("/undo")
    await talk.card_becomes(line, "undone")
    await talk.send("/pause")
    await told(talk, "Paused")
    assert not [line for line in await lines(talk, Author.ASSISTANT) if "word" in line.text]
    await talk.stop()
    await stopped(talk)


async def test_try_again_answers_all_that_was_merged(lab: Lab, talk: Talk) -> None:
    await busy(lab, talk, "first of all", {"text": "One and nothing else.", "chunk": 1, "gap_ms": 30})
    down = {"status": 400, "kind": "invalid_request_error", "message": "no", "times": 3}
    await lab.script(down, match={"text": "thirdly"})
    for words in ("secondly", "thirdly"):
        await talk.send(words)
    failed = await told(talk, "I cannot reach")
    await lab.reset()
    await lab.script({"text": "Both."}, match={"text": "secondly"})
    await talk.press(button(failed, "Try again"))
    await shows(talk, failed, "Both.")
    sent = (await lab.requests())[-1]["body"]["messages"][-1]["content"][0]["text"]
    assert sent.endswith("secondly\n\nthirdly")


async def edit(talk: Talk, ref: str, words: str) -> None:
    """The person changes what they wrote."""
    edited = InboundMessage(
        delivery=new_id(), at=talk.at, sender=talk.person, ref=ref, text=words,
        sent_at=talk.ports.clock.now(), edit_of=ref,
    )  # fmt: skip
    await receive(talk.ports, edited)


async def test_an_edit_of_what_was_not_begun_yet_takes_its_place(lab: Lab, talk: Talk) -> None:
    await busy(lab, talk, "question one", {"text": "First of all.", "chunk": 1, "gap_ms": 40})
    await lab.script({"text": "Seen."}, match={"text": "carrots"})
    ref = await talk.send("add parrots")
    await edit(talk, ref, "add carrots")
    await told(talk, "Seen.")
    assert [line.text for line in await lines(talk, Author.USER)] == ["question one", "add carrots"]


async def test_an_edit_of_what_was_answered_is_a_new_message(lab: Lab, talk: Talk) -> None:
    await lab.script({"text": "Parrots it is."}, match={"text": "parrots"})
    await lab.script({"text": "Carrots it is."}, match={"text": "carrots"})
    ref = await talk.send("add parrots")
    await told(talk, "Parrots it is.")
    await edit(talk, ref, "add carrots")
    await told(talk, "Carrots it is.")
