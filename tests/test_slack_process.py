"""The program as its owner runs it with Slack: linked from the terminal, killed with -9, reached over HTTP."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio

from lab.slack.app import APP_TOKEN, SIGNING_SECRET, TOKEN
from tests.app_stand_in import App, AppUser, code_in, labels, stand_in
from tests.program import Program, killed

MARK = "You may have got this already"


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[App]:
    async with stand_in("slack") as slack:
        yield slack


@pytest.fixture
def program(tmp_path: Path, slack: App) -> Program:
    return Program.in_folder(tmp_path, SLACK_BOT_TOKEN=TOKEN, SLACK_BASE_URL=f"{slack.url}/api/")


async def link(program: Program, ann: AppUser) -> None:
    assert "Slack" in await program.run("link", code_in(await ann.say("hello")))
    await ann.until(lambda shown: "You are linked" in shown[-1]["text"])


async def connected(slack: App, times: int) -> None:
    await slack.until(lambda events: [e["what"] for e in events].count("connected") >= times)


async def test_a_killed_program_goes_on_where_it_was_and_an_old_button_works_once(program: Program, slack: App) -> None:
    program.environment["SLACK_APP_TOKEN"] = APP_TOKEN
    ann = slack.person()
    async with program.running() as process:
        await connected(slack, 1)
        await link(program, ann)
        await ann.say("remember that I like peppermint tea")
        await ann.send("forget that I like peppermint tea")
        card = await ann.until(lambda shown: labels(shown[-1])[:1] == ["Approve"] and shown[-1])
        told = (await ann.send("add buy stamps to my list"))["event"]
        await slack.until(lambda events: [e for e in events if (e.get("event"), e.get("outcome")) == (told, "sent")])
        await killed(process)
    await ann.send("/tasks")  # while nobody listens
    async with program.running():
        await connected(slack, 2)
        await asyncio.gather(*(ann.press(card, "Approve") for _ in range(3)))
        assert labels(await ann.becomes(card, "✅")) == []
        await ann.until(lambda shown: sum("stamps" in m["text"] for m in shown) >= 2)
        answers = [m["text"] for m in await ann.shown() if "stamps" in m["text"]]
        assert len([text for text in answers if not text.startswith(f"({MARK}")]) == 2  # to the task, to /tasks
        assert answers[-1].count("stamps") == 1


async def test_signed_requests_bring_what_was_said_while_nobody_listened(program: Program, slack: App) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    program.environment |= {
        "AURELIUS_PORT": str(port),
        "PUBLIC_URL": address,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
    }
    ann = slack.person()
    async with program.running():
        await slack.act("request_url", url=f"{address}/webhooks/slack")
        await link(program, ann)
        await ann.say("remember that I like green tea")
        await ann.send("forget that I like green tea")
        card = await ann.until(lambda shown: labels(shown[-1])[:1] == ["Approve"] and shown[-1])
        await ann.press(card, "Edit")
        assert (await ann.form())["fields"]
        await ann.press(card, "Deny")
        assert labels(await ann.becomes(card, "Declined")) == []
        await ann.command("task", "buy stamps")
        await ann.until(lambda shown: "stamps" in shown[-1]["text"])
    assert not await slack.calls("apps.connections.open")
