"""The approval matrix: who presses what when, and that nothing happens twice, unasked or otherwise than shown."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.ids import new_id
from bot.people import Person
from bot.ports import Job, Ports, Queue
from bot.records import Message
from bot.settle import ALTERED, NOT_YOURS
from bot.suggestion import State
from tests.letterbox import SKILLS, answers, card_of, done_to, said, use
from tests.path_stage import (  # noqa: F401 - fixtures
    MovedClock,
    Running,
    clock,
    fire,
    lab,
    letter,
    ports,
    pressed,
    running,
    settings,
    settled,
    shows,
    talk,
    told,
)
from tests.talk import Lab, Talk, button, new_talk, whole

# Who presses


async def test_nothing_happens_before_the_press_and_what_was_shown_happens_after_it(lab: Lab, talk: Talk) -> None:
    card = await letter(lab, talk, "bob@example.com", at="15:00")
    assert "Send “Hello” to bob@example.com" in card.text
    assert "15:00" in card.text
    assert "Cannot be undone" in card.text
    assert done_to("bob@example.com") == []
    done = await pressed(talk, card, "Approve", "done")
    assert done_to("bob@example.com") == ["Hello 15:00"]
    assert "Sent to bob@example.com." in done.text
    assert done.choices == ()


async def test_another_person_whom_we_know_cannot_press(lab: Lab, talk: Talk, ports: Ports) -> None:
    card, eve = await letter(lab, talk, "carl"), await new_talk(ports, "Eve")
    await eve.press(button(card, "Approve"))
    await told(eve, NOT_YOURS)
    assert (await talk.suggestion(card)).state is State.OPEN
    assert done_to("carl") == []


async def test_a_stranger_cannot_press(lab: Lab, talk: Talk, ports: Ports) -> None:
    card = await letter(lab, talk, "dora")
    await talk.press(button(card, "Approve"), by=Person(platform="web", tenant="", id=new_id()))
    await talk.press(button(card, "Later"))  # after it, and by the right person
    await talk.card_becomes(card, "snoozed")
    assert done_to("dora") == []


async def test_ten_presses_at_once_through_two_processes_run_once(lab: Lab, talk: Talk, running: Running) -> None:
    card = await letter(lab, talk, "emil")
    async with whole(running.url, lab, running.folder, roles=(), skills_dir=SKILLS) as other:
        through = [talk, replace(talk, ports=other.ports)] * 5
        await asyncio.gather(*(each.press(button(card, "Approve")) for each in through))
        await talk.card_becomes(card, "done")
    await settled(talk)
    assert done_to("emil") == ["Hello"]
    assert "running" not in (await talk.card_becomes(card, "done")).text


async def test_a_press_after_a_restart_runs_once(lab: Lab, talk: Talk, running: Running) -> None:
    card = await letter(lab, talk, "fred")
    await running.restart()
    talk = replace(talk, ports=running.system.ports)
    await pressed(talk, card, "Approve", "done")
    assert done_to("fred") == ["Hello"]


@pytest.mark.parametrize("token", ["", "a", "a.", "zz.x", "q.abc", "a.0123456789abcdefghijkl", "t.no-id", "f.no-id"])
async def test_a_forged_button_does_nothing(talk: Talk, token: str) -> None:
    await talk.press(token or "-")
    await talk.press("z.end")
    await told(talk, NOT_YOURS)


async def test_a_button_that_was_altered_does_nothing(lab: Lab, talk: Talk) -> None:
    card = await letter(lab, talk, "gina")
    token = button(card, "Approve").token
    await talk.press(token[:-1] + ("A" if token[-1] != "A" else "B"))
    await told(talk, NOT_YOURS)
    assert done_to("gina") == []


async def test_a_delivery_that_comes_twice_is_one_press(lab: Lab, talk: Talk) -> None:
    card = await letter(lab, talk, "hugo")
    delivery = await talk.press(button(card, "Deny"))
    denied = await talk.card_becomes(card, "denied")
    await talk.press(button(card, "Approve"), delivery=delivery)
    await settled(talk)
    assert (await talk.card_becomes(card, "denied")).text == denied.text
    assert done_to("hugo") == []


async def test_what_was_altered_in_the_database_does_not_run(lab: Lab, talk: Talk, ports: Ports) -> None:
    card = await letter(lab, talk, "ida")
    shown = await talk.suggestion(card)
    step = replace(shown.steps[0], arguments={"to": "eve", "text": "Hello"})
    async with ports.memory.work(talk.user.scope) as work:
        assert await work.suggestions.move(shown, replace(shown, steps=(step,)))
    await talk.press(button(card, "Approve"))
    await shows(talk, card, ALTERED)
    assert done_to("ida") == done_to("eve") == []


# When: expiry, later, reminder


async def test_a_press_after_expiry_does_nothing_and_says_so(lab: Lab, talk: Talk, clock: MovedClock) -> None:
    card = await letter(lab, talk, "jack")
    clock.ahead = timedelta(hours=25)
    await talk.press(button(card, "Approve"))
    await shows(talk, card, "expired")
    assert done_to("jack") == []


async def test_a_card_recalls_itself_before_it_expires_and_then_expires(
    lab: Lab, talk: Talk, clock: MovedClock
) -> None:
    card = await letter(lab, talk, "kim")
    await fire(talk, "expire", card)  # too early: nothing
    clock.ahead = timedelta(hours=23)
    await fire(talk, "nag", card)
    await told(talk, "still waits for your answer")
    assert (await talk.suggestion(card)).state is State.OPEN
    clock.ahead = timedelta(hours=25)
    await fire(talk, "expire", card)
    expired = await talk.card_becomes(card, "expired")
    assert "ask again" in expired.text
    assert expired.choices == ()
    await fire(talk, "nag", card)
    await fire(talk, "wake", card)
    await talk.press(button(card, "Approve"))
    await settled(talk)
    assert done_to("kim") == []


async def test_later_puts_it_off_and_it_comes_back_by_itself(lab: Lab, talk: Talk, clock: MovedClock) -> None:
    card = await letter(lab, talk, "lena")
    await pressed(talk, card, "Later", "snoozed")
    clock.ahead = timedelta(hours=3)
    await fire(talk, "wake", card)
    await told(talk, "here it is again")
    back = await talk.card_becomes(card, "open")
    await pressed(talk, back, "Approve", "done")
    assert done_to("lena") == ["Hello"]


async def test_the_first_clocks_of_a_card_that_was_put_off_say_nothing(lab: Lab, talk: Talk, clock: MovedClock) -> None:
    card = await letter(lab, talk, "lou")
    await pressed(talk, card, "Later", "snoozed")
    clock.ahead = timedelta(hours=3)
    await fire(talk, "wake", card)
    await told(talk, "here it is again")
    clock.ahead = timedelta(hours=24)  # when it would have expired; it has three hours more
    await fire(talk, "nag", card)
    await fire(talk, "expire", card)
    await settled(talk)
    lines = await talk.all()
    assert next(line for line in lines if line.id == card.id).state == "open"
    assert not [line.text for line in lines if "not expired yet" in line.text or "still waits" in line.text]


async def test_the_clocks_of_an_older_revision_do_nothing(lab: Lab, talk: Talk, clock: MovedClock) -> None:
    card = await letter(lab, talk, "mona")
    old = await talk.suggestion(card)
    await talk.press(button(card, "Edit"), (("text", "Hi"),))
    changed = await shows(talk, card, "“Hi”")
    clock.ahead = timedelta(hours=25)
    ports, subject = talk.ports, f"{old.scope.org}/{old.scope.user}/{old.nonce}"
    async with ports.memory.work(talk.user.scope) as work:
        await ports.engine.enqueue(work.tx, Job(name="expire", id=new_id(), subject=subject, queue=Queue.PRESSES))
    ports.engine.nudge()
    await settled(talk)
    assert changed.state == "open"
    assert (await talk.suggestion(card)).state is State.OPEN


# Edit


async def test_an_edit_needs_a_new_approval_and_the_old_button_is_dead(lab: Lab, talk: Talk) -> None:
    card = await letter(lab, talk, "nora")
    await talk.press(button(card, "Edit"), (("text", "Good morning"), ("at", "")))
    changed = await shows(talk, card, "Good morning")
    assert changed.state == "open"
    await talk.press(button(card, "Approve"))
    await shows(talk, card, "the newer card counts")
    assert done_to("nora") == []
    await pressed(talk, changed, "Approve", "done")
    assert done_to("nora") == ["Good morning"]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ((("amount", "much"),), "must be a number"),
        ((("amount", ""),), "amount"),
        ((("amount", "nan"),), "must be a number"),
        ((("iban", "DE00"),), "There is no field iban"),
    ],
)
async def test_an_edit_with_bad_values_changes_nothing_and_says_why(
    lab: Lab, talk: Talk, values: tuple[tuple[str, str], ...], why: str
) -> None:
    card = await card_of(lab, talk, "pay otto 5 euros", use("post.pay", to="otto", amount=5.0))
    await talk.press(button(card, "Edit"), values)
    now = await shows(talk, card, why)
    assert button(now, "Approve") == button(card, "Approve")
    assert (await talk.suggestion(card)).revision == 1


async def test_yes_but_at_four_changes_the_card_which_then_needs_a_yes(lab: Lab, talk: Talk) -> None:
    card = await letter(lab, talk, "paul", at="15:00")
    shown = await talk.suggestion(card)
    await said(lab, talk, "yes but at 4pm", answers(shown, "change", changes={"at": "16:00"}))
    assert done_to("paul") == []
    changed = await shows(talk, card, "16:00")
    assert (await talk.suggestion(changed)).revision == 2
    again = await talk.suggestion(card)
    await said(lab, talk, "yes, go ahead", answers(again, "approve"))
    await talk.card_becomes(card, "done")
    assert done_to("paul") == ["Hello 16:00"]


# Answers in words


async def test_a_bare_yes_right_after_the_card_approves_it_without_a_model(lab: Lab, talk: Talk) -> None:
    card = await letter(lab, talk, "quin")
    before = len(await lab.requests())
    await talk.say("Yes!")
    await talk.card_becomes(card, "done")
    assert done_to("quin") == ["Hello"]
    assert len(await lab.requests()) == before


async def test_a_bare_no_right_after_the_card_declines_it(lab: Lab, talk: Talk) -> None:
    card = await letter(lab, talk, "rosa")
    await talk.say("nein")
    assert "Declined" in (await talk.card_becomes(card, "denied")).text


async def test_a_yes_that_is_not_right_after_the_card_is_a_matter_for_the_model(lab: Lab, talk: Talk) -> None:
    card = await letter(lab, talk, "sven")
    await said(lab, talk, "what do you think of rain?", then="It is wet.")
    await said(lab, talk, "yes", then="Yes, wet indeed.")
    assert (await talk.suggestion(card)).state is State.OPEN
    assert done_to("sven") == []


async def test_a_bare_yes_after_two_cards_is_asked_about(lab: Lab, talk: Talk) -> None:
    both = [use("post.send", to="tina", text="Hello"), use("post.send", to="theo", text="Hello")]
    first, second = (await said(lab, talk, "write to tina and theo", *both))[-2:]
    await said(lab, talk, "yes", answers(await talk.suggestion(first), "approve"), then="Which of the two?")
    assert done_to("tina") == done_to("theo") == []
    mark = await talk.suggestion(second)
    await said(lab, talk, "yes, and only after that the other", answers(mark, "approve"))  # "only" takes it back
    assert done_to("theo") == []
    await said(lab, talk, "yes. Theo's letter", answers(mark, "approve"))
    await talk.card_becomes(second, "done")
    assert (await talk.suggestion(first)).state is State.OPEN
    assert (done_to("tina"), done_to("theo")) == ([], ["Hello"])


async def test_no_because_declines_with_the_reason(lab: Lab, talk: Talk) -> None:
    card = await letter(lab, talk, "uwe")
    words = answers(await talk.suggestion(card), "deny", reason="too early")
    await said(lab, talk, "no, because it is too early", words)
    assert "too early" in (await talk.card_becomes(card, "denied")).text


async def test_later_in_words_puts_it_off(lab: Lab, talk: Talk) -> None:
    card = await letter(lab, talk, "vera")
    await said(lab, talk, "not now", answers(await talk.suggestion(card), "later"))
    await talk.card_becomes(card, "snoozed")


@pytest.mark.parametrize("words", ["what does it say?", "yes? no!", "maybe", "no"])
async def test_the_model_cannot_approve_what_the_person_did_not(lab: Lab, talk: Talk, words: str) -> None:
    card = await letter(lab, talk, "will")
    await said(lab, talk, "tell me a joke", then="Knock knock.")
    await said(lab, talk, words, answers(await talk.suggestion(card), "approve"))
    assert (await talk.suggestion(card)).state is State.OPEN
    assert done_to("will") == []


async def test_the_model_cannot_approve_in_the_turn_in_which_it_asks(lab: Lab, talk: Talk) -> None:
    await lab.script(
        {"tools": [use("post.send", to="xena", text="Hello")]},
        {"tools": [{"name": "answer_card", "input": {"card": "00000000", "decision": "approve"}}]},
        {"tools": [{"name": "answer_card", "input": {"card": "00000000", "decision": "maybe"}}]},
        {"text": "Sorry."},
        match={"text": "letter to xena"},
    )
    await talk.say("send the letter to xena")
    assert done_to("xena") == []


async def test_danger_is_approved_by_the_button_only(lab: Lab, talk: Talk) -> None:
    card = await card_of(lab, talk, "wire all to yuri", use("post.wire", to="yuri"))
    assert not [choice for choice in card.choices if choice.label == "Always"]
    await said(lab, talk, "tell me a joke", then="Knock knock.")
    await said(lab, talk, "yes, do it", answers(await talk.suggestion(card), "approve"))
    assert done_to("yuri") == []
    await talk.press(button(card, "Approve").token.replace("a.", "w.", 1))
    await shows(talk, card, "there is no “always”")
    assert done_to("yuri") == []
    await pressed(talk, card, "Approve", "done")
    assert done_to("yuri") == ["everything"]


# Always


async def test_always_holds_for_the_same_target_within_the_limit_until_revoked(lab: Lab, talk: Talk) -> None:
    async def pay(to: str, amount: float) -> Message:
        return (await said(lab, talk, f"pay {to} {amount:g}", use("post.pay", to=to, amount=amount)))[-1]

    card = await pay("zoe", 50.0)
    await pressed(talk, card, "Always", "done")
    assert "zoe" in (await talk.say("/trust"))[-1].text
    assert (await pay("zoe", 20.0)).state == ""
    assert done_to("zoe") == ["50", "20"]
    assert (await pay("zac", 20.0)).state == "open"
    assert (await pay("zoe", 51.0)).state == "open"
    await talk.say("/revoke 1")
    assert (await pay("zoe", 20.0)).state == "open"
    assert done_to("zoe") == ["50", "20"]
