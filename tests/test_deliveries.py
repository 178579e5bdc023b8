"""Bringing answers to a platform that does not look by itself: the ledger, repeats, edits and failures."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

import pytest

from bot.deliver import MAY_REPEAT, TRIES, deliver
from bot.ids import new_id
from bot.message import Attachment, Delivered, Kind
from bot.ports import Ports, Unsent
from bot.receive import receive
from bot.records import Author, Delivery, DeliveryState, Message
from tests.letterbox import done_to, said, use
from tests.path_stage import chat, lab, letter, ports, running, settings, talk, told  # noqa: F401 - fixtures
from tests.platform_stand_in import PlatformStandIn
from tests.talk import Lab, Talk, button


async def line_of(talk: Talk, text: str = "Hello") -> Message:
    line = Message(
        id=new_id(), at=talk.at, author=Author.ASSISTANT, text=text, sent_at=talk.ports.clock.now()
    )  # fmt: skip
    async with talk.ports.memory.work(talk.user.scope) as work:
        return await work.messages.put(line)


async def entry_of(talk: Talk, line: Message) -> Delivery | None:
    async with talk.ports.memory.work(talk.user.scope) as work:
        return await work.deliveries.get(line.id, line.at)


async def test_an_answer_and_its_card_arrive_and_are_edited_in_place(
    lab: Lab, talk: Talk, ports: Ports, chat: PlatformStandIn
) -> None:
    there = await chat.talk(ports, talk)
    card = await letter(lab, there, "kit")
    assert [shown.reply.choices[0].label for shown in chat.at(there.at.place) if shown.reply.choices] == ["Approve"]
    await there.press(button(card, "Approve"))
    await chat.until(lambda: "✅" in chat.at(there.at.place)[-1].reply.text)
    assert chat.at(there.at.place)[-1].edits == 2  # running, done
    assert done_to("kit") == ["Hello"]
    entry = await entry_of(there, card)
    assert entry is not None
    assert entry.ref == chat.at(there.at.place)[-1].ref
    line = (await said(lab, there, "pin it to a tent", use("post.pin", place="a tent"), then="Pinned it."))[-1]
    await there.press(button(line, "Undo"))
    await chat.until(lambda: "↩️" in chat.at(there.at.place)[-1].reply.text)
    assert chat.at(there.at.place)[-1].reply.text.startswith("Pinned it.")


async def test_what_was_delivered_is_not_sent_again(talk: Talk, ports: Ports, chat: PlatformStandIn) -> None:
    there = await chat.talk(ports, talk)
    line = await line_of(there)
    await deliver(ports, there.user.scope, line, "1")
    await deliver(ports, there.user.scope, line, "2")
    (shown,) = chat.at(there.at.place)
    assert (shown.reply.text, shown.key, shown.edits) == ("Hello", line.id, 0)


async def test_a_platform_that_is_busy_is_tried_again_after_the_time_it_named(
    talk: Talk, ports: Ports, chat: PlatformStandIn
) -> None:
    there = await chat.talk(ports, talk)
    chat.faults.extend([Unsent("slow down", again=True, after=0.01)] * 2)
    line = await line_of(there)
    await deliver(ports, there.user.scope, line, "1")
    assert len(chat.at(there.at.place)) == 1
    entry = await entry_of(there, line)
    assert entry is not None
    assert entry.state is DeliveryState.DELIVERED


@pytest.mark.parametrize(
    "faults", [[Unsent("blocked", again=False)], [Unsent("slow down", again=True, after=0.01)] * TRIES]
)
async def test_what_is_not_taken_is_written_down_as_failed(
    talk: Talk, ports: Ports, chat: PlatformStandIn, faults: list[Exception]
) -> None:
    there = await chat.talk(ports, talk)
    chat.faults.extend(faults)
    line = await line_of(there)
    await deliver(ports, there.user.scope, line, "1")
    entry = await entry_of(there, line)
    assert entry is not None
    assert (entry.state, entry.ref) == (DeliveryState.FAILED, None)
    await deliver(ports, there.user.scope, line, "2")
    assert [shown.reply.text for shown in chat.at(there.at.place)] == ["Hello"]  # known not to be there: no mark


@pytest.mark.parametrize("idempotent", [False, True])
async def test_a_repeat_that_cannot_be_excluded_says_so(
    talk: Talk, ports: Ports, chat: PlatformStandIn, idempotent: bool
) -> None:
    """As after a kill between sending and writing it down."""
    there = await chat.talk(ports, talk)
    line = await line_of(there)
    async with ports.memory.work(there.user.scope) as work:
        await work.deliveries.put(Delivery(message=line.id, to=line.at, state=DeliveryState.ATTEMPTING))
    chat.idempotent = idempotent
    await deliver(ports, there.user.scope, line, "1")
    chat.idempotent = False
    (shown,) = chat.at(there.at.place)
    assert shown.reply.text == ("" if idempotent else MAY_REPEAT) + "Hello"


async def test_an_edit_that_was_cut_off_is_repeated_without_a_mark(
    talk: Talk, ports: Ports, chat: PlatformStandIn
) -> None:
    there = await chat.talk(ports, talk)
    line = await line_of(there)
    await deliver(ports, there.user.scope, line, "1")
    (shown,) = chat.at(there.at.place)
    async with ports.memory.work(there.user.scope) as work:
        cut = Delivery(message=line.id, to=line.at, state=DeliveryState.ATTEMPTING, ref=shown.ref, revision=line.seq)
        await work.deliveries.put(cut)
    await deliver(ports, there.user.scope, line, "2")
    (shown,) = chat.at(there.at.place)
    assert (shown.reply.text, shown.edits) == ("Hello", 1)


async def test_a_platform_that_is_not_there_any_more_harms_nothing(talk: Talk, ports: Ports) -> None:
    line = await line_of(talk)
    gone = Message(
        id=line.id, at=PlatformStandIn("gone").address("x"), author=line.author, text="x", sent_at=line.sent_at
    )
    await deliver(ports, talk.user.scope, gone, "1")
    assert await entry_of(talk, gone) is None


async def test_a_message_that_the_platform_reports_as_failed_stands_as_failed(
    talk: Talk, ports: Ports, chat: PlatformStandIn
) -> None:
    there = await chat.talk(ports, talk)
    answer = (await there.say("/tasks"))[-1]
    entry = await entry_of(there, answer)
    assert entry is not None
    assert entry.ref is not None
    report = Delivered(delivery=new_id(), at=there.at, sender=there.person, ref=entry.ref, state="failed")
    await receive(ports, report)
    await receive(ports, report)

    async def failed() -> bool:
        now = await entry_of(there, answer)
        return now is not None and now.state is DeliveryState.FAILED

    await there.until(failed)
    assert (await there.say("/tasks"))[-1].text


async def test_the_same_person_on_two_platforms_has_one_memory_and_approves_on_either(
    lab: Lab, talk: Talk, ports: Ports, chat: PlatformStandIn
) -> None:
    there = await chat.talk(ports, talk)
    await talk.say("/remember I like peppermint tea")
    assert "peppermint" in (await there.say("/recall tea"))[-1].text
    card = await letter(lab, talk, "lou")
    await there.press(button(card, "Approve"))
    await talk.card_becomes(card, "done")
    assert done_to("lou") == ["Hello"]


async def test_a_file_from_the_platform_is_fetched_when_it_is_needed(
    lab: Lab, talk: Talk, ports: Ports, chat: PlatformStandIn
) -> None:
    there = await chat.talk(ports, talk)
    chat.files["f1"] = b"\x89PNG"
    await lab.script({"text": "A picture."}, match={"text": "what is this"})
    file = Attachment(kind=Kind.IMAGE, ref="f1", mime="image/png", size=4, name="a.png")
    assert (await there.say("what is this?", files=(file,)))[-1].text == "A picture."


async def test_a_dead_letter_is_told_on_the_platform_too(
    talk: Talk, ports: Ports, chat: PlatformStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot import prompt

    there = await chat.talk(ports, talk)

    def broken(view: prompt.View) -> str:
        raise ArithmeticError("broken")

    monkeypatch.setattr(prompt, "context", broken)
    await there.send("this breaks you")
    await chat.until(lambda: any("could not finish" in shown.reply.text for shown in chat.at(there.at.place)))
