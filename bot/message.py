"""What arrives from a chat platform and what goes back: the same few types for every platform."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.people import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where an answer goes; enough to write first. `tenant` picks the right token (a Slack team, say)."""

    platform: str
    tenant: str
    place: str
    thread: str = ""

    @property
    def conversation(self) -> str:
        """The conversation's key. Order holds inside one conversation; memory spans them."""
        return f"{self.platform}\x1f{self.tenant}\x1f{self.place}\x1f{self.thread}"


class Kind(StrEnum):
    VOICE = "voice"  # recorded by the sender; any other sound is a FILE whose mime is audio/*
    IMAGE = "image"
    VIDEO = "video"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file beside a message. Downloaded only when needed; `ref` means something to its platform only."""

    kind: Kind
    ref: str
    mime: str
    size: int  # bytes
    name: str = ""
    duration: float | None = None  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file with its content, ready to be sent."""

    about: Attachment
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """A message from a person. `(platform, tenant, delivery)` says whether we have seen it; `ref` is its own id."""

    delivery: str
    at: Address
    sender: Person
    ref: str
    text: str
    sent_at: datetime
    attachments: tuple[Attachment, ...] = ()
    direct: bool = True
    mentioned: bool = False
    reply_to: str | None = None
    edit_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonPress:
    """`token` is what stood in the button; `values` are the fields of a form ((name, value), ...)."""

    delivery: str
    at: Address
    sender: Person
    token: str
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    delivery: str
    at: Address
    sender: Person
    ref: str
    emoji: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A slash command: `/remember I like tea` is name "remember", text "I like tea". `direct`: not in a group."""

    delivery: str
    at: Address
    sender: Person
    name: str
    text: str
    sent_at: datetime
    direct: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    delivery: str
    at: Address
    sender: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The platform tells what became of a message that we sent: `state` is delivered, read or failed."""

    delivery: str
    at: Address
    sender: Person
    ref: str
    state: str


Inbound = InboundMessage | ButtonPress | Reaction | Command | Stop | Delivered


class Tone(StrEnum):
    PRIMARY = "primary"
    DANGER = "danger"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A button. The limits are the smallest of all platforms; the state behind it is in our table, never in it."""

    label: str
    token: str
    tone: Tone = Tone.NEUTRAL

    def __post_init__(self) -> None:
        if not 0 < len(self.label) <= 20:
            raise ValueError(f"a button's label has 1 to 20 characters, not {self.label!r}")
        if not 0 < len(self.token.encode()) <= 64:
            raise ValueError("a button's token has 1 to 64 bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What we say. `voice` is a voice note in OGG/Opus, sent as the platform's own kind of voice note."""

    to: Address
    text: str  # CommonMark; empty when a voice note or a file says it all
    choices: tuple[Choice, ...] = ()
    voice: Upload | None = None
    files: tuple[Upload, ...] = ()
