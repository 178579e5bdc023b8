"""The program as its owner runs it with Discord: killed with -9, and going on where it was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from adapters.chat.discord import gateway
from adapters.chat.discord.connection import Connection
from lab.discord.app import TOKEN
from tests.app_stand_in import App, code_in, labels, stand_in
from tests.program import Program, killed
from tests.talk import WAIT


@pytest_asyncio.fixture
async def discord() -> AsyncIterator[App]:
    async with stand_in("discord") as discord:
        yield discord


@pytest.fixture
def program(tmp_path: Path, discord: App) -> Program:
    return Program.in_folder(
        tmp_path,
        DISCORD_BOT_TOKEN=TOKEN,
        DISCORD_BASE_URL=f"{discord.url}/api/v10",
        DISCORD_GATEWAY_URL=f"{discord.url.replace('http', 'ws', 1)}/gateway",
    )


async def listens(discord: App, times: int) -> None:
    await discord.until(lambda events: [event["what"] for event in events].count("identified") >= times)


async def test_a_killed_program_hears_what_it_missed_and_an_old_button_works_once(
    program: Program, discord: App
) -> None:
    ann = discord.person()
    async with program.running() as process:
        await listens(discord, 1)
        assert "Discord" in await program.run("link", code_in(await ann.say("hello")))
        await ann.until(lambda shown: "You are linked" in shown[-1]["text"])
        await ann.say("remember that I like peppermint tea")
        await ann.send("forget that I like peppermint tea")
        card = await ann.until(lambda shown: labels(shown[-1])[:1] == ["Approve"] and shown[-1])
        await killed(process)
    await ann.send("/task buy stamps")  # while nobody listens
    async with program.running():
        await listens(discord, 2)
        await ann.until(lambda shown: any("stamps" in message["text"] for message in shown))
        await asyncio.gather(*(ann.press(card, "Approve") for _ in range(3)))
        done = await ann.becomes(card, "✅")
        assert labels(done) == []
        await ann.send("/tasks")
        await ann.until(lambda shown: shown[-1]["text"].count("stamps") == 1 and not labels(shown[-1]))
        assert sum("✅" in message["text"] for message in await ann.shown()) == 1
    assert not any(failed(event) for event in await discord.events())


async def test_a_discord_that_was_gone_for_a_while_is_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "LOOK", 0.1)
    ready: asyncio.Queue[str] = asyncio.Queue()
    with capture_logs() as logs:
        async with stand_in("discord") as first:
            connection = Connection(TOKEN, f"{first.url}/api/v10", f"{first.url.replace('http', 'ws', 1)}/gateway")
            hearing = gateway.listen(connection, ("READY",), lambda event, _: ready.put_nowait(event))
            listening = asyncio.create_task(hearing)
            await asyncio.wait_for(ready.get(), WAIT)
        async with asyncio.timeout(WAIT):
            while not any("the line stays cut" in str(line.get("why")) for line in logs):
                await asyncio.sleep(0)
        async with stand_in("discord", "--port", first.url.rpartition(":")[2]):
            await asyncio.wait_for(ready.get(), WAIT)
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


def failed(event: Any) -> bool:
    """The app told that a press was not answered in time."""
    return bool(event["what"] == "interaction_failed")
