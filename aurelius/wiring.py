"""Read this first: every part of Aurelius is made here, once, and given what it needs. No other file knows them all.

platform -> receive (one transaction: row + queue) -> turn: begin, think, act, reply -> deliver -> platform
button -> press -> settle: decide (atomic), carry out (once), show on every copy of the card
tick -> due reminders; delayed jobs -> cards that expire or come back -> the same path
"""

from __future__ import annotations

import asyncio
import importlib.resources
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from adapters import embeddings, scanner, speech
from adapters.documents import process as documents
from adapters.model import Connection, connect
from aurelius import garbage, pasted_key
from aurelius.chats import platforms as platforms_of
from aurelius.chats import revealed
from aurelius.clock import SystemClock
from aurelius.ground import Ground
from aurelius.logging import correlated
from aurelius.pasted_key import PastedKey
from aurelius.roles import Role
from aurelius.settings import Settings
from bot import due, press
from bot.desk import FrontDesk
from bot.ids import derived_id
from bot.learning import files
from bot.learning.facts import learn
from bot.link import link, linked
from bot.people import Scope, User
from bot.ports import ChatPlatform, Clock, Engine, Hook, Hooked, Memory, Ports, Queue, Speech
from bot.receive import receive
from bot.turn import turn
from memory.bus import PostgresBus
from memory.database import Database
from memory.migrate import migrate
from memory.redis_bus import RedisBus
from memory.vault import open_vault
from scheduler.chores import Chores
from scheduler.engine import Engine as DurableEngine
from scheduler.recurrence import CronRecurrence
from scheduler.repeated import Repeated
from scheduler.tick import Tick
from skills.catalogue import BUILTIN, Catalogue

if TYPE_CHECKING:
    from starlette.applications import Starlette

EMBEDDING = timedelta(seconds=5)  # between two looks for what has no vector yet


@asynccontextmanager
async def assemble(
    ground: Ground,
    *,
    roles: frozenset[Role],
    platforms: Sequence[ChatPlatform] = (),
    clock: Clock | None = None,
) -> AsyncIterator[System]:
    """All parts, connected, not yet started; at the end they are closed in the reverse order.

    `platforms` stand beside those that the settings name; `clock` replaces the system's."""
    settings, clock = ground.settings, clock or SystemClock()
    async with AsyncExitStack() as stack:
        await migrate(ground.database_url)
        memory = _memory(ground, clock, stack)
        chats = platforms_of(settings, memory, clock, stack, platforms)  # closed after the engine, whose jobs write
        bus = _bus(ground)
        stack.push_async_callback(bus.stop)
        engine = _engine(ground, memory, stack)
        owner = await _owner(memory)
        model = await _model(ground, memory, engine, clock, owner)
        stack.push_async_callback(model.close)
        ports = Ports(
            clock=clock,
            memory=memory,
            engine=engine,
            bus=bus,
            model=model,
            actions=Catalogue(_skill_roots(settings), recurrence=CronRecurrence(), base_urls=_base_urls(settings)),
            platforms=chats,
            speech=_speech(settings, memory, clock),
            screen=scanner.screen(scanner.connect(settings.clamd)),
            read=documents.read,
            sees=model.sees,
            system=_prompt("system"),
            public_url=settings.url,
        )
        _register(engine, ports)
        yield System(
            ground=ground, roles=roles, ports=ports, owner=owner, engine=engine, bus=bus, model=model, stack=stack
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """The assembled whole, as the command line sees it."""

    ground: Ground
    roles: frozenset[Role]
    ports: Ports
    owner: User
    engine: DurableEngine
    bus: PostgresBus | RedisBus
    model: Connection
    stack: AsyncExitStack

    async def start(self) -> None:
        """Begin to work, in the roles of this process."""
        ports, roles = self.ports, self.roles
        await self.bus.start()
        await self.engine.start(tuple(Queue) if Role.WORKER in roles else ())
        if Role.CHATS in roles:
            for platform in ports.platforms.values():
                await platform.start(FrontDesk(ports))
                self.stack.push_async_callback(platform.stop)
        if Role.CLOCK in roles:
            tick = Tick(ports.memory, self.engine, CronRecurrence(), ports.clock)
            rounds: list[Tick | Chores | Repeated] = [tick, Chores(ports.memory, self.engine, ports.clock)]
            if isinstance(ports.memory, Database) and ports.memory.embedder is not None:
                rounds.append(Repeated("embeddings", ports.memory.embedder.once, EMBEDDING, EMBEDDING))
            for repeated in rounds:
                await repeated.start()
                self.stack.push_async_callback(repeated.stop)
        if Role.WORKER in roles:
            warming = asyncio.create_task(self._warm(), name="warm the model's client")
            following = asyncio.create_task(self.pasted_key.follow(), name="follow the key")
            for task in (warming, following):
                self.stack.callback(task.cancel)

    async def _warm(self) -> None:
        await self.model.warm()
        garbage.settle()

    async def sign_in_link(self) -> str:
        """A fresh address that signs the owner in, once."""
        async with self.ports.memory.door() as door:
            secret = await door.sessions.new_link(self.owner.scope, self.ports.clock.now())
        return f"{self.ground.settings.url}/link?code={secret}"

    async def ready(self) -> Mapping[str, bool]:
        """What must work, and whether it does."""
        try:
            async with self.ports.memory.door() as door:
                await door.persons.owner()
        except OSError:
            return {"database": False, "engine": self.engine.running}
        return {"database": True, "engine": self.engine.running}

    @property
    def pasted_key(self) -> PastedKey:
        return PastedKey(self.ports.memory, self.bus, self.model, self.owner.scope, self.ground.settings)

    @property
    def app(self) -> Starlette:
        """The door: everything that is reached over HTTP."""
        from adapters.chat import web
        from web_oauth.app import door
        from web_oauth.needs import Needs

        settings = self.ground.settings
        needs = Needs(
            memory=self.ports.memory,
            bus=self.bus,
            clock=self.ports.clock,
            receive=partial(receive, self.ports),
            actions=self.ports.actions,
            dead_letters=self.engine,
            translator=web,
            local_token=self.ground.local_token,
            use_key=self.pasted_key.use,
            key_name=pasted_key.NAME,
            link=partial(link, self.ports),
            ready=self.ready,
            hooks=self._hooks(),
            public_url=settings.public_url,
            allow_plain_lan=settings.allow_plain_lan,
        )
        return door(needs)

    def _hooks(self) -> list[Hook]:
        """The webhooks of the chat platforms."""
        desk, platforms = FrontDesk(self.ports), self.ports.platforms.values()
        return [hook for platform in platforms if isinstance(platform, Hooked) for hook in platform.hooks(desk)]


def _memory(ground: Ground, clock: Clock, stack: AsyncExitStack) -> Database:
    vault = open_vault(revealed(ground.settings.secret_keys), ground.settings.data_dir)
    memory = Database(ground.database_url, vault, now=clock.now, embeddings=embeddings.connect(ground.settings))
    stack.push_async_callback(memory.close)
    return memory


def _prompt(name: str) -> str:
    return importlib.resources.files("bot").joinpath(f"prompts/{name}.md").read_text(encoding="utf-8")


def _speech(settings: Settings, memory: Memory, clock: Clock) -> Speech:
    return speech.connect(
        key=revealed(settings.elevenlabs_api_key),
        base_url=settings.elevenlabs_base_url,
        clamd=settings.clamd,
        memory=memory,
        clock=clock,
    )


def _engine(ground: Ground, memory: Database, stack: AsyncExitStack) -> DurableEngine:
    engine = DurableEngine(ground.database_url, alone=ground.settings.database_url is None)
    stack.push_async_callback(engine.stop)
    memory.on_delete(engine.forget)
    return engine


def _bus(ground: Ground) -> PostgresBus | RedisBus:
    redis = ground.settings.redis_url
    return PostgresBus(ground.database_url) if redis is None else RedisBus(redis.get_secret_value())


def _register(engine: DurableEngine, ports: Ports) -> None:
    """Which job is whose."""
    handlers: dict[str, Callable[[Ports, str], Awaitable[None]]] = {
        "turn": turn,
        "press": press.press,
        "stop": press.stop,
        "delivered": press.delivered,
        "expire": due.expire,
        "wake": due.wake,
        "nag": due.nag,
        "remind": due.remind,
        "spent": due.spent,
        "linked": linked,
        "learn": partial(learn, instructions=_prompt("learn")),
        "read": files.read,
    }
    for name, handler in handlers.items():
        engine.register(name, partial(_in_its_name, handler, ports))
    engine.on_dead(partial(due.dead, ports))


async def _in_its_name(handler: Callable[[Ports, str], Awaitable[None]], ports: Ports, subject: str) -> None:
    """Every line that a job logs carries what it is about."""
    with correlated(subject):
        await handler(ports, subject)


def _skill_roots(settings: Settings) -> tuple[Path, ...]:
    return (BUILTIN, settings.skills_dir) if settings.skills_dir else (BUILTIN,)


def _base_urls(settings: Settings) -> dict[str, str]:
    """SKILL_<SLUG>_BASE_URL by slug."""
    ending = "_BASE_URL"
    return {
        name.removeprefix("SKILL_").removesuffix(ending).lower().replace("_", "-"): value.get_secret_value()
        for name, value in settings.skill_values.items()
        if name.endswith(ending)
    }


async def _owner(memory: Memory) -> User:
    """The one person of owner mode, made at the first start, who is also who they are on web and terminal.

    Processes that start at the same moment make the same one."""
    async with memory.door() as door:
        owner = await door.persons.owner()
        if owner is None:
            owner = User(id=derived_id("owner"), org=derived_id("organisation"), name="")
            await door.persons.add_user(owner)
    return owner


async def _model(ground: Ground, memory: Memory, engine: Engine, clock: Clock, owner: User) -> Connection:
    """Claude with the key of the settings or the one pasted on the page, else the offline model."""

    async def warn(scope: Scope, period: str, share: float) -> None:
        async with memory.work(scope) as work:
            await engine.enqueue(work.tx, due.spent_job(scope, period, clock.now()))
        engine.nudge()

    pasted = await pasted_key.kept(memory, owner.scope)
    return connect(ground.settings, memory, clock, pasted_key=pasted, offline_url=ground.offline_url, warn=warn)
