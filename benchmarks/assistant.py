"""A running assistant to measure: `aurelius run` in a process of its own, spoken to as the terminal does, over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.chat.terminal.connection import Connection, connected
from bot.action import Json

SECONDS = 60.0  # the bound of every wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Assistant:
    """`ready`: seconds from the start of the process to its "ready"."""

    pid: int
    url: str
    token: str
    ready: float


@asynccontextmanager
async def running(folder: Path, *, only: str = "", **environment: str) -> AsyncIterator[Assistant]:
    """Started on this data folder, whole or `only` a part; stopped in order at the end."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "aurelius", "run", *(("--only", only) if only else ()),
        env={"PATH": os.environ["PATH"], "AURELIUS_DATA_DIR": str(folder), "AURELIUS_PORT": "0"} | environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        await asyncio.wait_for(wait_until_ready(process), SECONDS)
        ready = time.perf_counter() - began
        found = json.loads((folder / "instance.json").read_text(encoding="utf-8"))
        yield Assistant(pid=process.pid, url=found["url"], token=found["token"], ready=ready)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def wait_until_ready(process: asyncio.subprocess.Process) -> None:
    """Until it has said so. Raises RuntimeError when it ends before."""
    assert process.stdout is not None
    while line := await process.stdout.readline():
        if b"ready" in line:
            return
    raise RuntimeError("it ended before it was ready")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """An open conversation."""

    connection: Connection
    events: AsyncIterator[tuple[str, Json]]

    async def answered(self, text: str) -> float:
        """Say it; seconds until the answer's row arrived, idle again afterwards."""
        began = time.perf_counter()
        await self.connection.send(text)
        seconds = 0.0
        async for kind, data in self.events:
            if kind == "message" and data["author"] == "assistant":
                seconds = time.perf_counter() - began
            if kind == "idle" and seconds:
                return seconds
        raise RuntimeError("the conversation ended before the answer")


@asynccontextmanager
async def terminal(assistant: Assistant) -> AsyncIterator[Terminal]:
    async with connected(assistant.url, assistant.token) as connection:
        seen = await connection.get("/local/messages?limit=1")
        async with connection.events(seen["seq"]) as events:
            yield Terminal(connection=connection, events=events)


def claude_at(url: str) -> Mapping[str, str]:
    """The settings under which a stand-in is taken for Claude."""
    return {"ANTHROPIC_API_KEY": "loopback", "ANTHROPIC_BASE_URL": url}
