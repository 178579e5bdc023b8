"""What the door is given by the composition root: the ports it talks to and the few settings that are its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.action import Json
from bot.message import Attachment, Inbound
from bot.people import Person, User
from bot.ports import Actions, Bus, Clock, DeadLetters, Hook, Memory
from bot.records import Message


class Translator(Protocol):
    """Between what a page sends or shows and our values; pure. Fulfilled by the web chat's adapter.

    Each reading raises ValueError whose text tells the person what is wrong with what was sent.
    """

    def attachment(self, name: str, mime: str, content: bytes) -> Attachment: ...

    def recording(self, name: str, mime: str, content: bytes, seconds: str) -> Attachment: ...

    def message(self, data: Json, user: User, files: Sequence[Attachment], now: datetime) -> Inbound: ...

    def press(self, data: Json, user: User) -> Inbound: ...

    def stop(self, data: Json, user: User) -> Inbound: ...

    def show(self, message: Message) -> Json: ...

    def html(self, text: str) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """`use_key(key)` checks a Claude key with the vendor and uses it from now on; it answers None, or why not.
    An empty key means: stop using the one that was given. The key is kept in the secrets under `key_name`, and other
    processes are told by `key_news`.
    `link(user, code)` ties the account that was given this code to the user; None when there is no such code, and
    it raises Locked. `ready` names what must work, and whether it does."""

    memory: Memory
    bus: Bus
    clock: Clock
    receive: Callable[[Inbound], Awaitable[None]]
    actions: Actions
    dead_letters: DeadLetters
    translator: Translator
    local_token: str
    use_key: Callable[[str], Awaitable[str | None]]
    key_name: str
    link: Callable[[User, str], Awaitable[Person | None]]
    ready: Callable[[], Awaitable[Mapping[str, bool]]]
    hooks: Sequence[Hook] = ()
    public_url: str = ""
    allow_plain_lan: bool = False
    requests_per_minute: int = 100
    heartbeat: float = 15.0  # seconds


def key_news(name: str) -> str:
    """Where it is published that the key kept under this name has changed. (The news never hold the key.)"""
    return f"key:{name}"
