"""The Bot API's stand-in in its own process, and a person who uses the app on it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

from lab.telegram.app import TOKEN
from tests.talk import WAIT

ANN, BOB = 1001, 1002
GROUP = {"id": -100500, "type": "supergroup", "title": "Family"}


@dataclass
class Telegram:
    """The stand-in, as a test drives it."""

    url: str
    http: httpx2.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx2.AsyncClient(base_url=self.url, timeout=WAIT + 10)

    @property
    def settings(self) -> dict[str, Any]:
        return {"telegram_bot_token": TOKEN, "telegram_base_url": self.url}

    async def act(self, what: str, **body: Any) -> Any:
        answer = await self.http.post(f"/lab/{what}", json=body)
        answer.raise_for_status()
        return answer.json()

    async def fault(self, method: str, **about: Any) -> None:
        await self.act("fault", method=method, **about)

    async def events(self, after: int = -1, wait: float = 0) -> list[Any]:
        answer = await self.http.get("/lab/events", params={"after": after, "wait": wait})
        found: list[Any] = answer.json()
        return found

    async def calls(self, method: str) -> list[Any]:
        found = [event for event in await self.events() if event["what"] == "call"]
        return [event for event in found if event["method"].lower() == method.lower()]

    async def until(self, there: Callable[[list[Any]], Any]) -> Any:
        """Wait until `there(all events)` is true, looking again whenever something happens."""
        events: list[Any] = []
        async with asyncio.timeout(WAIT):
            while not (found := there(events)):
                events += await self.events(len(events) - 1, WAIT)
        return found

    async def called(self, method: str, times: int = 1, status: int = 200) -> list[Any]:
        def there(events: list[Any]) -> list[Any] | None:
            calls = [e for e in events if e["what"] == "call" and e["method"].lower() == method.lower()]
            good = [call for call in calls if call["status"] == status]
            return good if len(good) >= times else None

        found: list[Any] = await self.until(there)
        return found

    def person(self, id: int = ANN, name: str = "Ann", chat: Mapping[str, Any] | None = None) -> AppUser:
        return AppUser(self, {"id": id, "first_name": name, "username": name.lower()}, chat)


@dataclass
class AppUser:
    """Somebody with the app open at the private chat with the bot, or at a group."""

    telegram: Telegram
    user: dict[str, Any]
    chat: Mapping[str, Any] | None = None

    @property
    def place(self) -> int:
        return int((self.chat or self.user)["id"])

    async def _act(self, what: str, **body: Any) -> Any:
        return await self.telegram.act(what, user=self.user, **({"chat": self.chat} if self.chat else {}), **body)

    async def send(self, text: str = "", **more: Any) -> Any:
        """Write and do not wait."""
        return await self._act("say", text=text, **more)

    async def say(self, text: str = "", **more: Any) -> Any:
        """Write and wait for the bot's next message, which is returned as it stands."""
        before = {message["message_id"] for message in await self.shown()}
        await self.send(text, **more)
        return (await self.until(lambda shown: [m for m in shown if m["message_id"] not in before]))[-1]

    async def press(self, message: Any, button: str) -> Any:
        return await self._act("press", message_id=message["message_id"], button=button)

    async def stop(self) -> Any:
        """Press the button below the growing answer."""
        return await self._act("stop")

    async def edit(self, message_id: int, text: str) -> Any:
        return await self._act("edit", message_id=message_id, text=text)

    async def shown(self) -> list[Any]:
        """The bot's messages in this chat, oldest first."""
        view = (await self.telegram.http.get(f"/lab/chat/{self.place}")).json()
        return [message for message in view["messages"] if message["from"]["is_bot"]]

    async def until(self, there: Callable[[list[Any]], Any]) -> Any:
        """Wait until `there(the bot's messages)` is true."""
        seen = len(await self.telegram.events())
        async with asyncio.timeout(WAIT):
            while not (found := there(await self.shown())):
                seen += len(await self.telegram.events(seen - 1, WAIT))
        return found

    async def becomes(self, message: Any, words: str) -> Any:
        """The same message, once these words stand in it."""

        def there(shown: list[Any]) -> Any:
            now = next((m for m in shown if m["message_id"] == message["message_id"]), None)
            return now if now is not None and words in now["text"] else None

        return await self.until(there)


def labels(message: Any) -> list[str]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["text"] for row in rows for button in row]


@asynccontextmanager
async def stand_in() -> AsyncIterator[Telegram]:
    """`python -m lab telegram` on a free port, gone at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "lab", "telegram", "--port", "0",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), WAIT)).decode()
    telegram = Telegram(url=line.strip().rpartition(" ")[2])
    try:
        yield telegram
    finally:
        await telegram.http.aclose()
        process.terminate()
        await process.wait()
