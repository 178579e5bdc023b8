"""The wire between the terminal and the running process: requests with the local token, and its live events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

from bot.action import Json
from bot.ids import new_id

JSON_BODY = {"content-type": "application/json"}
SECONDS = 20.0
SILENCE = 60.0  # the server gives a sign of life every 15 seconds


class Failed(Exception):
    """The process said no, or is not there; the text is for the person."""


class Refused(Failed):
    """It said no to this one thing; the next may work."""


class Connection:
    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def get(self, path: str) -> Json:
        return await self._ask("GET", path, None)

    async def send(self, text: str) -> str:
        """The id of the line it becomes; empty for a plain "stop"."""
        return str((await self._ask("POST", "/local/messages", {"delivery": new_id(), "text": text}))["id"])

    async def press(self, token: str, values: dict[str, str] | None = None) -> None:
        await self._ask("POST", "/local/press", {"delivery": new_id(), "token": token, "values": values or {}})

    async def stop(self) -> None:
        await self._ask("POST", "/local/stop", {"delivery": new_id()})

    async def _ask(self, method: str, path: str, body: Json) -> Json:
        try:
            content = json.dumps(body, ensure_ascii=False).encode(errors="replace")  # a terminal gives what is no text
            answer = await self._client.request(method, path, content=content, headers=JSON_BODY)
            data = answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise Failed(f"Aurelius does not answer ({type(error).__name__}). Is “aurelius run” still up?") from error
        if answer.is_error:
            kind = Refused if answer.is_client_error else Failed
            raise kind(f"{data.get('error', 'That did not work')}. {data.get('advice', '')}".strip())
        return data

    @asynccontextmanager
    async def events(self, after: int) -> AsyncIterator[AsyncIterator[tuple[str, Json]]]:
        """What happens in the conversation after `after`, as (kind, data); listening has begun when this enters."""
        timeout = httpx2.Timeout(SECONDS, read=SILENCE)
        async with self._client.stream("GET", f"/local/events?after={after}", timeout=timeout) as answer:
            if answer.is_error:
                raise Failed("Aurelius does not show the conversation. Is “aurelius run” still up?")
            lines = answer.aiter_lines()
            await anext(lines)  # the first line says that it listens
            yield _parsed(lines)


async def _parsed(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, Json]]:
    kind = ""
    async for line in lines:
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            yield kind, json.loads(value)


@asynccontextmanager
async def connected(base_url: str, token: str) -> AsyncIterator[Connection]:
    headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
    # trust_env off: a proxy of the environment has no business between two programs of one machine.
    async with httpx2.AsyncClient(base_url=base_url, headers=headers, timeout=SECONDS, trust_env=False) as client:
        yield Connection(client)
