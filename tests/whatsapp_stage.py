"""The whole system with WhatsApp: the Cloud API's stand-in delivers signed webhooks to its door.

Import the fixtures `whatsapp`, `settings`, `hook` and `ann`, and those of `path_stage`."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from adapters.chat.whatsapp.webhook import PATH
from bot.ids import new_id
from bot.link import link
from bot.people import User
from bot.ports import Ports
from bot.web import web_address, web_person
from lab.whatsapp.world import APP_SECRET, NUMBER_ID, TOKEN, VERIFY_TOKEN
from tests.app_stand_in import App, AppUser, code_in, stand_in
from tests.letterbox import use
from tests.path_stage import Running, lab, ports, running  # noqa: F401 - fixtures
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


class Door:
    """The door of whatever system runs now."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.state = Starlette().state
        self.state.closing = asyncio.Event()
        self.made: tuple[Any, Any] = (None, None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        system, app = self.made
        if system is not self.running.system:
            self.made = (self.running.system, app := self.running.system.app)
        await app(scope, receive, send)


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
    return await linked(ports, whatsapp.person("Ann"))


USERS: dict[str, User] = {}  # whose account it is that somebody writes from


async def linked(ports: Ports, app: AppUser) -> AppUser:
    """Somebody new, who has an account with us."""
    user = USERS[app.id] = User(id=new_id(), org=new_id(), name=str(app.user["name"]), zone="Europe/Berlin")
    async with ports.memory.door() as door:
        await door.persons.add_user(user)
    asked = await app.say("hello")
    assert await link(ports, user, code_in(asked)) is not None
    await app.until(lambda shown: "You are linked" in shown[-1]["text"])
    return app


def page_of(ports: Ports, app: AppUser) -> Talk:
    """The same person at the web page."""
    user = USERS[app.id]
    return Talk(ports=ports, user=user, at=web_address(user), person=web_person(user))


def letter(to: str, **more: str) -> Any:
    return use("post.send", to=to, text="Hello", **more)


async def answer_to(app: AppUser, message: Any, words: str) -> Any:
    """The message of ours that quotes this one, once these words stand in it."""
    return await app.until(
        lambda shown: next((m for m in shown if m["reply_to"] == message["id"] and words in m["text"]), None)
    )


async def sent_since(whatsapp: App, before: int) -> list[Any]:
    return [e for e in (await whatsapp.events())[before:] if e["what"] == "call" and e["method"] == "messages"]
