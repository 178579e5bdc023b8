"""The running assistant, as the lab's page reaches it: over the local door, as `aurelius link` does."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx2

from lab.page.people import ANN
from lab.page.relay import Relay

SECONDS = 15.0
PATIENCE = 6.0  # before somebody who got no answer writes again
GLANCE = 0.2  # seconds between two looks whether it has started
CODE = re.compile(r"\baurelius link ([A-Za-z0-9]{8})\b")


class Away(Exception):
    """It does not run, or not yet; the message is for a person."""


class Assistant:
    """`file` is the instance file in its data folder, which names its address and the token of its local door."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._http = httpx2.AsyncClient(timeout=SECONDS, trust_env=False)

    async def close(self) -> None:
        await self._http.aclose()

    async def ready(self) -> bool:
        try:
            url, _ = self._door()
            return (await self._http.get(f"{url}/readyz")).status_code == 200
        except (Away, httpx2.HTTPError):
            return False

    async def link(self, code: str) -> tuple[int, Any]:
        """Tie the account that was given this code to the owner. Its status and answer; raises Away."""
        return await self._ask("/local/link-codes/redeem", {"code": code})

    async def sign_in(self) -> tuple[int, Any]:
        """`url`: a fresh address that signs the owner in on the assistant's own page. Raises Away."""
        return await self._ask("/local/sign-in-links", {})

    async def _ask(self, path: str, body: dict[str, str]) -> tuple[int, Any]:
        url, token = self._door()
        try:
            answer = await self._http.post(f"{url}{path}", json=body, headers={"authorization": f"Bearer {token}"})
            return answer.status_code, answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise Away(f"The assistant does not answer ({type(error).__name__}).") from None

    def _door(self) -> tuple[str, str]:
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
            return str(found["url"]), str(found["token"])
        except (OSError, ValueError, LookupError, TypeError):
            raise Away("The assistant is not running, or just starting.") from None


async def link_everywhere(assistant: Assistant, relay: Relay, apps: Iterable[str]) -> None:
    """Ann says hello in every app and is linked by the code that comes back."""
    while not await assistant.ready():  # noqa: ASYNC110 - another process tells by answering
        await asyncio.sleep(GLANCE)
    await asyncio.gather(*(_link(assistant, relay, app) for app in apps))


async def _link(assistant: Assistant, relay: Relay, app: str) -> None:
    code = None
    while code is None:  # an app that is not connected yet may have told nobody
        await relay.act(app, "say", user=ANN, text="Hello")
        with contextlib.suppress(TimeoutError):
            code = await asyncio.wait_for(_until(relay, app, CODE.search), PATIENCE)
    await assistant.link(code[1])


async def _until(relay: Relay, app: str, find: Callable[[str], re.Match[str] | None]) -> re.Match[str]:
    """The first match in what the assistant wrote to Ann, looked for again whenever something happens."""
    after = -1
    while True:
        events = await relay.look(app, "events", after=after, wait=SECONDS)
        after = events[-1]["n"] if events else after
        screen = await relay.look(app, "screen", user=ANN["id"])
        for message in reversed(screen["messages"]):
            if message["author"] == "bot" and (found := find(message["text"])):
                return found
