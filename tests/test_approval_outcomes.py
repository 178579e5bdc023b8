"""What becomes of an approval: done, undone, failed, taken back, unknown; and every copy of the card shows it."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from bot.action import Call, Risk
from bot.card import choices, text
from bot.ids import derived_id, new_id, new_nonce
from bot.message import Address
from bot.ports import Ports
from bot.records import Author, Message
from bot.suggestion import State, Suggestion, digest_of
from bot.trigger import Why
from tests.letterbox import BEGUN, card_of, done_to, said, use
from tests.path_stage import (  # noqa: F401 - fixtures
    MovedClock,
    Running,
    chat,
    clock,
    lab,
    letter,
    ports,
    pressed,
    running,
    settings,
    settled,
    shows,
    talk,
)
from tests.platform_stand_in import PlatformStandIn
from tests.talk import Lab, Talk, button

# Undo


async def test_undo_happens_once(lab: Lab, talk: Talk) -> None:
    line = (await said(lab, talk, "pin it to the door", use("post.pin", place="the door")))[-1]
    undo = button(line, "Undo")
    await asyncio.gather(*(talk.press(undo) for _ in range(4)))
    await talk.card_becomes(line, "undone")
    await talk.press(undo)
    await settled(talk)
    undone = await talk.card_becomes(line, "undone")
    assert done_to("the door") == ["pinned", "unpinned"]
    assert undone.text.count("Taken off") == 1
    assert undone.choices == ()
    assert "nothing that I could take back" in (await talk.say("/undo"))[-1].text


async def test_undo_too_late_says_so(lab: Lab, talk: Talk, clock: MovedClock) -> None:
    line = (await said(lab, talk, "pin it to the gate", use("post.pin", place="the gate")))[-1]
    clock.ahead = timedelta(days=8)
    await talk.press(button(line, "Undo"))
    await shows(talk, line, "too late")
    assert done_to("the gate") == ["pinned"]
    assert "too late" in (await talk.say("/undo"))[-1].text


async def test_the_command_takes_back_the_last_thing_and_says_what(lab: Lab, talk: Talk) -> None:
    line = (await said(lab, talk, "pin it to the wall", use("post.pin", place="the wall")))[-1]
    assert "Taken off the wall." in (await talk.say("/undo"))[-1].text
    await talk.card_becomes(line, "undone")
    assert done_to("the wall") == ["pinned", "unpinned"]


async def test_an_undo_that_fails_says_what_was_not_taken_back(lab: Lab, talk: Talk) -> None:
    line = (await said(lab, talk, "pin it to the glue", use("post.pin", place="the glue")))[-1]
    await talk.press(button(line, "Undo"))
    assert "It sticks to the glue." in (await talk.card_becomes(line, "failed")).text


# What goes wrong while it runs


async def test_an_action_that_fails_after_approval_says_why(lab: Lab, talk: Talk) -> None:
    card = await card_of(lab, talk, "return it to amy", use("post.return", to="amy"))
    failed = await pressed(talk, card, "Approve", "failed")
    assert "The post office of amy is closed." in failed.text


async def several(talk: Talk, *calls: Call) -> Message:
    """A card with several steps, as a proposal would put it up."""
    ports, now = talk.ports, talk.ports.clock.now()
    suggestion = Suggestion(
        id=new_id(), scope=talk.user.scope, revision=1, trigger=Why.EVENT, title="Do all of it", steps=calls,
        risk=Risk.SEND, state=State.OPEN, digest=digest_of(calls), nonce=new_nonce(), created_at=now,
        expires_at=now + timedelta(hours=1),
    )  # fmt: skip
    return await put_card(ports, talk, suggestion, talk.at)


async def put_card(ports: Ports, talk: Talk, suggestion: Suggestion, at: Address) -> Message:
    card = Message(
        id=derived_id("card", suggestion.id, at.conversation), at=at, author=Author.ASSISTANT,
        text=text(suggestion, talk.user, ports.actions.get, ports.clock.now()), sent_at=ports.clock.now(),
        choices=choices(suggestion, ports.actions.get), suggestion=suggestion.id, state="open",
    )  # fmt: skip
    async with ports.memory.work(talk.user.scope) as work:
        await work.suggestions.add(suggestion)
        return await work.messages.put(card)


def call(action: str, **arguments: str) -> Call:
    return Call(action=action, arguments=arguments, key=new_id())


async def test_when_the_second_step_fails_the_first_is_taken_back(talk: Talk) -> None:
    card = await several(talk, call("post.pin", place="the tree"), call("post.return", to="ben"))
    over = await pressed(talk, card, "Approve", "compensated")
    assert done_to("the tree") == ["pinned", "unpinned"]
    assert "The post office of ben is closed." in over.text
    assert "Taken off the tree." in over.text


async def test_when_the_first_step_cannot_be_taken_back_the_card_says_so(talk: Talk) -> None:
    card = await several(talk, call("post.pin", place="more glue"), call("post.return", to="ben"))
    over = await pressed(talk, card, "Approve", "failed")
    assert "It sticks to more glue." in over.text


async def test_all_steps_are_undone_in_the_reverse_order(talk: Talk) -> None:
    card = await several(talk, call("post.pin", place="a post"), call("post.pin", place="a post"))
    done = await pressed(talk, card, "Approve", "done")
    await pressed(talk, done, "Undo all (2)", "undone")
    assert done_to("a post") == ["pinned", "pinned", "unpinned", "unpinned"]


async def test_an_edit_of_several_steps_keeps_the_others(talk: Talk) -> None:
    card = await several(talk, call("post.send", to="cleo", text="Hi"), call("post.send", to="cid", text="Hi"))
    await talk.press(button(card, "Edit"), (("text", "Hello"),))
    await pressed(talk, await shows(talk, card, "Hello"), "Approve", "done")
    assert (done_to("cleo"), done_to("cid")) == (["Hello"], ["Hi"])


async def test_after_a_break_nobody_claims_to_know_and_the_person_decides(lab: Lab, talk: Talk) -> None:
    card = await card_of(lab, talk, "burst at dan", use("post.burst", to="dan"))
    unknown = await pressed(talk, card, "Approve", "unknown")
    assert "I do not know whether this happened" in unknown.text
    assert [choice.label for choice in unknown.choices] == ["Run again", "Leave it"]
    await talk.press(button(unknown, "Run again"))
    await shows(talk, card, "Running")
    unknown = await talk.card_becomes(card, "unknown")
    assert done_to("dan") == ["burst", "burst"]
    await pressed(talk, unknown, "Leave it", "failed")


async def test_a_break_inside_our_own_transaction_changed_nothing(lab: Lab, talk: Talk) -> None:
    card = await card_of(lab, talk, "crash at eli", use("post.crash", to="eli"))
    assert "nothing was changed" in (await pressed(talk, card, "Approve", "failed")).text


async def test_a_crash_in_the_middle_of_an_action_is_not_repeated_unasked(
    lab: Lab, talk: Talk, running: Running
) -> None:
    card = await card_of(lab, talk, "carry it to fay", use("post.hang", to="fay"))
    BEGUN.clear()
    await talk.press(button(card, "Approve"))
    await asyncio.wait_for(BEGUN.wait(), 10)
    await running.restart()
    talk = replace(talk, ports=running.system.ports)
    unknown = await talk.card_becomes(card, "unknown")
    assert done_to("fay") == ["begun"]
    await pressed(talk, unknown, "Run again", "done")
    assert done_to("fay") == ["begun", "begun"]


async def test_a_pause_makes_cards_of_what_ran_by_itself_and_a_press_still_counts(lab: Lab, talk: Talk) -> None:
    await talk.say("/pause")
    card = await card_of(lab, talk, "pin it to a hat", use("post.pin", place="a hat"))
    assert "paused" in card.text
    await pressed(talk, card, "Approve", "done")
    assert done_to("a hat") == ["pinned"]
    await talk.say("/resume")
    line = (await said(lab, talk, "pin it to a cap", use("post.pin", place="a cap")))[-1]
    assert (line.state, done_to("a cap")) == ("", ["pinned"])


async def test_every_copy_of_the_card_shows_the_outcome(
    lab: Lab, talk: Talk, ports: Ports, chat: PlatformStandIn
) -> None:
    """Asked on the page, shown in a chat too, approved there."""
    card, there = await letter(lab, talk, "gus"), await chat.talk(ports, talk)
    copy = await put_card(ports, talk, await talk.suggestion(card), there.at)
    await there.press(button(copy, "Approve"))
    done = await talk.card_becomes(card, "done")
    await chat.until(lambda: any("✅" in shown.reply.text for shown in chat.at(there.at.place)))
    (shown,) = chat.at(there.at.place)
    assert shown.reply.text == done.text
    assert shown.reply.choices == ()
    assert done_to("gus") == ["Hello"]


async def test_a_reminder_that_was_approved_comes_where_its_card_stands(
    lab: Lab, talk: Talk, ports: Ports, chat: PlatformStandIn
) -> None:
    there = await chat.talk(ports, talk)
    await there.say("/pause")  # so that it is asked
    at = (ports.clock.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    remind = {"name": "reminders_set", "input": {"text": "call Ann", "at": at}}
    card = await card_of(lab, there, "remind me to call Ann", remind)
    await there.press(button(card, "Approve"))
    await chat.until(lambda: any("✅" in shown.reply.text for shown in chat.at(there.at.place)))
    async with ports.memory.work(talk.user.scope) as work:
        assert [reminder.where for reminder in await work.reminders.list()] == [there.at]
