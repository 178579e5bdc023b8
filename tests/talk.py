"""Talking to the whole system in a test: the real parts on a real PostgreSQL, the offline model in its own process."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from aurelius.ground import Ground
from aurelius.roles import Role
from aurelius.settings import Settings
from aurelius.wiring import System, assemble
from bot.ids import new_id
from bot.message import Address, Attachment, ButtonPress, Choice, InboundMessage, Stop
from bot.people import Person, User
from bot.ports import ChatPlatform, Clock, Ports
from bot.receive import receive, topic
from bot.records import Author, Message
from bot.suggestion import Suggestion
from bot.web import web_address, web_person

WAIT = 20.0  # seconds; the bound of every wait, never a pause


@dataclass
class Lab:
    """The offline model on loopback, and how a test scripts it."""

    url: str
    process: asyncio.subprocess.Process
    http: httpx2.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx2.AsyncClient(base_url=self.url, timeout=WAIT)

    async def script(self, *replies: Mapping[str, Any], match: Mapping[str, Any] | None = None) -> None:
        answer = await self.http.post("/lab/script", json={"match": match or {}, "replies": list(replies)})
        answer.raise_for_status()

    async def requests(self) -> list[Any]:
        answer = await self.http.get("/lab/requests")
        found: list[Any] = answer.json()
        return found

    async def reset(self) -> None:
        (await self.http.post("/lab/reset", json={})).raise_for_status()


@asynccontextmanager
async def offline_model(*arguments: str) -> AsyncIterator[Lab]:
    """`python -m lab model` on a free port, gone at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "lab", "model", "--port", "0", *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), WAIT)).decode()
    lab = Lab(url=line.strip().rpartition(" ")[2], process=process)
    try:
        yield lab
    finally:
        await lab.http.aclose()
        process.terminate()
        await process.wait()


@asynccontextmanager
async def whole(
    url: str, lab: Lab, folder: Path, roles: Sequence[Role] = tuple(Role), *,
    platforms: Sequence[ChatPlatform] = (), clock: Clock | None = None, **settings: Any,
) -> AsyncIterator[System]:  # fmt: skip
    """The system as the composition root makes it, without the HTTP server in front of its door."""
    chosen = Settings(data_dir=folder, **settings)
    ground = Ground(settings=chosen, database_url=url, offline_url=lab.url, local_token="local")
    async with assemble(ground, roles=frozenset(roles), platforms=platforms, clock=clock) as system:
        await system.start()
        yield system


@dataclass
class Talk:
    """One person's side of a conversation."""

    ports: Ports
    user: User
    at: Address
    person: Person

    async def say(self, text: str, *, files: tuple[Attachment, ...] = ()) -> list[Message]:
        """Say it and wait for the whole answer: the assistant's new or changed lines, oldest first."""
        delivery = new_id()
        async with AsyncExitStack() as stack:
            news = await stack.enter_async_context(self.ports.bus.subscribe(topic(self.at)))
            before = await self._last()
            await self.send(text, delivery, files=files)
            await asyncio.wait_for(self._idle(news), WAIT)
        return [m for m in await self.since(before) if m.author is Author.ASSISTANT]

    async def send(self, text: str, delivery: str | None = None, *, files: tuple[Attachment, ...] = ()) -> str:
        """Say it and do not wait."""
        delivery = delivery or new_id()
        message = InboundMessage(
            delivery=delivery, at=self.at, sender=self.person, ref=delivery, text=text,
            sent_at=self.ports.clock.now(), attachments=files,
        )  # fmt: skip
        await receive(self.ports, message)
        return delivery

    async def press(
        self, choice: Choice | str, values: tuple[tuple[str, str], ...] = (), *, by: Person | None = None,
        delivery: str | None = None,
    ) -> str:  # fmt: skip
        """Press a button; returns the delivery. Wait for its effect with `until`."""
        token = choice if isinstance(choice, str) else choice.token
        delivery = delivery or new_id()
        pressed = ButtonPress(delivery=delivery, at=self.at, sender=by or self.person, token=token, values=values)
        await receive(self.ports, pressed)
        return delivery

    async def stop(self) -> None:
        await receive(self.ports, Stop(delivery=new_id(), at=self.at, sender=self.person))

    async def until(self, what: Any) -> Any:
        """Wait until `what()`, a coroutine function, returns something true; looks again at every piece of news."""

        async def waiting() -> Any:
            async with self.ports.bus.subscribe(topic(self.at)) as news:
                while not (found := await what()):
                    await anext(aiter(news))
                return found

        return await asyncio.wait_for(waiting(), WAIT)

    async def card_becomes(self, card: Message, state: str) -> Message:
        async def there() -> Message | None:
            async with self.ports.memory.work(self.user.scope) as work:
                now = await work.messages.get(card.id)
            return now if now is not None and now.state == state else None

        found: Message = await self.until(there)
        return found

    async def suggestion(self, card: Message) -> Suggestion:
        async with self.ports.memory.work(self.user.scope) as work:
            found = await work.suggestions.get(card.suggestion or "")
        assert found is not None
        return found

    async def all(self) -> list[Message]:
        async with self.ports.memory.work(self.user.scope) as work:
            return list(await work.messages.before(self.at, None, limit=200))

    async def since(self, seq: int) -> list[Message]:
        async with self.ports.memory.work(self.user.scope) as work:
            return list(await work.messages.since(self.at, seq))

    async def _last(self) -> int:
        return max((m.seq for m in await self.since(0)), default=0)

    @staticmethod
    async def _idle(news: AsyncIterator[Any]) -> None:
        async for item in news:
            if item["kind"] == "idle":
                return


async def owner_talk(ports: Ports) -> Talk:
    """The owner at the web page or in the terminal."""
    async with ports.memory.door() as door:
        owner = await door.persons.owner()
    assert owner is not None
    return Talk(ports=ports, user=owner, at=web_address(owner), person=web_person(owner))


async def new_talk(ports: Ports, name: str = "Ann") -> Talk:
    """Somebody new, at the web page: what others did in the same system is not in their view."""
    user = User(id=new_id(), org=new_id(), name=name, zone="Europe/Berlin")
    async with ports.memory.door() as door:
        await door.persons.add_user(user)
    return Talk(ports=ports, user=user, at=web_address(user), person=web_person(user))


def button(message: Message, label: str) -> Choice:
    found = next((choice for choice in message.choices if choice.label.startswith(label)), None)
    assert found is not None, f"no button {label} among {[choice.label for choice in message.choices]}"
    return found
