"""The program as its owner runs it with WhatsApp: linked from the terminal, killed with -9, delivered to by webhook."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio

from adapters.chat.whatsapp.webhook import PATH
from lab.whatsapp.world import APP_SECRET, NUMBER_ID, TOKEN, VERIFY_TOKEN
from tests.app_stand_in import App, AppUser, code_in, labels, stand_in
from tests.program import Program, killed


@pytest.fixture
def port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return int(probe.getsockname()[1])


@pytest_asyncio.fixture
async def whatsapp(port: int) -> AsyncIterator[App]:
    """It is told of the webhook before anybody listens there."""
    async with stand_in("whatsapp", "--webhook", f"http://127.0.0.1:{port}{PATH}") as whatsapp:
        yield whatsapp


@pytest.fixture
def program(tmp_path: Path, port: int, whatsapp: App) -> Program:
    return Program.in_folder(
        tmp_path,
        AURELIUS_PORT=str(port),
        WHATSAPP_ACCESS_TOKEN=TOKEN,
        WHATSAPP_PHONE_NUMBER_ID=NUMBER_ID,
        WHATSAPP_APP_SECRET=APP_SECRET,
        WHATSAPP_VERIFY_TOKEN=VERIFY_TOKEN,
        WHATSAPP_BASE_URL=whatsapp.url,
    )


async def link(program: Program, ann: AppUser) -> None:
    assert "WhatsApp" in await program.run("link", code_in(await ann.say("hello")))
    await ann.until(lambda shown: "You are linked" in shown[-1]["text"])


async def test_a_killed_program_goes_on_where_it_was_and_an_old_button_works_once(
    program: Program, whatsapp: App
) -> None:
    ann = whatsapp.person()
    async with program.running() as process:
        await link(program, ann)
        await ann.say("remember that I like peppermint tea")
        await ann.send("forget that I like peppermint tea")
        card = await ann.until(lambda shown: labels(shown[-1])[:1] == ["Approve"] and shown[-1])
        event = (await ann.send("add buy stamps to my list"))["event"]
        await whatsapp.until(
            lambda events: [e for e in events if e["what"] == "webhook" and e["event"] == event and e["status"] == 200]
        )
        await killed(process)
    await ann.press(card, "Approve")
    await ann.press(card, "Approve")
    async with program.running():
        await ann.until(lambda shown: [m for m in shown if "stamps" in m["text"]])
        await ann.until(lambda shown: [m for m in shown if m["reply_to"] == card["id"] and "✅" in m["text"]])
        tasks = await ann.say("/tasks")
        assert tasks["text"].count("stamps") == 1
        answers = [m["text"] for m in await ann.shown() if "stamps" in m["text"] and m["id"] != tasks["id"]]
        assert len([text for text in answers if "You may have got this already" not in text]) == 1
        done = [m for m in await ann.shown() if m["text"].startswith("✅")]
        assert len(done) == 1
