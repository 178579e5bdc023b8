"""Discord end to end: a person's app, the stand-in of the API and the gateway, the real SDK, the whole system."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.ids import new_id
from bot.link import link
from bot.people import User
from bot.ports import Ports
from lab.discord.app import TOKEN
from tests.app_stand_in import App, AppUser, labels, stand_in
from tests.letterbox import done_to, use
from tests.path_stage import Running, lab, ports, running  # noqa: F401 - fixtures
from tests.talk import Lab


def settings_for(discord: App) -> dict[str, Any]:
    return {
        "discord_bot_token": TOKEN,
        "discord_base_url": f"{discord.url}/api/v10",
        "discord_gateway_url": f"{discord.url.replace('http', 'ws', 1)}/gateway",
    }


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def discord() -> AsyncIterator[App]:
    async with stand_in("discord") as discord:
        yield discord


@pytest.fixture(scope="module")
def settings(discord: App) -> dict[str, Any]:
    return settings_for(discord)


@pytest_asyncio.fixture(autouse=True)
async def listening(running: Running, discord: App) -> None:
    """Discord tells nothing later of what happened before somebody listened."""
    await discord.until(lambda events: any(event["what"] == "identified" for event in events))


@pytest_asyncio.fixture
async def ann(ports: Ports, lab: Lab, discord: App) -> AppUser:
    await lab.reset()
    return await linked(ports, discord, "Ann")


async def linked(ports: Ports, discord: App, name: str) -> AppUser:
    """Somebody new at a private chat, who has an account with us."""
    app = discord.person(name)
    user = User(id=new_id(), org=new_id(), name=name, zone="Europe/Berlin")
    async with ports.memory.door() as door:
        await door.persons.add_user(user)
    assert await link(ports, user, code_in(await app.say("hello"))) is not None
    await app.until(lambda shown: "You are linked" in shown[-1]["text"])
    return app


def code_in(message: Any) -> str:
    found = re.search(r"code is (\w{8})", message["text"])
    assert found is not None, message["text"]
    return found[1]


async def card_of(lab: Lab, app: AppUser, words: str, tool: Any, **more: Any) -> Any:
    """Write it; the model uses the tool, which asks; returns the card."""
    await lab.script({"tools": [tool]}, {"text": "That needs your yes."}, match={"text": words})
    await app.send(words, **more)
    return await app.until(lambda shown: shown and labels(shown[-1]) and shown[-1])


def letter(to: str, **more: str) -> Any:
    return use("post.send", to=to, text="Hello", **more)


# First contact


async def test_a_stranger_gets_a_code_and_a_link_and_nothing_else(running: Running, discord: App) -> None:
    eve, before = discord.person("Eve"), len(await running.lab.requests())
    shown = await eve.say("what is on my list?")
    assert len(code_in(shown)) == 8
    assert f"/link?code={code_in(shown)}" in shown["text"]
    assert labels(shown) == []
    assert len(await running.lab.requests()) == before


async def test_a_linked_person_is_answered(ann: AppUser) -> None:
    await ann.say("add buy oat milk to my list")
    assert "oat milk" in (await ann.say("what's on my list?"))["text"]


# Cards


async def test_a_card_is_approved_once_however_often_it_is_pressed(lab: Lab, ann: AppUser, discord: App) -> None:
    card = await card_of(lab, ann, "write to Bob", letter("Bob"))
    assert labels(card)[:3] == ["Approve", "Edit", "Deny"]
    await asyncio.gather(*(ann.press(card, "Approve") for _ in range(4)))
    done = await ann.becomes(card, "Sent to Bob")
    assert labels(done) == []
    assert done_to("Bob") == ["Hello"]
