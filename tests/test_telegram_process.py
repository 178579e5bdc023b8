"""The program as its owner runs it with Telegram: linked from the terminal, killed with -9, reached by a webhook."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from lab.telegram.app import TOKEN
from tests.app_stand_in import App, AppUser, code_in, labels, stand_in
from tests.program import Program, killed
from tests.talk import WAIT

MARK = "You may have got this already"
SECRET = "a-secret_of-the-webhook"


@pytest_asyncio.fixture
async def telegram() -> AsyncIterator[App]:
    async with stand_in("telegram") as telegram:
        yield telegram


@pytest.fixture
def program(tmp_path: Path, telegram: App) -> Program:
    return Program.in_folder(tmp_path, TELEGRAM_BOT_TOKEN=TOKEN, TELEGRAM_BASE_URL=telegram.url)


async def link(program: Program, ann: AppUser) -> None:
    assert "Telegram" in await program.run("link", code_in(await ann.say("hello")))
    await ann.until(lambda shown: "You are linked" in shown[-1]["text"])


async def test_a_killed_program_goes_on_where_it_was(program: Program, telegram: App) -> None:
    ann = telegram.person()
    async with program.running() as process:
        await link(program, ann)
        await ann.say("remember that I like peppermint tea")
        await ann.send("forget that I like peppermint tea")
        card = await ann.until(lambda shown: labels(shown[-1])[:1] == ["Approve"] and shown[-1])
        update = (await ann.send("add buy stamps to my list"))["event"]
        await telegram.until(
            lambda events: any(
                update in [str(update["update_id"]) for update in event["answer"]["result"]]
                for event in events
                if event["what"] == "call" and event["method"] == "getUpdates" and event["status"] == 200
            )
        )
        await killed(process)
    await ann.press(card, "Approve")
    await ann.send("/tasks")
    async with program.running():
        await ann.until(lambda shown: "stamps" in shown[-1]["text"] and labels(shown[-1]) == [])
        done = await ann.until(lambda shown: [m for m in shown if m["id"] == card["id"] and not labels(m)])
        assert "✅" in done[0]["text"]
        answers = [m["text"] for m in await ann.shown() if "stamps" in m["text"]]
        assert len([text for text in answers if not text.startswith(f"({MARK}")]) == 2  # to the task, to /tasks
        assert answers[-1].count("stamps") == 1


async def test_a_webhook_takes_only_what_carries_the_secret_and_loses_nothing(program: Program, telegram: App) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    program.environment |= {
        "AURELIUS_PORT": str(port),
        "PUBLIC_URL": address,
        "TELEGRAM_WEBHOOK_SECRET": SECRET,
    }
    ann = telegram.person()
    await ann.send("/start")  # while nobody listens
    async with program.running(), httpx2.AsyncClient(base_url=address, timeout=WAIT) as http:
        first = await ann.until(lambda shown: shown and shown[0])
        assert "code is" in first["text"]
        await link(program, ann)
        assert "stamps" in (await ann.say("add buy stamps to my list"))["text"]
        for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "guessed"}):
            answer = await http.post("/webhooks/telegram", json={"update_id": 1}, headers=headers)
            assert answer.status_code == 401
        right = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        assert (await http.post("/webhooks/telegram", content=b"{", headers=right)).status_code == 400
        assert (await http.post("/webhooks/telegram", json={"update_id": 1}, headers=right)).status_code == 200
    assert not await telegram.calls("getUpdates")
