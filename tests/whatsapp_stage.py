"""The whole system with WhatsApp: the Cloud API's stand-in delivers signed webhooks to its door.

Import the fixtures `whatsapp`, `settings`, `hook` and `ann`, and those of `path_stage`."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from adapters.chat.whatsapp.webhook import PATH
from bot.people import User
from bot.ports import Ports
from bot.web import web_address, web_person
from lab.whatsapp.world import APP_SECRET, NUMBER_ID, TOKEN, VERIFY_TOKEN
from tests.app_stand_in import App, AppUser, given_an_account, stand_in
from tests.path_stage import Door, Running, lab, ports, running  # noqa: F401 - fixtures
from tests.talk import Lab, Talk
from tests.web_stage import served


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def whatsapp() -> AsyncIterator[App]:
    async with stand_in("whatsapp") as whatsapp:
        yield whatsapp


def settings_for(whatsapp: App) -> dict[str, Any]:
    return {
        "whatsapp_access_token": TOKEN,
        "whatsapp_phone_number_id": NUMBER_ID,
        "whatsapp_app_secret": APP_SECRET,
        "whatsapp_verify_token": VERIFY_TOKEN,
        "whatsapp_base_url": whatsapp.url,
    }


@pytest.fixture(scope="module")
def settings(whatsapp: App) -> dict[str, Any]:
    return settings_for(whatsapp)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hook(running: Running, whatsapp: App) -> AsyncIterator[str]:
    """Our webhook's address, which the stand-in has verified."""
    async with served(Door(running)) as url:  # type: ignore[arg-type]
        verified = await whatsapp.act("webhook", url=url + PATH, verify_token=VERIFY_TOKEN)
        assert verified == {"verified": True}
        yield url + PATH
        await whatsapp.act("webhook", url="")


@pytest_asyncio.fixture
async def ann(ports: Ports, lab: Lab, whatsapp: App, hook: str) -> AppUser:
    await lab.reset()
    ann = whatsapp.person("Ann")
    USERS[ann.id] = await given_an_account(ports, ann)
    return ann


USERS: dict[str, User] = {}  # whose account it is that somebody writes from


def page_of(ports: Ports, app: AppUser) -> Talk:
    """The same person at the web page."""
    user = USERS[app.id]
    return Talk(ports=ports, user=user, at=web_address(user), person=web_person(user))


async def answer_to(app: AppUser, message: Any, words: str) -> Any:
    """The message of ours that quotes this one, once these words stand in it."""
    return await app.until(
        lambda shown: next((m for m in shown if m["reply_to"] == message["id"] and words in m["text"]), None)
    )


async def sent_since(whatsapp: App, before: int) -> list[Any]:
    return [e for e in (await whatsapp.events())[before:] if e["what"] == "call" and e["method"] == "messages"]
