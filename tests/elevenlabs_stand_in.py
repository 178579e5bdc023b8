"""ElevenLabs' stand-in in its own process, as a test drives it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

from lab.elevenlabs.app import KEY
from tests.talk import WAIT


@dataclass
class Elevenlabs:
    url: str
    key: str = KEY
    http: httpx2.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx2.AsyncClient(base_url=self.url, timeout=WAIT + 10)

    async def act(self, what: str, **body: Any) -> None:
        (await self.http.post(f"/lab/{what}", json=body)).raise_for_status()

    async def hears(self, text: str, **about: Any) -> None:
        """In the next recording, or in the one whose `sha256` is told."""
        await self.act("hear", text=text, **about)

    async def fault(self, method: str, **about: Any) -> None:
        await self.act("fault", method=method, **about)

    async def spoken(self) -> list[Any]:
        found: list[Any] = (await self.http.get("/lab/spoken")).json()
        return found

    async def calls(self, method: str) -> list[Any]:
        events = (await self.http.get("/lab/events")).json()
        return [event for event in events if event["what"] == "call" and event["method"] == method]

    async def called(self, method: str, times: int) -> list[Any]:
        """Wait until so many calls have been answered."""
        seen = -1
        async with asyncio.timeout(WAIT):
            while len(found := await self.calls(method)) < times:
                more = await self.http.get("/lab/events", params={"after": seen, "wait": WAIT})
                seen += len(more.json())
        return found


@asynccontextmanager
async def stand_in() -> AsyncIterator[Elevenlabs]:
    """`python -m lab elevenlabs` on a free port, gone at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "lab", "elevenlabs", "--port", "0",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), WAIT)).decode()
    service = Elevenlabs(url=line.strip().rpartition(" ")[2])
    try:
        yield service
    finally:
        await service.http.aclose()
        process.terminate()
        await process.wait()
