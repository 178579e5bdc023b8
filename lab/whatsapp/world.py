"""What the stand-in holds: people and their chats, media, the clock, faults, and a log of everything."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from lab import faults
from lab.journal import Journal

Json = dict[str, Any]

NUMBER_ID, ACCOUNT_ID, DISPLAYED = "106540352242922", "102290129340398", "15550783881"
TOKEN = "EAAGlabTokenOfTheWhatsAppStandIn0000000000"
APP_SECRET = "2f1c6e0b9a8d47563c1e0f2a4b6d8e90"
VERIFY_TOKEN = "lab-verify-token"
DAY = 24 * 3600.0
TEMPLATES = {"write_to_me": {"en": "I have news for you. Write to me to hear it.", "de": "Es gibt Neues. Schreib mir."}}


@dataclass
class Person:
    """`id` is the lab's name for them: a phone number, or the id for our business of somebody whose number is hidden.
    `scoped` is the id for our business; None as in webhooks of before 2026."""

    id: str
    name: str
    phone: str | None
    scoped: str | None
    username: str | None = None
    wrote_at: float = 0.0  # by the stand-in's clock; opens the window of 24 hours
    whole_at: float = 0.0  # when the allowance of messages to them is whole again


@dataclass
class Line:
    """A message in a chat, as people see it. `native` is what was sent by either side."""

    id: str
    author: str
    native: Json
    reply_to: str | None = None
    edited: int = 0
    read: bool = False


@dataclass
class Chat:
    person: Person
    lines: dict[str, Line] = field(default_factory=dict)
    typing_until: float = 0.0


@dataclass
class Media:
    content: bytes
    mime: str
    name: str
    until: float  # by the stand-in's clock

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass
class Fault(faults.Fault):
    """`code` of an error beside its status. `late`: the call is answered well and the message fails afterwards."""

    code: int = 0
    retry_after: int | None = None
    late: bool = False


class World:
    def __init__(self) -> None:
        self.revoked = False
        self.ahead = 0.0  # seconds by which the stand-in's clock was put forward
        self.people: dict[str, Person] = {}
        self.chats: dict[str, Chat] = {}
        self.media: dict[str, Media] = {}
        self.addresses: dict[str, tuple[str, float]] = {}  # media and end of life, by the key in a download's address
        self.webhook = ""
        self.verify_token = VERIFY_TOKEN
        self.fresh: asyncio.Queue[str] = asyncio.Queue()  # events that were not tried yet
        self.bodies: dict[str, Json] = {}  # what was delivered, by event
        self.cut = 0  # deliveries that get lost on their way
        self.journal, self.faults = Journal(), faults.Faults(Fault)
        self.running: set[asyncio.Task[None]] = set()
        self._media = itertools.count(1_104_000_000_000_001)
        self._wamids = itertools.count(1)

    def now(self) -> float:
        return time.time() + self.ahead

    def wamid(self) -> str:
        number = next(self._wamids)
        return "wamid." + base64.b64encode(f"lab:{number:08d}:{uuid.uuid4().hex[:20]}".encode()).decode()

    def chat(self, about: Json) -> Chat:
        """The chat with a person {id, name, username?, scoped?}, made when they first use it."""
        key = str(about["id"])
        person = self.people.get(key)
        if person is None:
            phone = key if key.isdigit() else None
            scoped = about.get("scoped", _scoped(key)) if phone else key
            person = self.people[key] = Person(id=key, name=key, phone=phone, scoped=scoped)
        person.name, person.username = str(about.get("name") or person.name), about.get("username", person.username)
        return self.chats.setdefault(key, Chat(person))

    def found(self, to: str | None, recipient: str | None) -> Chat | None:
        """By phone number (however it is written) or by the id for our business."""
        digits = "".join(sign for sign in to or "" if sign.isdigit())
        for person in self.people.values():
            if (digits and person.phone == digits) or (not digits and recipient and person.scoped == recipient):
                return self.chats[person.id]
        return None

    def keep(self, content: bytes, mime: str, name: str, days: int) -> str:
        named = str(next(self._media))
        self.media[named] = Media(content=content, mime=mime, name=name, until=self.now() + days * DAY)
        return named

    def spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self.running.add(task)
        task.add_done_callback(self.running.discard)


def _scoped(phone: str) -> str:
    """The id for our business of the person with this number."""
    return f"DE.{int(hashlib.sha256(phone.encode()).hexdigest()[:15], 16)}"
