"""The approval matrix: who presses what when, and that nothing happens twice, unasked or otherwise than shown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from aurelius.wiring import System
from bot.action import Call, Risk
from bot.ids import derived_id, new_id, new_nonce
from bot.message import Address
from bot.people import Person
from bot.ports import Job, Ports, Queue
from bot.records import Author, Message
from bot.settle import ALTERED, NOT_YOURS
from bot.suggestion import State, Suggestion, digest_of
from bot.trigger import Why
from tests.letterbox import BEGUN, SKILLS, answers, card_of, done_to, said, use
from tests.platform_stand_in import PlatformStandIn
from tests.talk import Lab, Talk, button, new_talk, offline_model, whole


class TestClock:
    """The system's time, and how far a test has put it forward."""

    __test__ = False

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


CLOCK = TestClock()
CHAT = PlatformStandIn()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lab() -> AsyncIterator[Lab]:
    async with offline_model() as lab:
        yield lab


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


class Running:
    """The system of this file, which one test closes and opens again."""

    def __init__(self, url: str, lab: Lab, folder: Path) -> None:
        self.url, self.lab, self.folder = url, lab, folder
        self.system: System
        self._open = self._whole()

    def _whole(self) -> AsyncIterator[System]:
        return whole(  # type: ignore[return-value]
            self.url, self.lab, self.folder, platforms=[CHAT], clock=CLOCK, skills_dir=SKILLS
        )

    async def begin(self) -> None:
        self.system = await self._open.__aenter__()  # type: ignore[attr-defined]

    async def end(self) -> None:
        await self._open.__aexit__(None, None, None)  # type: ignore[attr-defined]

    async def restart(self) -> None:
        await self.end()
        self._open = self._whole()
        await self.begin()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(module_url: str, lab: Lab, folder: Path) -> AsyncIterator[Running]:
    running = Running(module_url, lab, folder)
    await running.begin()
    yield running
    await running.end()


@pytest_asyncio.fixture
async def talk(running: Running) -> AsyncIterator[Talk]:
    CLOCK.ahead = timedelta()
    await running.lab.reset()
    yield await new_talk(running.system.ports)
    CLOCK.ahead = timedelta()


@pytest.fixture
def ports(running: Running) -> Ports:
    return running.system.ports


async def letter(lab: Lab, talk: Talk, to: str, **more: str) -> Message:
    return await card_of(lab, talk, f"write to {to}", use("post.send", to=to, text="Hello", **more))


async def pressed(talk: Talk, card: Message, label: str, state: str) -> Message:
    await talk.press(button(card, label))
    return await talk.card_becomes(card, state)


async def shows(talk: Talk, card: Message, words: str) -> Message:
    async def there() -> Message | None:
        now = next(m for m in await talk.all() if m.id == card.id)
        return now if words in now.text else None

    found: Message = await talk.until(there)
    return found


async def told(talk: Talk, words: str) -> Message:
    async def there() -> Message | None:
        return next((m for m in await talk.all() if m.author is Author.ASSISTANT and words in m.text), None)

    found: Message = await talk.until(there)
    return found


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


async def test_ten_presses_at_once_through_two_processes_run_once(
    lab: Lab, talk: Talk, running: Running, folder: Path
) -> None:
    card = await letter(lab, talk, "emil")
    async with whole(running.url, lab, folder, roles=(), skills_dir=SKILLS) as other:
        through = [talk, replace(talk, ports=other.ports)] * 5
        await asyncio.gather(*(each.press(button(card, "Approve")) for each in through))
        await talk.card_becomes(card, "done")
    await settled(talk)
    assert done_to("emil") == ["Hello"]
    assert "running" not in (await talk.card_becomes(card, "done")).text


async def settled(talk: Talk) -> None:
    """Everything that was pressed before has been dealt with: a press that changes nothing is answered last."""
    await talk.press("a." + new_nonce())
    await told(talk, NOT_YOURS)


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


async def test_a_press_after_expiry_does_nothing_and_says_so(lab: Lab, talk: Talk) -> None:
    card = await letter(lab, talk, "jack")
    CLOCK.ahead = timedelta(hours=25)
    await talk.press(button(card, "Approve"))
    await shows(talk, card, "expired")
    assert done_to("jack") == []


async def fire(talk: Talk, name: str, card: Message) -> None:
    """The clock strikes: the job that waits for its time, now."""
    shown, ports = await talk.suggestion(card), talk.ports
    subject = f"{shown.scope.org}/{shown.scope.user}/{shown.nonce}"
    async with ports.memory.work(talk.user.scope) as work:
        await ports.engine.enqueue(work.tx, Job(name=name, id=new_id(), subject=subject, queue=Queue.PRESSES))
    ports.engine.nudge()


async def test_a_card_recalls_itself_before_it_expires_and_then_expires(lab: Lab, talk: Talk) -> None:
    card = await letter(lab, talk, "kim")
    await fire(talk, "expire", card)  # too early: nothing
    CLOCK.ahead = timedelta(hours=23)
    await fire(talk, "nag", card)
    await told(talk, "still waits for your answer")
    assert (await talk.suggestion(card)).state is State.OPEN
    CLOCK.ahead = timedelta(hours=25)
    await fire(talk, "expire", card)
    expired = await talk.card_becomes(card, "expired")
    assert "ask again" in expired.text
    assert expired.choices == ()
    await fire(talk, "nag", card)
    await fire(talk, "wake", card)
    await talk.press(button(card, "Approve"))
    await settled(talk)
    assert done_to("kim") == []


async def test_later_puts_it_off_and_it_comes_back_by_itself(lab: Lab, talk: Talk) -> None:
    card = await letter(lab, talk, "lena")
    await pressed(talk, card, "Later", "snoozed")
    CLOCK.ahead = timedelta(hours=3)
    await fire(talk, "wake", card)
    await told(talk, "here it is again")
    back = await talk.card_becomes(card, "open")
    await pressed(talk, back, "Approve", "done")
    assert done_to("lena") == ["Hello"]


async def test_the_clocks_of_an_older_revision_do_nothing(lab: Lab, talk: Talk) -> None:
    card = await letter(lab, talk, "mona")
    old = await talk.suggestion(card)
    await talk.press(button(card, "Edit"), (("text", "Hi"),))
    changed = await shows(talk, card, "“Hi”")
    CLOCK.ahead = timedelta(hours=25)
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


async def test_undo_too_late_says_so(lab: Lab, talk: Talk) -> None:
    line = (await said(lab, talk, "pin it to the gate", use("post.pin", place="the gate")))[-1]
    CLOCK.ahead = timedelta(days=8)
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
    ports, now = talk.ports, CLOCK.now()
    suggestion = Suggestion(
        id=new_id(), scope=talk.user.scope, revision=1, trigger=Why.EVENT, title="Do all of it", steps=calls,
        risk=Risk.SEND, state=State.OPEN, digest=digest_of(calls), nonce=new_nonce(), created_at=now,
        expires_at=now + timedelta(hours=1),
    )  # fmt: skip
    return await put_card(ports, talk, suggestion, talk.at)


async def put_card(ports: Ports, talk: Talk, suggestion: Suggestion, at: Address) -> Message:
    from bot.card import choices, text

    card = Message(
        id=derived_id("card", suggestion.id, at.conversation), at=at, author=Author.ASSISTANT,
        text=text(suggestion, talk.user, ports.actions.get, CLOCK.now()), sent_at=CLOCK.now(),
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


async def test_every_copy_of_the_card_shows_the_outcome(lab: Lab, talk: Talk, ports: Ports) -> None:
    """Asked on the page, shown in a chat too, approved there."""
    card, there = await letter(lab, talk, "gus"), await CHAT.talk(ports, talk)
    copy = await put_card(ports, talk, await talk.suggestion(card), there.at)
    await there.press(button(copy, "Approve"))
    done = await talk.card_becomes(card, "done")
    await CHAT.until(lambda: any("✅" in shown.reply.text for shown in CHAT.at(there.at.place)))
    (shown,) = CHAT.at(there.at.place)
    assert shown.reply.text == done.text
    assert shown.reply.choices == ()
    assert done_to("gus") == ["Hello"]
