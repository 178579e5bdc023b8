"""A process that takes in messages of many people while another one answers, as a deployment of two parts does."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aurelius import garbage
from aurelius.clock import SystemClock
from bot.ids import new_id
from bot.message import InboundMessage
from bot.people import User
from bot.ports import Ports
from bot.receive import receive, topic
from bot.web import web_address, web_person
from memory.bus import PostgresBus
from memory.database import Database
from memory.vault import Vault, new_key
from scheduler.engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    ports: Ports

    async def somebody(self, name: str) -> User:
        user = User(id=new_id(), org=new_id(), name=name)
        async with self.ports.memory.door() as door:
            await door.persons.add_user(user)
        return user

    async def say(self, user: User, text: str) -> None:
        """Returns when it is acknowledged: nothing can lose it any more."""
        delivery, now = new_id(), self.ports.clock.now()
        at, sender = web_address(user), web_person(user)
        message = InboundMessage(delivery=delivery, at=at, sender=sender, ref=delivery, text=text, sent_at=now)
        await receive(self.ports, message)

    async def answered(self, user: User, text: str) -> float:
        """Seconds until the turn is over."""
        began = time.perf_counter()
        async with self.ports.bus.subscribe(topic(web_address(user))) as news:
            await self.say(user, text)
            async for item in news:
                if item["kind"] == "idle":
                    break
        return time.perf_counter() - began


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Door]:
    """On a database that is migrated already."""
    memory, bus, engine = Database(url, Vault(new_key())), PostgresBus(url), Engine(url)
    nothing: Any = None
    try:
        await bus.start()
        await engine.start(())
        garbage.settle()  # as a process of ours does when it has started
        yield Door(
            ports=Ports(
                clock=SystemClock(),
                memory=memory,
                engine=engine,
                bus=bus,
                model=nothing,
                actions=nothing,
                platforms={},
                speech=nothing,
                screen=nothing,
                read=nothing,
                sees=nothing,
                system="",
                public_url="",
            )
        )
    finally:
        await engine.stop()
        await bus.stop()
        await memory.close()
