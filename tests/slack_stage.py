"""Slack's stand-in and the whole system beside it: fixtures for the tests of that platform."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.ports import Ports
from lab.slack.app import APP_TOKEN, CLIENT_ID, CLIENT_SECRET, SIGNING_SECRET, TOKEN
from tests.app_stand_in import App, AppUser, linked, stand_in
from tests.path_stage import lab, ports  # noqa: F401 - fixtures
from tests.talk import Lab


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def slack() -> AsyncIterator[App]:
    async with stand_in("slack") as slack:
        yield slack


def settings_for(slack: App, **more: Any) -> dict[str, Any]:
    """Socket Mode, signed requests and installing, all at once."""
    return {
        "slack_bot_token": TOKEN,
        "slack_app_token": APP_TOKEN,
        "slack_signing_secret": SIGNING_SECRET,
        "slack_client_id": CLIENT_ID,
        "slack_client_secret": CLIENT_SECRET,
        "slack_base_url": f"{slack.url}/api/",
    } | more


@pytest.fixture(scope="module")
def settings(slack: App) -> dict[str, Any]:
    return settings_for(slack)


@pytest_asyncio.fixture
async def ann(ports: Ports, lab: Lab, slack: App) -> AppUser:
    await lab.reset()
    return await linked(ports, slack)
