"""What the tests of speech share: ElevenLabs' stand-in, a clock to move, and speech put together on a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import pytest_asyncio

from adapters import speech
from bot.people import Scope, User, Voice
from bot.ports import Speech
from memory.database import Database
from tests.elevenlabs_stand_in import Elevenlabs, stand_in
from tests.memory_world import NOW


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


def user(scope: Scope, **voice: Any) -> User:
    """Ann or Bob, with a voice of their choice."""
    return User(id=scope.user, org=scope.org, name="Ann", voice=replace(Voice(), **voice))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service() -> AsyncIterator[Elevenlabs]:
    async with stand_in() as service:
        yield service


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def talking(service: Elevenlabs, database: Database, clock: Hands) -> Speech:
    """Speech as the composition root makes it, without a virus scanner."""
    return speech.connect(key=service.key, base_url=service.url, clamd=None, memory=database, clock=clock)
