"""A second chat platform, written by hand: it shows what was sent to it, and fails when it is told to."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.ids import new_id
from bot.message import Address, Attachment
from bot.message import Reply as Sent
from bot.people import Person
from bot.ports import Desk, Ports
from tests.talk import WAIT, Talk


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A message as it now stands in the chat; `edits` counts how often it was changed in place."""

    key: str
    ref: str
    reply: Sent
    edits: int = 0


class PlatformStandIn:
    """Fulfils `bot.ports.ChatPlatform`. `faults` are raised by the next sends, one each."""

    reads_rows = False

    def __init__(self, name: str = "chat", *, idempotent: bool = False) -> None:
        self.name, self.idempotent = name, idempotent
        self.shown: dict[str, Shown] = {}
        self.faults: deque[Exception] = deque()
        self.files: dict[str, bytes] = {}
        self.desk: Desk | None = None
        self._changed = asyncio.Condition()

    async def start(self, desk: Desk) -> None:
        self.desk = desk

    async def stop(self) -> None:
        self.desk = None

    async def send(self, reply: Sent, key: str, ref: str | None) -> str | None:
        if self.faults:
            async with self._changed:
                fault = self.faults.popleft()
                self._changed.notify_all()
            raise fault
        before = self.shown.get(ref or "")
        ref = ref or new_id()
        edits = before.edits + 1 if before else 0
        async with self._changed:
            self.shown[ref] = Shown(key=key, ref=ref, reply=reply, edits=edits)
            self._changed.notify_all()
        return ref

    async def progress(self, at: Address, news: Any) -> None:
        return

    async def download(self, attachment: Attachment) -> bytes:
        return self.files[attachment.ref]

    def at(self, place: str) -> list[Shown]:
        """What stands in a place, oldest first."""
        return [shown for shown in self.shown.values() if shown.reply.to.place == place]

    async def until(self, there: Callable[[], Any]) -> Any:
        """Wait until `there()` is true, looking again whenever something was shown."""
        async with self._changed:
            return await asyncio.wait_for(self._changed.wait_for(there), WAIT)

    def person(self, name: str = "Ann") -> Person:
        return Person(platform=self.name, tenant="t1", id=new_id(), name=name)

    async def talk(self, ports: Ports, talk: Talk) -> Talk:
        """The same user as in `talk`, linked, in a direct chat on this platform."""
        person = self.person()
        async with ports.memory.door() as door:
            await door.persons.link(person, talk.user)
        return Talk(ports=ports, user=talk.user, at=self.address(person.id), person=person)

    def address(self, place: str) -> Address:
        return Address(platform=self.name, tenant="t1", place=place)
