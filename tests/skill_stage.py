"""A stage for the built-in skills: a person on a real database, the real way of executing a call, a scripted model."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from bot.action import Call, Json, Outcome
from bot.execute import execute
from bot.ids import new_id
from bot.message import Address
from bot.model import Answer, End, Prompt, Tier, Usage
from bot.people import Scope, User
from bot.ports import Ports
from bot.repositories import Work
from memory.database import Database
from memory.vault import Vault, new_key
from scheduler.recurrence import CronRecurrence
from skills.catalogue import Catalogue

FRIDAY = datetime(2026, 11, 20, 18, 10, tzinfo=UTC)  # 19:10 in Berlin
CATALOGUE = Catalogue(recurrence=CronRecurrence())
_keys = itertools.count(1)


class ScriptedModel:
    """Answers what it is given, one after the other, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer | Exception] = []
        self.asked: list[Prompt] = []

    def will_say(self, text: str, *, end: End = End.DONE, offline: bool = False) -> None:
        usage = Usage(
            model="scripted",
            tier=Tier.FAST,
            input_tokens=1,
            output_tokens=1,
            cache_read_tokens=0,
            cache_write_tokens=0,
            dollars=0.0,
            seconds=0.0,
        )
        blocks = ({"type": "text", "text": text},)
        self.answers.append(Answer(text=text, uses=(), end=end, blocks=blocks, usage=usage, offline=offline))

    async def ask(self, scope: Scope, prompt: Prompt, grow: Callable[[str], Awaitable[None]] | None = None) -> Answer:
        self.asked.append(prompt)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class Stage:
    database: Database
    user: User
    catalogue: Catalogue = CATALOGUE
    now: datetime = FRIDAY
    model: ScriptedModel = field(default_factory=ScriptedModel)
    own_words: str = ""
    lines: tuple[str, ...] = ()

    @property
    def where(self) -> Address:
        return Address(platform="web", tenant="", place=self.user.id)

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        async with self.database.work(self.user.scope) as work:
            yield work

    async def run(self, action: str, **arguments: Json) -> Outcome:
        return await self.call(Call(action=action, arguments=arguments, key=f"key-{next(_keys)}-{self.user.id}"))

    async def call(self, call: Call, user: User | None = None) -> Outcome:
        """As the program does it: judged already, executed once, effect and record in one transaction."""
        async with self.work() as work:
            self.user = await work.profile.get()
        parts = SimpleNamespace(
            actions=self.catalogue, memory=self.database, model=self.model, clock=SimpleNamespace(now=lambda: self.now)
        )
        return await execute(
            cast(Ports, parts), user or self.user, call, own=self.own_words, lines=self.lines, where=self.where
        )

    async def did(self, action: str, **arguments: Json) -> Outcome:
        """As `run`, and it must succeed."""
        outcome = await self.run(action, **arguments)
        assert outcome.ok, outcome.text
        return outcome

    async def refused(self, action: str, **arguments: Json) -> Outcome:
        """As `run`, and it must not succeed."""
        outcome = await self.run(action, **arguments)
        assert not outcome.ok, outcome.text
        return outcome

    async def undone(self, outcome: Outcome) -> Outcome:
        assert outcome.undo is not None
        back = await self.call(outcome.undo)
        assert back.ok, back.text
        return back

    async def belongings(self) -> Any:
        """All that a person would miss, without counters that only grow."""
        async with self.work() as work:
            everything = await work.everything.export()
        kept = {name: rows for name, rows in everything.items() if name not in ("audit", "executions", "usage")}
        counters = ("version", "created_at", "updated_at")
        return {
            name: sorted(repr({k: v for k, v in sorted(row.items()) if k not in counters}) for row in rows)
            for name, rows in kept.items()
            if isinstance(rows, list)
        }


@asynccontextmanager
async def stage(url: str, *, zone: str | None = "Europe/Berlin", **more: Any) -> AsyncIterator[Stage]:
    """A new person on the database at `url`."""
    database = Database(url, Vault(new_key()), now=lambda: FRIDAY)
    user = User(id=new_id(), org=new_id(), name="Ann", zone=zone)
    try:
        async with database.door() as door:
            await door.persons.add_user(user)
        yield Stage(database, replace(user), **more)
    finally:
        await database.close()
