"""A door with a real database, a real server and a scripted core: what the web tests play on."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import httpx2
import uvicorn
from starlette.applications import Starlette

from adapters.chat import web
from bot.action import Action, Call, Json, Outcome, Risk
from bot.card import choices, parse_token
from bot.card import text as card_text
from bot.command import understood
from bot.ids import derived_id, new_id, new_nonce
from bot.link import link as become_linked
from bot.message import ButtonPress, Command, Inbound, InboundMessage
from bot.people import Person, User
from bot.ports import DeadLetter, Job, Ports
from bot.receive import as_message, topic
from bot.records import Author, Message
from bot.suggestion import State, Suggestion, digest_of
from bot.trigger import Why
from bot.web import web_address
from memory.database import Database
from memory.vault import Vault
from web_oauth.app import door
from web_oauth.needs import Needs

TOKEN = "local-token-for-tests"
KEY_NAME = "claude"
ANN = User(id="0190aaaa-0000-7000-8000-000000000001", org="0190aaaa-0000-7000-8000-0000000000ff", name="Ann")
VAULT_KEY = "k1:" + base64.b64encode(bytes(32)).decode()
MAIL = Action(
    skill="mail",
    name="send",
    about="Send a mail.",
    risk=Risk.SEND,
    preview="Send a mail to {to}",
    targets=("to",),
    title="Mail",
    inputs={
        "type": "object",
        "properties": {
            "to": {"type": "string"},
            "subject": {"type": "string"},
            "text": {"type": "string"},
            "priority": {"type": "string", "enum": ["low", "normal", "high"]},
        },
    },
)


class Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class LocalBus:
    """News inside one process."""

    def __init__(self) -> None:
        self.listeners: dict[str, set[asyncio.Queue[Json]]] = {}

    async def publish(self, topic: str, news: Json) -> None:
        for queue in self.listeners.get(topic, ()):
            queue.put_nowait(news)

    @asynccontextmanager
    async def subscribe(self, topic: str) -> AsyncIterator[AsyncIterator[Json]]:
        queue: asyncio.Queue[Json] = asyncio.Queue()
        self.listeners.setdefault(topic, set()).add(queue)

        async def news() -> AsyncIterator[Json]:
            while True:
                yield await queue.get()

        try:
            yield news()
        finally:
            self.listeners[topic].discard(queue)


@dataclass
class Letters:
    """Dead letters, by hand."""

    letters: list[DeadLetter] = field(default_factory=list)

    async def list(self, limit: int = 100) -> Sequence[DeadLetter]:
        return self.letters[:limit]

    async def redrive(self, job: str) -> bool:
        before = len(self.letters)
        self.letters = [letter for letter in self.letters if letter.job != job]
        return len(self.letters) < before


Reply = Callable[["Stage", InboundMessage | Command], Awaitable[None]]


@dataclass
class Stage:
    """`reply` is what the scripted core does with a message, after its row is there."""

    memory: Database
    bus: LocalBus
    url: str = ""
    received: list[Inbound] = field(default_factory=list)
    reply: Reply | None = None
    letters: Letters = field(default_factory=Letters)
    keys: list[str] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    jobs: list[Job] = field(default_factory=list)

    async def link(self, user: User, code: str) -> Person | None:
        return await become_linked(
            cast(Ports, SimpleNamespace(memory=self.memory, clock=Clock(), engine=self)), user, code
        )

    async def enqueue(self, tx: object, job: Job) -> None:
        self.jobs.append(job)

    def nudge(self) -> None:
        """Nobody carries the jobs out here."""

    async def receive(self, inbound: Inbound) -> None:
        inbound = understood(inbound)
        async with self.memory.door() as opened:
            fresh = await opened.inbox.put(inbound, new_id(), datetime.now(UTC))
        if not fresh:
            return
        self.received.append(inbound)
        if isinstance(inbound, InboundMessage | Command):
            await self.put(as_message(inbound))
            if self.reply is not None:
                self.spawn(self.reply(self, inbound))
        elif isinstance(inbound, ButtonPress):
            await self.pressed(inbound)

    def spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def put(self, message: Message) -> Message:
        async with self.memory.work(ANN.scope) as work:
            kept = await work.messages.put(message)
        await self.tell("changed", seq=kept.seq)
        return kept

    async def tell(self, kind: str, **more: Any) -> None:
        await self.bus.publish(topic(web_address(ANN)), {"kind": kind, **more})

    async def say(self, text: str, **more: Any) -> Message:
        line = Message(
            id=new_id(), at=web_address(ANN), author=Author.ASSISTANT, text=text, sent_at=datetime.now(UTC), **more
        )
        return await self.put(line)

    async def card(self, **arguments: str) -> Message:
        """A card that asks whether to send a mail."""
        call = Call(action=MAIL.id, arguments=arguments, key=new_id())
        now = datetime.now(UTC)
        suggestion = Suggestion(
            id=new_id(),
            scope=ANN.scope,
            revision=1,
            trigger=Why.ASKED,
            title=f"Send a mail to {arguments['to']}",
            steps=(call,),
            risk=Risk.SEND,
            state=State.OPEN,
            digest=digest_of((call,)),
            nonce=new_nonce(),
            created_at=now,
            expires_at=now + timedelta(days=1),
            why="you asked for it",
        )
        async with self.memory.work(ANN.scope) as work:
            await work.suggestions.add(suggestion)
        return await self.show(suggestion)

    async def show(self, suggestion: Suggestion) -> Message:
        return await self.put(
            Message(
                id=derived_id("card", suggestion.id),
                at=web_address(ANN),
                author=Author.ASSISTANT,
                text=card_text(suggestion, ANN, find, datetime.now(UTC)),
                sent_at=suggestion.created_at,
                suggestion=suggestion.id,
                state=suggestion.state.value,
                choices=choices(suggestion, find),
            )
        )

    async def pressed(self, press: ButtonPress) -> None:
        verb, nonce = parse_token(press.token) or ("", "")
        async with self.memory.work(ANN.scope) as work:
            before = await work.suggestions.by_nonce(nonce)
            assert before is not None, "a token that is on no card"
            after = _after(before, verb, dict(press.values))
            await work.suggestions.move(before, after)
        await self.show(after)


def _after(before: Suggestion, verb: str, values: dict[str, str]) -> Suggestion:
    if verb == "e":
        call = replace(before.steps[0], arguments=values)
        title = f"Send a mail to {values['to']}"
        return replace(before, steps=(call,), title=title, revision=before.revision + 1, nonce=new_nonce())
    undo = (Call(action="mail.unsend", arguments={}, key=new_id()),)
    return {
        "a": replace(before, state=State.DONE, result="Sent.", undo=undo),
        "d": replace(before, state=State.DENIED, result="Not sent."),
        "u": replace(before, state=State.UNDONE, result="Taken back."),
    }[verb]


def find(action: str) -> Action | None:
    return MAIL if action == MAIL.id else None


async def _ready() -> dict[str, bool]:
    return {"database": True}


async def _run(call: Call, context: object) -> Outcome:
    raise AssertionError("the door runs no action")


@asynccontextmanager
async def stage(database_url: str, **settings: Any) -> AsyncIterator[Stage]:
    """The whole door on a free port, with one user, Ann."""
    memory = Database(database_url, Vault(VAULT_KEY), pool=3)
    playing = Stage(memory=memory, bus=LocalBus())
    async with memory.door() as opened:
        await opened.persons.add_user(ANN)

    async def use_key(key: str) -> str | None:
        playing.keys.append(key)
        return None if key.startswith("sk-ant-") or not key else "the vendor says it is unknown."

    needs: dict[str, Any] = {
        "memory": memory,
        "bus": playing.bus,
        "clock": Clock(),
        "receive": playing.receive,
        "actions": SimpleNamespace(get=find),
        "dead_letters": playing.letters,
        "translator": web,
        "local_token": TOKEN,
        "use_key": use_key,
        "key_name": KEY_NAME,
        "link": playing.link,
        "ready": _ready,
        "requests_per_minute": 10_000,
        "heartbeat": 0.2,
    }
    app = door(Needs(**(needs | settings)))
    try:
        async with served(app) as playing.url:
            yield playing
    finally:
        for task in playing.tasks:
            task.cancel()
        await memory.close()


@asynccontextmanager
async def served(app: Starlette) -> AsyncIterator[str]:
    """The application on a free port of this machine; gives its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off", timeout_graceful_shutdown=5))
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:
            await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        app.state.closing.set()
        server.should_exit = True
        await serving


async def link(playing: Stage) -> str:
    """A fresh sign-in link."""
    async with httpx2.AsyncClient(base_url=playing.url) as client:
        made = await client.post("/local/sign-in-links", headers={"authorization": f"Bearer {TOKEN}"})
        return str(made.json()["url"])


def stranger() -> Person:
    return Person(platform="telegram", tenant="", id="4242", name="Ann on Telegram")
