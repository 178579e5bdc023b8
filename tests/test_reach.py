"""Where people are reached: chats that are closed for now, messages that did not arrive, the place they prefer, cards
that stand in several places, and changes said in words where a platform has no forms."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

from dataclasses import replace

from bot.deliver import deliver
from bot.ids import new_id
from bot.message import Address, Delivered, InboundMessage
from bot.place import place_for
from bot.ports import Closed, Ports, Unsent
from bot.receive import receive
from bot.records import Author, DeliveryState, Message
from bot.web import WEB
from tests.letterbox import done_to
from tests.path_stage import chat, lab, letter, ports, running, settings, talk, told  # noqa: F401 - fixtures
from tests.platform_stand_in import PlatformStandIn
from tests.talk import Lab, Talk, button


async def first_word(there: Talk, words: str) -> Message:
    """Something that we say unasked, brought to that chat."""
    line = Message(id=new_id(), at=there.at, author=Author.ASSISTANT, text=words, sent_at=there.ports.clock.now())
    async with there.ports.memory.work(there.user.scope) as work:
        line = await work.messages.put(line)
    await deliver(there.ports, there.user.scope, line, line.id)
    return line


async def reply(there: Talk, ref: str, words: str) -> None:
    """The person answers one particular message of ours."""
    message = InboundMessage(
        delivery=new_id(), at=there.at, sender=there.person, ref=new_id(), text=words,
        sent_at=there.ports.clock.now(), reply_to=ref,
    )  # fmt: skip
    await receive(there.ports, message)


async def place_of(talk: Talk, prefers: str = "", but: str = "") -> Address:
    async with talk.ports.memory.work(talk.user.scope) as work:
        return await place_for(talk.ports, work, replace(await work.profile.get(), prefers=prefers), but)


async def state_of(line: Message, talk: Talk) -> DeliveryState | None:
    async with talk.ports.memory.work(talk.user.scope) as work:
        entry = await work.deliveries.get(line.id, line.at)
    return entry.state if entry else None


# Closed chats


async def test_what_a_closed_chat_does_not_take_is_said_elsewhere_and_comes_once_the_person_writes(
    talk: Talk, ports: Ports, chat: PlatformStandIn
) -> None:
    there = await chat.talk(ports, talk)
    chat.faults.append(Closed("24 hours are over"))
    line = await first_word(there, "Your train leaves at 9")
    assert await state_of(line, there) is DeliveryState.WAITING
    copy = await told(talk, "Your train leaves at 9")
    assert "could not say this on Chat" in copy.text
    assert chat.at(there.at.place) == []
    await there.say("/tasks")
    texts = [shown.reply.text for shown in chat.at(there.at.place)]
    assert texts[0] == "Your train leaves at 9"
    assert len(texts) == 2
    assert await state_of(line, there) is DeliveryState.DELIVERED


async def test_a_card_that_a_closed_chat_does_not_take_is_answered_elsewhere_and_shows_its_outcome_everywhere(
    lab: Lab, talk: Talk, ports: Ports, chat: PlatformStandIn
) -> None:
    there = await chat.talk(ports, talk)
    card = await letter(lab, there, "max")
    chat.faults.append(Closed("24 hours are over"))
    async with ports.memory.work(talk.user.scope) as work:
        again = await work.messages.put(replace(card, text=card.text))
    await deliver(ports, talk.user.scope, again, new_id())
    copy = next(m for m in await talk.all() if m.suggestion == card.suggestion)
    await talk.press(button(copy, "Approve"))
    await talk.card_becomes(copy, "done")
    assert done_to("max") == ["Hello"]
    await chat.until(lambda: "✅" in chat.at(there.at.place)[-1].reply.text)


async def test_a_message_that_never_arrives_is_said_elsewhere(talk: Talk, ports: Ports, chat: PlatformStandIn) -> None:
    there = await chat.talk(ports, talk)
    chat.faults.append(Unsent("blocked by the person", again=False))
    line = await first_word(there, "The plumber comes at 8")
    assert await state_of(line, there) is DeliveryState.FAILED
    assert "The plumber comes at 8" in (await told(talk, "plumber")).text


async def test_a_message_that_is_reported_as_failed_later_is_said_elsewhere_once(
    talk: Talk, ports: Ports, chat: PlatformStandIn
) -> None:
    there = await chat.talk(ports, talk)
    line = await first_word(there, "Call the bank")
    ref = chat.at(there.at.place)[-1].ref
    for _ in range(2):
        await receive(ports, Delivered(delivery="same", at=there.at, sender=there.person, ref=ref, state="failed"))
    await told(talk, "Call the bank")
    assert await state_of(line, there) is DeliveryState.FAILED
    assert len([m for m in await talk.all() if "Call the bank" in m.text]) == 1


# Where we write first


async def test_we_write_first_where_the_person_wrote_last_unless_they_prefer_another_place(
    talk: Talk, ports: Ports, chat: PlatformStandIn
) -> None:
    assert (await place_of(talk)).platform == WEB
    there = await chat.talk(ports, talk)
    assert (await place_of(talk)).platform == WEB, "linked, but we do not know yet where they can be written to"
    await there.say("/tasks")
    assert await place_of(talk) == there.at
    assert (await place_of(talk, but=chat.name)).platform == WEB
    assert (await place_of(talk, prefers=WEB)).platform == WEB
    other = await chat.talk(ports, talk)
    await other.say("/tasks")
    assert await place_of(talk) == other.at


async def test_what_is_said_in_a_group_is_no_place_to_write_first(
    talk: Talk, ports: Ports, chat: PlatformStandIn
) -> None:
    there = await chat.talk(ports, talk)
    group = replace(there, at=chat.address("a group"))
    message = InboundMessage(
        delivery=new_id(), at=group.at, sender=group.person, ref=new_id(), text="/tasks",
        sent_at=ports.clock.now(), direct=False, mentioned=True,
    )  # fmt: skip
    await receive(ports, message)
    await chat.until(lambda: chat.at("a group"))
    assert (await place_of(talk)).platform == WEB


# Cards in several places


async def test_plans_shows_the_cards_that_stand_elsewhere_so_that_they_are_answered_here(
    lab: Lab, talk: Talk, ports: Ports, chat: PlatformStandIn
) -> None:
    card = await letter(lab, talk, "ida")
    there = await chat.talk(ports, talk)
    copies = [m for m in await there.say("/plans") if m.suggestion == card.suggestion]
    assert len(copies) == 1
    await there.press(button(copies[0], "Approve"))
    await talk.card_becomes(card, "done")
    await chat.until(lambda: "✅" in chat.at(there.at.place)[-1].reply.text)
    assert done_to("ida") == ["Hello"]
    assert not [m for m in await talk.say("/plans") if m.suggestion == card.suggestion]


# Changes in words


async def edit_pressed(lab: Lab, there: Talk, chat: PlatformStandIn, to: str) -> tuple[Message, str]:
    """A card whose Edit was pressed where there are no forms; the card, and the platform's id of our question."""
    card = await letter(lab, there, to)
    await there.press(button(card, "Edit"))
    asked = await chat.until(lambda: [s for s in chat.at(there.at.place) if "What should be different" in s.reply.text])
    return card, asked[-1].ref


async def test_edit_without_a_form_asks_in_words_and_the_lines_that_come_back_change_the_card(
    lab: Lab, talk: Talk, ports: Ports, chat: PlatformStandIn
) -> None:
    there = await chat.talk(ports, talk)
    card, question = await edit_pressed(lab, there, chat, "eva")
    shown = next(s.reply.text for s in chat.at(there.at.place) if s.ref == question)
    assert "text: Hello" in shown
    requests = len(await lab.requests())
    await reply(there, question, "text: Good evening\nto: eve")
    await chat.until(lambda: any("Good evening" in s.reply.text for s in chat.at(there.at.place)))
    assert len(await lab.requests()) == requests, "no model is needed to read the lines of a form"
    after = await there.suggestion(card)
    assert (after.revision, dict(after.steps[0].arguments)["to"]) == (2, "eve")
    assert done_to("eve") == []
    changed = next(m for m in await there.all() if m.id == card.id)
    await there.press(button(changed, "Approve"))
    await there.card_becomes(card, "done")
    assert done_to("eve") == ["Good evening"]


async def test_the_message_after_the_question_is_the_answer_even_when_it_is_no_reply(
    lab: Lab, talk: Talk, ports: Ports, chat: PlatformStandIn
) -> None:
    there = await chat.talk(ports, talk)
    card, _ = await edit_pressed(lab, there, chat, "una")
    await there.say("text: Later today")
    assert dict((await there.suggestion(card)).steps[0].arguments)["text"] == "Later today"


async def test_a_change_in_other_words_goes_to_the_model_which_is_told_the_card(
    lab: Lab, talk: Talk, ports: Ports, chat: PlatformStandIn
) -> None:
    there = await chat.talk(ports, talk)
    card, question = await edit_pressed(lab, there, chat, "ada")
    await lab.script({"text": "Seen."}, match={"text": "a bit friendlier please"})
    await reply(there, question, "a bit friendlier please")
    await chat.until(lambda: chat.at(there.at.place)[-1].reply.text == "Seen.")
    mark = (await there.suggestion(card)).nonce[:8]
    assert f"a reply to card {mark}" in str((await lab.requests())[-1]["body"])


async def test_yes_in_reply_to_one_of_two_cards_answers_that_one(
    lab: Lab, talk: Talk, ports: Ports, chat: PlatformStandIn
) -> None:
    there = await chat.talk(ports, talk)
    first, second = await letter(lab, there, "leo"), await letter(lab, there, "mia")
    ref = next(s.ref for s in chat.at(there.at.place) if s.key == first.id)
    await reply(there, ref, "yes")
    await there.card_becomes(first, "done")
    assert done_to("leo") == ["Hello"]
    assert (await there.suggestion(second)).state == "open"


async def test_edit_of_a_card_that_is_over_says_so_and_asks_nothing(
    lab: Lab, talk: Talk, ports: Ports, chat: PlatformStandIn
) -> None:
    there = await chat.talk(ports, talk)
    card = await letter(lab, there, "ole")
    await there.press(button(card, "Deny"))
    await there.card_becomes(card, "denied")
    await there.press(button(card, "Edit"))
    await chat.until(lambda: any("already declined" in s.reply.text for s in chat.at(there.at.place)))
    assert not any("What should be different" in s.reply.text for s in chat.at(there.at.place))


async def test_nothing_private_is_in_view_in_a_group(lab: Lab, talk: Talk, ports: Ports, chat: PlatformStandIn) -> None:
    there = await chat.talk(ports, talk)
    await talk.say("/remember I am allergic to peppermint")
    card = await letter(lab, talk, "a private friend")
    await lab.script({"text": "Seen."}, match={"text": "peppermint tea"})
    message = InboundMessage(
        delivery=new_id(), at=chat.address("family"), sender=there.person, ref=new_id(), text="peppermint tea, anyone?",
        sent_at=ports.clock.now(), direct=False, mentioned=True,
    )  # fmt: skip
    await receive(ports, message)
    await chat.until(lambda: any(s.reply.text == "Seen." for s in chat.at("family")))
    sent = str((await lab.requests())[-1]["body"])
    assert "allergic" not in sent
    assert "a private friend" not in sent
    assert (await there.suggestion(card)).nonce[:8] not in sent


async def test_what_a_platform_tells_of_our_messages_stands_in_the_ledger_and_read_stays_read(
    talk: Talk, ports: Ports, chat: PlatformStandIn
) -> None:
    there = await chat.talk(ports, talk)
    line = await first_word(there, "Water the plants")
    ref = chat.at(there.at.place)[-1].ref
    for state in ("sent", "read", "delivered"):
        report = Delivered(delivery=f"{ref}:{state}", at=there.at, sender=there.person, ref=ref, state=state)
        await receive(ports, report)
    assert await state_of(line, there) is DeliveryState.READ
    await deliver(ports, there.user.scope, line, "again")
    assert len(chat.at(there.at.place)) == 1, "what was read is not sent again"
    assert await state_of(line, there) is DeliveryState.READ
