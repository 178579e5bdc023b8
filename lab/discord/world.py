"""What the stand-in holds: people, a server, channels, messages, files, interactions, and a log of everything."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from lab import faults
from lab.journal import Journal

Json = dict[str, Any]

EPOCH = 1_420_070_400_000  # milliseconds
DIRECT, TEXT, THREAD = 1, 0, 11  # types of channels
MINUTES = 5  # for which a nonce is remembered ("the past few minutes")


@dataclass
class Channel:
    """`messages` as they stand now, by id."""

    id: str
    type: int
    title: str = ""
    person: str = ""  # of a direct channel
    parent: str = ""  # of a thread
    joined: bool = False  # a thread in which the bot is
    writable: bool = True
    messages: dict[str, Json] = field(default_factory=dict)
    typing_until: float = 0.0
    nonces: dict[str, tuple[str, float]] = field(default_factory=dict)
    edits: Counter[str] = field(default_factory=Counter)
    only: dict[str, str] = field(default_factory=dict)  # who alone sees a message


@dataclass
class Fault(faults.Fault):
    """`status` 429 comes with `retry_after`."""

    retry_after: float = 1.0


@dataclass
class Interaction:
    """`kind`: command, component or modal. `original` is the message that answers it."""

    id: str
    token: str
    kind: str
    user: str
    channel: str
    message: str = ""
    at: float = field(default_factory=time.monotonic)
    answered: bool = False
    original: str = ""


class World:
    def __init__(self, token: str) -> None:
        self.token, self.valid = token, True
        self.sees_content = True  # "Message Content Intent" is on
        self.in_server = True
        self.bot: Json = account("900000000000000001", "Aurelius", bot=True)
        self.application = self.bot["id"]
        self.guild = "800000000000000001"
        self.users: dict[str, Json] = {}
        self.blocked: set[str] = set()  # those who take no messages from the bot
        self.strangers: set[str] = set()  # those who share no server with it
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, tuple[Json, bytes]] = {}
        self.interactions: dict[str, Interaction] = {}  # by token
        self.forms: dict[tuple[str, str], Json] = {}  # the open one by person and channel
        self.commands: list[Json] = []
        self.journal, self.faults = Journal(), faults.Faults(Fault)
        self.delivered: dict[str, tuple[str, Json]] = {}  # what was dispatched, to be dispatched again
        self.address = ""  # of this server
        self.age = 0  # addresses of files are good for one
        self.watching: set[asyncio.Task[None]] = set()
        self._last = 0

    def snowflake(self) -> str:
        """Ids hold the time and grow."""
        self._last = max(self._last + 1, (int(time.time() * 1000) - EPOCH) << 22)
        return str(self._last)

    def user(self, about: Json) -> Json:
        found = account(str(about["id"]), str(about.get("name") or "Ann"))
        return self.users.setdefault(found["id"], found)

    def direct(self, user: str) -> Channel:
        """The private chat with somebody, made when first needed."""
        found = next((c for c in self.channels.values() if c.person == user), None)
        return found or self.put(Channel(self.snowflake(), DIRECT, person=user))

    def put(self, channel: Channel) -> Channel:
        self.channels[channel.id] = channel
        return channel

    def message(self, channel: Channel, author: Json, fields: Json) -> Json:
        full: Json = {
            "id": self.snowflake(), "channel_id": channel.id, "type": 0, "content": "", "author": author,
            "timestamp": now(), "edited_timestamp": None, "tts": False, "mention_everyone": False, "mentions": [],
            "mention_roles": [], "attachments": [], "embeds": [], "components": [], "pinned": False, "flags": 0,
        } | fields  # fmt: skip
        channel.messages[full["id"]] = full
        return full

    def keep(self, channel: Channel, about: Json, content: bytes) -> Json:
        """An attachment as messages show it; its file stays in the store."""
        number, name = self.snowflake(), str(about.get("filename") or "file")
        address = f"{self.address}/attachments/{channel.id}/{number}/{quote(name)}?ex={self.age}"
        shown = {"id": number, "filename": name, "size": len(content), "url": address, "proxy_url": address}
        shown |= {key: about[key] for key in ("content_type", "duration_secs", "waveform", "title") if key in about}
        self.files[number] = (shown, content)
        return dict(shown)

    def grow_older(self) -> None:
        """A day passes: what is remembered for a while is forgotten, and addresses of files run out; who asks for the
        message again gets fresh ones."""
        before, self.age = f"?ex={self.age}", self.age + 1
        for channel in self.channels.values():
            channel.nonces.clear()
            for attachment in (a for message in channel.messages.values() for a in message["attachments"]):
                for name in ("url", "proxy_url"):
                    attachment[name] = attachment[name].replace(before, f"?ex={self.age}")

    def flags(self) -> int:
        """Of the application: 1 << 19 says that it may read messages in fewer than a hundred servers."""
        return 1 << 19 if self.sees_content else 0


def account(id: str, name: str, bot: bool = False) -> Json:
    found = {
        "id": id, "username": name.lower().replace(" ", "_"), "global_name": None if bot else name, "avatar": None,
        "discriminator": "0", "public_flags": 0, "flags": 0, "primary_guild": None,
    }  # fmt: skip
    return found | ({"bot": True} if bot else {})


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
