"""Who is not known gets a code and nothing else; groups are left alone; linking opens the door."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.ids import new_id
from bot.link import link
from bot.message import Address, InboundMessage
from bot.people import Person
from bot.ports import Ports, Unsent
from bot.receive import receive
from bot.repositories import Locked
from tests.path_stage import chat, lab, ports, running, settings, talk, told  # noqa: F401 - fixtures
from tests.platform_stand_in import PlatformStandIn
from tests.talk import Lab, Talk


def said_by(
    person: Person,
    text: str,
    ports: Ports,
    place: str | None = None,
    *,
    thread: str = "",
    direct: bool = True,
    mentioned: bool = False,
) -> InboundMessage:
    at = Address(platform=person.platform, tenant=person.tenant, place=place or person.id, thread=thread)
    delivery = new_id()
    return InboundMessage(
        delivery=delivery, at=at, sender=person, ref=delivery, text=text, sent_at=ports.clock.now(), direct=direct,
        mentioned=mentioned,
    )  # fmt: skip


def code_in(text: str) -> str:
    return text.partition("**")[2].partition("**")[0]


async def greeted(ports: Ports, chat: PlatformStandIn, person: Person) -> str:
    before = len(chat.at(person.id))
    await receive(ports, said_by(person, "hi", ports))
    await chat.until(lambda: len(chat.at(person.id)) > before)
    return chat.at(person.id)[-1].reply.text


async def test_a_stranger_gets_a_code_and_no_model_is_asked(
    lab: Lab, talk: Talk, ports: Ports, chat: PlatformStandIn
) -> None:
    text = await greeted(ports, chat, chat.person())
    assert len(code_in(text)) == 8
    assert f"/link?code={code_in(text)}" in text
    assert await lab.requests() == []


async def test_three_codes_are_pending_and_a_fourth_message_is_not_answered(
    ports: Ports, chat: PlatformStandIn
) -> None:
    person, known = chat.person(), chat.person()
    for _ in range(3):
        await greeted(ports, chat, person)
    await receive(ports, said_by(person, "hi", ports))
    await greeted(ports, chat, known)
    assert len(chat.at(person.id)) == 3


async def test_a_code_links_the_account_and_from_then_on_it_is_somebody_we_know(
    talk: Talk, ports: Ports, chat: PlatformStandIn
) -> None:
    person = chat.person()
    code = code_in(await greeted(ports, chat, person))
    assert await link(ports, talk.user, code.lower()) == person
    await chat.until(lambda: len(chat.at(person.id)) == 2)
    assert chat.at(person.id)[-1].reply.text.startswith("You are linked")
    there = replace(talk, at=chat.at(person.id)[-1].reply.to, person=person)
    await there.say("/task water the plants")
    assert "water the plants" in (await talk.say("/tasks"))[-1].text
    assert await link(ports, talk.user, code) is None


async def test_a_platform_that_takes_no_message_to_a_stranger_is_left_alone(
    ports: Ports, chat: PlatformStandIn
) -> None:
    person, other = chat.person(), chat.person()
    chat.faults.append(Unsent("blocked", again=False))
    await receive(ports, said_by(person, "hi", ports))
    await chat.until(lambda: not chat.faults)
    await greeted(ports, chat, other)
    assert chat.at(person.id) == []


async def test_a_stranger_in_a_group_is_not_answered_unless_they_mention_us(
    ports: Ports, chat: PlatformStandIn
) -> None:
    person, group = chat.person(), new_id()
    await receive(ports, said_by(person, "hello all", ports, group, direct=False))
    await receive(ports, said_by(person, "who are you?", ports, group, direct=False, mentioned=True))
    await chat.until(lambda: chat.at(group))
    assert len(chat.at(group)) == 1


async def test_in_a_group_we_answer_when_mentioned_and_then_in_that_thread(
    lab: Lab, talk: Talk, ports: Ports, chat: PlatformStandIn
) -> None:
    there, group = await chat.talk(ports, talk), new_id()
    await lab.script({"text": "At your service."}, match={"text": "aurelius"})
    await lab.script({"text": "Still here."}, match={"text": "and now"})
    person = there.person
    await receive(ports, said_by(person, "talk among us", ports, group, thread="t", direct=False))
    await receive(ports, said_by(person, "aurelius, hi", ports, group, thread="t", direct=False, mentioned=True))
    await chat.until(lambda: len(chat.at(group)) == 1)
    await receive(ports, said_by(person, "and now?", ports, group, thread="t", direct=False))
    await chat.until(lambda: len(chat.at(group)) == 2)
    assert [shown.reply.text for shown in chat.at(group)] == ["At your service.", "Still here."]
    assert len(await lab.requests()) == 2


@pytest.mark.usefixtures("lab")
async def test_too_many_wrong_codes_lock_the_door(ports: Ports) -> None:
    later = ports.clock.now() + timedelta(hours=2)  # what other tests typed is forgotten by then
    for _ in range(5):
        async with ports.memory.door() as door:
            assert await door.persons.redeem("WRONGONE", later) is None
    async with ports.memory.door() as door:
        with pytest.raises(Locked):
            await door.persons.redeem("WRONGONE", later)
