"""The whole system for the tests of the path: on real PostgreSQL, with a clock, a chat platform and a model to script.

Import the fixtures `lab`, `running`, `talk`, `ports` and `chat` into a test file: its tests share one system, and each
has a person of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from starlette.datastructures import State
from starlette.types import Receive, Scope, Send

from aurelius.wiring import System
from bot.ids import new_id, new_nonce
from bot.ports import Job, Ports, Queue
from bot.records import Author, Message
from bot.settle import NOT_YOURS
from tests.letterbox import SKILLS, card_of, use
from tests.platform_stand_in import PlatformStandIn
from tests.talk import Lab, Talk, button, new_talk, offline_model, whole


class MovedClock:
    """The system's time, and how far a test has put it forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Running:
    """The system of one test file; `restart` closes it and opens it again on the same database."""

    url: str
    lab: Lab
    folder: Path
    settings: dict[str, Any]
    chat: PlatformStandIn = field(default_factory=PlatformStandIn)
    clock: MovedClock = field(default_factory=MovedClock)
    system: System = field(init=False)
    _open: AbstractAsyncContextManager[System] = field(init=False)

    async def begin(self) -> None:
        self._open = whole(
            self.url, self.lab, self.folder, platforms=[self.chat], clock=self.clock, skills_dir=SKILLS, **self.settings
        )
        self.system = await self._open.__aenter__()

    async def end(self) -> None:
        await self._open.__aexit__(None, None, None)

    async def restart(self) -> None:
        await self.end()
        await self.begin()


class Door:
    """The door of whatever system runs now."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._made: tuple[Any, Any] = (None, None)
        self.state = State({"closing": asyncio.Event()})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        system, app = self._made
        if system is not self._running.system:
            self._made = (self._running.system, app := self._running.system.app)
        await app(scope, receive, send)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lab() -> AsyncIterator[Lab]:
    async with offline_model() as lab:
        yield lab


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    """What a test file sets otherwise."""
    return {}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(
    module_url: str, lab: Lab, settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    running = Running(module_url, lab, tmp_path_factory.mktemp("data"), settings)
    await running.begin()
    yield running
    await running.end()


@pytest_asyncio.fixture
async def talk(running: Running) -> AsyncIterator[Talk]:
    await running.lab.reset()
    yield await new_talk(running.system.ports)
    running.clock.ahead = timedelta()


@pytest.fixture
def ports(running: Running) -> Ports:
    return running.system.ports


@pytest.fixture
def clock(running: Running) -> MovedClock:
    return running.clock


@pytest.fixture
def chat(running: Running) -> PlatformStandIn:
    return running.chat


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


async def settled(talk: Talk) -> None:
    """Everything that was pressed before has been dealt with: a press that changes nothing is answered last."""
    await talk.press("a." + new_nonce())
    await told(talk, NOT_YOURS)


async def fire(talk: Talk, name: str, card: Message) -> None:
    """The clock strikes: the job that waits for its time, now."""
    shown, ports = await talk.suggestion(card), talk.ports
    subject = f"{shown.scope.org}/{shown.scope.user}/{shown.nonce}"
    async with ports.memory.work(talk.user.scope) as work:
        await ports.engine.enqueue(work.tx, Job(name=name, id=new_id(), subject=subject, queue=Queue.PRESSES))
    ports.engine.nudge()


async def letter(lab: Lab, talk: Talk, to: str, **more: str) -> Message:
    return await card_of(lab, talk, f"write to {to}", use("post.send", to=to, text="Hello", **more))
