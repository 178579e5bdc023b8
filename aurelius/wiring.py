"""Read this first: every part of Aurelius is made here, once, and given what it needs. No other file knows them all.

platform -> receive (one transaction: row + queue) -> turn: begin, think, act, reply -> deliver -> platform
button -> press -> settle: decide (atomic), carry out (once), show on every copy of the card
tick -> due reminders, expiring cards -> the same path
"""

from __future__ import annotations

import asyncio
import importlib.resources
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.model import Connection, check_key, connect
from aurelius.clock import SystemClock
from aurelius.ground import Ground
from aurelius.roles import Role
from aurelius.settings import Settings
from bot import due, press
from bot.ids import new_id
from bot.message import Inbound
from bot.people import Person, Scope, User
from bot.ports import ChatPlatform, Ports, Queue
from bot.receive import receive
from bot.turn import turn
from memory.bus import PostgresBus
from memory.database import Database
from memory.migrate import migrate
from memory.vault import Vault, open_vault
from scheduler.chores import Chores
from scheduler.engine import Engine
from scheduler.recurrence import CronRecurrence
from scheduler.tick import Tick
from skills.catalogue import BUILTIN, Catalogue

if TYPE_CHECKING:
    from starlette.applications import Starlette

Warn = Callable[[Scope, str, float], Awaitable[None]]
CLAUDE_KEY = "anthropic"  # the name under which a key pasted in the settings page is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """The running whole, as the command line sees it."""

    app: Starlette | None
    ports: Ports
    start: Callable[[], Awaitable[None]]
    sign_in_link: Callable[[], Awaitable[str]]
    ready: Callable[[], Awaitable[Mapping[str, bool]]]


@asynccontextmanager
async def assemble(ground: Ground, *, roles: frozenset[Role]) -> AsyncIterator[System]:
    """All parts, connected; what was opened is closed in the reverse order."""
    settings = ground.settings
    async with AsyncExitStack() as stack:
        await migrate(ground.database_url)
        memory = Database(ground.database_url, _vault(settings))
        stack.push_async_callback(memory.close)
        bus = PostgresBus(ground.database_url)
        stack.push_async_callback(bus.stop)
        recurrence, clock = CronRecurrence(), SystemClock()
        engine = Engine(ground.database_url, alone=settings.database_url is None)
        owner = await _owner(memory)

        async def warn(scope: Scope, period: str, share: float) -> None:
            async with memory.work(scope) as work:
                await engine.enqueue(work.tx, due.spent_job(scope, period, clock.now()))
            engine.nudge()

        model = await _model(ground, memory, clock, owner, warn)
        stack.push_async_callback(model.close)
        ports = Ports(
            clock=clock,
            memory=memory,
            engine=engine,
            bus=bus,
            model=model,
            actions=Catalogue(_skill_roots(settings), recurrence=recurrence, base_urls=_base_urls(settings)),
            platforms=_platforms(),
            system=importlib.resources.files("bot").joinpath("prompts/system.md").read_text(encoding="utf-8"),
            public_url=settings.url,
        )
        _register(engine, ports)
        take: Callable[[Inbound], Awaitable[None]] = partial(receive, ports)

        async def ready() -> Mapping[str, bool]:
            return {"database": await _answers(memory), "engine": engine.running}

        async def start() -> None:
            await bus.start()
            stack.push_async_callback(engine.stop)
            await engine.start(tuple(Queue) if Role.WORKER in roles else ())
            if Role.CHATS in roles:
                for platform in ports.platforms.values():
                    await platform.start(take)
                    stack.push_async_callback(platform.stop)
            if Role.CLOCK in roles:
                for repeated in (Tick(memory, engine, recurrence, clock), Chores(memory, engine, clock)):
                    await repeated.start()
                    stack.push_async_callback(repeated.stop)
            if Role.WORKER in roles:
                warming.append(asyncio.create_task(model.warm(), name="warm the model's client"))

        async def sign_in_link() -> str:
            async with memory.door() as door:
                return f"{settings.url}/link?code={await door.sessions.new_link(owner.scope, clock.now())}"

        warming: list[asyncio.Task[None]] = []
        app = _door(ground, ports, engine, model, take, ready) if Role.WEB in roles else None
        yield System(app=app, ports=ports, start=start, sign_in_link=sign_in_link, ready=ready)


def _register(engine: Engine, ports: Ports) -> None:
    """Which job is whose."""
    engine.register("turn", partial(turn, ports))
    engine.register("press", partial(press.press, ports))
    engine.register("stop", partial(press.stop, ports))
    engine.register("delivered", partial(press.delivered, ports))
    engine.register("expire", partial(due.expire, ports))
    engine.register("wake", partial(due.wake, ports))
    engine.register("nag", partial(due.nag, ports))
    engine.register("remind", partial(due.remind, ports))
    engine.register("spent", partial(due.spent, ports))
    engine.on_dead(partial(due.dead, ports))


def _vault(settings: Settings) -> Vault:
    keys = settings.secret_keys.get_secret_value() if settings.secret_keys else None
    return open_vault(keys, settings.data_dir)


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


def _platforms() -> Mapping[str, ChatPlatform]:
    from adapters.chat import web

    platforms: list[ChatPlatform] = [web.connect()]
    return {platform.name: platform for platform in platforms}


async def _owner(memory: Database) -> User:
    """The one person of owner mode, made at the first start, who is also who they are on web and terminal."""
    async with memory.door() as door:
        owner = await door.persons.owner()
        if owner is None:
            owner = User(id=new_id(), org=new_id(), name="")
            await door.persons.add_user(owner)
            await door.persons.link(Person(platform="web", tenant="", id=owner.id), owner)
    return owner


async def _model(ground: Ground, memory: Database, clock: SystemClock, owner: User, warn: Warn) -> Connection:
    """Claude with the key of the settings or the one pasted on the page, else the offline model."""
    async with memory.door() as door:
        pasted = await door.secrets.get(owner.scope, CLAUDE_KEY)
    return connect(ground.settings, memory, clock, pasted_key=pasted, offline_url=ground.offline_url, warn=warn)


def _door(
    ground: Ground,
    ports: Ports,
    engine: Engine,
    model: Connection,
    take: Callable[[Inbound], Awaitable[None]],
    ready: Callable[[], Awaitable[Mapping[str, bool]]],
) -> Starlette:
    from adapters.chat import web
    from web_oauth.app import door
    from web_oauth.needs import Needs

    settings = ground.settings

    async def use_key(scope: Scope, key: str) -> str | None:
        """Checked with the vendor, kept encrypted by the page, used from the next call on."""
        problem = await check_key(key, settings.anthropic_base_url) if key else None
        if problem is None:
            await model.set_key(key or None)
        return problem

    return door(
        Needs(
            memory=ports.memory,
            bus=ports.bus,
            clock=ports.clock,
            receive=take,
            actions=ports.actions,
            dead_letters=engine,
            translator=web,
            local_token=ground.local_token,
            use_key=use_key,
            ready=ready,
            public_url=settings.public_url,
            allow_plain_lan=settings.allow_plain_lan,
        )
    )


async def _answers(memory: Database) -> bool:
    try:
        async with memory.door() as door:
            await door.persons.owner()
    except OSError:
        return False
    return True
