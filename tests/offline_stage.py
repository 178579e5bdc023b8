"""The offline model on loopback and the real SDK in front of it, for tests."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anthropic
import pytest

ROOT = Path(__file__).parent.parent
ALWAYS = ("tasks_add", "tasks_list", "tasks_complete", "reminders_set", "reminders_list", "memory_remember")
TOOLS = [{"name": name, "input_schema": {"type": "object"}} for name in (*ALWAYS, "call_action", "answer_card")]


@contextmanager
def started(*more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "lab", "model", "--port", "0", *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout
    assert process.stdin
    try:
        yield process, process.stdout.readline().strip().removeprefix("listening on ")
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with started() as (_, url):
        yield url


@pytest.fixture
async def claude(address: str) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(api_key="any", base_url=address, max_retries=0) as client:
        await client.post("/lab/reset", cast_to=object)
        yield client


def context(zone: str = "Europe/Berlin", more: str = "") -> dict[str, Any]:
    lines = f"<context>\nnow: 2026-11-20T19:10:00+01:00 Friday\nzone: {zone}\nname: Ann\n{more}</context>"
    return {"type": "text", "text": lines}


def said(text: str, zone: str = "Europe/Berlin", more: str = "") -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": text}, context(zone, more)]}


def reply(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": [{"type": "text", "text": text}]}


def results(answer: anthropic.types.Message, **outcome: Any) -> dict[str, Any]:
    uses = [block for block in answer.content if block.type == "tool_use"]
    return {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": use.id, "content": json.dumps(outcome)} for use in uses],
    }


async def ask(claude: anthropic.AsyncAnthropic, *messages: Any, **more: Any) -> anthropic.types.Message:
    given: dict[str, Any] = {
        "model": "claude-haiku-5-5",
        "max_tokens": 1000,
        "tools": TOOLS,
        "messages": list(messages),
    }
    async with claude.messages.stream(**(given | more)) as stream:
        return await stream.get_final_message()


def text_of(answer: anthropic.types.Message) -> str:
    return "\n".join(block.text for block in answer.content if block.type == "text")


def calls_of(answer: anthropic.types.Message) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for block in answer.content:
        if block.type == "tool_use":
            given: Any = block.input
            if block.name == "call_action":
                found.append({"action": given["id"], "arguments": given["arguments"]})
            else:
                found.append({"action": block.name.replace("_", ".", 1), "arguments": given})
    return found


async def script(claude: anthropic.AsyncAnthropic, *replies: dict[str, Any], **match: Any) -> None:
    await claude.post("/lab/script", body={"match": match, "replies": list(replies)}, cast_to=object)


async def seen(claude: anthropic.AsyncAnthropic) -> list[dict[str, Any]]:
    requests: Any = await claude.get("/lab/requests", cast_to=object)
    return list(requests)
