"""Telegram's stand-in and the whole system beside it: fixtures for the tests of that platform."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.ports import Ports
from lab.telegram.app import TOKEN
from tests.app_stand_in import App, AppUser, linked, stand_in
from tests.path_stage import lab, ports  # noqa: F401 - fixtures
from tests.talk import Lab

PICTURE = base64.b64encode(b"\xff\xd8\xff\xe0picture").decode()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def telegram() -> AsyncIterator[App]:
    async with stand_in("telegram") as telegram:
        yield telegram


@pytest.fixture(scope="module")
def settings(telegram: App) -> dict[str, Any]:
    return {"telegram_bot_token": TOKEN, "telegram_base_url": telegram.url}


@pytest_asyncio.fixture
async def ann(ports: Ports, lab: Lab, telegram: App) -> AppUser:
    await lab.reset()
    return await linked(ports, telegram, "Ann")
