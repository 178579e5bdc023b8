"""A chat app's stand-in in its own process, and a person who has the app open. The same for every chat platform: what
is a platform's own stays behind its `/lab/` side."""

from __future__ import annotations

import asyncio
import itertools
import re
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from bot.ids import new_id
from bot.link import link
from bot.people import User
from bot.ports import Ports
from tests.talk import WAIT, Lab

_ids = itertools.count(4_915_550_000_001)  # digits that any app takes for an account


@dataclass
class App:
    """The stand-in, as a test drives it."""

    url: str
    http: httpx2.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx2.AsyncClient(base_url=self.url, timeout=WAIT + 10)

    async def act(self, what: str, **body: Any) -> Any:
        answer = await self.http.post(f"/lab/{what}", json=body)
        assert answer.is_success, f"{what}: {answer.status_code} {answer.text}"
        return answer.json()

    async def fault(self, method: str, **about: Any) -> None:
        """The next calls of `method` fail: status, retry_after, times, drop ("before" or "after"), skip."""
        await self.act("fault", method=method, **about)

    async def forget_faults(self) -> None:
        await self.act("forget_faults")

    async def again(self, event: str) -> None:
        """The same event is delivered once more."""
        await self.act("again", event=event)

    async def drop(self) -> None:
        """The line between the platform and us is cut."""
        await self.act("drop")

    async def revoke(self) -> None:
        """Our token is refused, until `restore`."""
        await self.act("revoke")

    async def restore(self) -> None:
        await self.act("restore")

    async def file(self, id: str) -> bytes:
        answer = await self.http.get(f"/lab/file/{id}")
        answer.raise_for_status()
        return answer.content

    async def events(self, after: int = -1, wait: float = 0) -> list[Any]:
        """What happened, oldest first: calls of ours, events delivered to us, and the like."""
        answer = await self.http.get("/lab/events", params={"after": after, "wait": wait})
        found: list[Any] = answer.json()
        return found

    async def calls(self, method: str) -> list[Any]:
        return _calls(await self.events(), method)

    async def until(self, there: Callable[[list[Any]], Any]) -> Any:
        """Wait until `there(all events)` is true, looking again whenever something happens."""
        events: list[Any] = []
        async with asyncio.timeout(WAIT):
            while not (found := there(events)):
                events += await self.events(len(events) - 1, WAIT)
        return found

    async def called(self, method: str, times: int = 1, status: int = 200) -> list[Any]:
        """Wait until so many calls of `method` were answered so; returns them."""

        def there(events: list[Any]) -> list[Any] | None:
            found = [call for call in _calls(events, method) if call["status"] == status]
            return found if len(found) >= times else None

        found: list[Any] = await self.until(there)
        return found

    def person(self, name: str = "Ann", id: str | None = None) -> AppUser:
        """Somebody new, at the private chat with us."""
        return AppUser(self, {"id": id or str(next(_ids)), "name": name})


def _calls(events: list[Any], method: str) -> list[Any]:
    return [e for e in events if e["what"] == "call" and e["method"].lower() == method.lower()]


@dataclass
class AppUser:
    """Somebody with the app open at the private chat with us, or at a group."""

    app: App
    user: Mapping[str, Any]
    chat: Mapping[str, Any] | None = None

    @property
    def id(self) -> str:
        return str(self.user["id"])

    def at(self, group: Mapping[str, Any]) -> AppUser:
        """The same person at a group: {id, kind: "group", title}."""
        return AppUser(self.app, self.user, group)

    async def act(self, what: str, **body: Any) -> Any:
        return await self.app.act(what, user=self.user, **({"chat": self.chat} if self.chat else {}), **body)

    async def send(self, text: str = "", **more: Any) -> Any:
        """Write and do not wait; returns {event, message}. `more`: file, reply_to, thread, mention, fields."""
        return await self.act("say", text=text, **more)

    async def say(self, text: str = "", **more: Any) -> Any:
        """Write and wait for our next message, which is returned as it stands."""
        before = {message["id"] for message in await self.shown()}
        await self.send(text, **more)
        return (await self.until(lambda shown: [m for m in shown if m["id"] not in before]))[-1]

    async def press(self, message: Any, label: str) -> Any:
        """`label`: the beginning of what stands on the button, or its token."""
        return await self.act("press", message=message["id"], button=label)

    async def submit(self, values: Mapping[str, str]) -> Any:
        """Send off the open form: what is not among the values stays as it was."""
        form = await self.form()
        return await self.act("submit", form=form["id"], values=dict(values))

    async def command(self, name: str, text: str = "") -> Any:
        return await self.act("command", name=name, text=text)

    async def edit(self, message: str, text: str) -> Any:
        return await self.act("edit", message=message, text=text)

    async def react(self, message: Any, emoji: str) -> Any:
        return await self.act("react", message=message["id"], emoji=emoji)

    async def stop(self) -> Any:
        """Press what the app shows below a growing answer."""
        return await self.act("stop")

    async def screen(self) -> Any:
        where = {"user": self.id} | ({"chat": self.chat["id"]} if self.chat else {})
        answer = await self.app.http.get("/lab/screen", params=where)
        answer.raise_for_status()
        return answer.json()

    async def shown(self) -> list[Any]:
        """Our messages in this chat, oldest first, without what is still growing."""
        return [m for m in (await self.screen())["messages"] if m["author"] == "bot" and not m["growing"]]

    async def form(self) -> Any:
        """The form that is open in the app; waits for it."""
        return await self.until_screen(lambda screen: screen["form"])

    async def until(self, there: Callable[[list[Any]], Any]) -> Any:
        """Wait until `there(our messages)` is true."""

        def looked(screen: Any) -> Any:
            return there([m for m in screen["messages"] if m["author"] == "bot" and not m["growing"]])

        return await self.until_screen(looked)

    async def becomes(self, message: Any, words: str) -> Any:
        """The same message, once these words stand in it."""
        return await self.until(
            lambda shown: next((m for m in shown if m["id"] == message["id"] and words in m["text"]), None)
        )

    async def until_screen(self, there: Callable[[Any], Any]) -> Any:
        """Wait until `there(screen)` is true, looking again whenever something happens."""
        seen, screen = len(await self.app.events()), await self.screen()
        try:
            async with asyncio.timeout(WAIT):
                while not (found := there(screen)):
                    seen += len(await self.app.events(seen - 1, WAIT))
                    screen = await self.screen()
        except TimeoutError:
            pytest.fail(f"the screen still shows {screen}")
        return found


def labels(message: Any) -> list[str]:
    return [button["label"] for button in message["buttons"]]


def code_in(message: Any) -> str:
    """What a stranger is given, to be linked by."""
    found = re.search(r"code is \W*(\w{8})", message["text"])
    assert found is not None, message["text"]
    return found[1]


async def linked(ports: Ports, app: App, name: str = "Ann") -> AppUser:
    """Somebody new at a private chat, who has an account with us."""
    person = app.person(name)
    await given_an_account(ports, person)
    return person


async def given_an_account(ports: Ports, person: AppUser) -> User:
    """They become a user of ours, by the code that we tell them."""
    user = User(id=new_id(), org=new_id(), name=str(person.user["name"]), zone="Europe/Berlin")
    async with ports.memory.door() as door:
        await door.persons.add_user(user)
    assert await link(ports, user, code_in(await person.say("hello"))) is not None
    await person.until(lambda shown: "You are linked" in shown[-1]["text"])
    return user


async def card_of(lab: Lab, person: AppUser, words: str, tool: Mapping[str, Any], **more: Any) -> Any:
    """They write it; the model uses the tool, which asks; returns the card."""
    await lab.script({"tools": [tool]}, {"text": "That needs your yes."}, match={"text": words})
    await person.send(words, **more)
    return await person.until(lambda shown: shown and labels(shown[-1]) and shown[-1])


def group(title: str = "Family") -> dict[str, str]:
    """A group that nobody has used yet."""
    return {"id": str(next(_ids)), "kind": "group", "title": title}


@asynccontextmanager
async def stand_in(name: str, *arguments: str) -> AsyncIterator[App]:
    """`python -m lab NAME` on a free port, gone at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "lab", name, "--port", "0", *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), WAIT)).decode()
    app = App(url=line.strip().rpartition(" ")[2])
    try:
        yield app
    finally:
        await app.http.aclose()
        process.terminate()
        await process.wait()
