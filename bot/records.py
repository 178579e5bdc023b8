"""What is kept: one record per thing that a person can ask back for. Times are UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.action import Json
from bot.message import Address, Attachment, Choice, Kind
from bot.people import Person


class Author(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One line of a conversation as it is shown. `seq` grows with every change in the conversation: a reader who has
    seen everything up to `seq` misses nothing by asking for what is greater. `position` is its place in the
    conversation, the `seq` of its first writing: it never changes. `actions` tells what was executed."""

    id: str
    at: Address
    author: Author
    text: str
    sent_at: datetime
    seq: int = 0
    position: int = 0
    choices: tuple[Choice, ...] = ()
    files: tuple[Attachment, ...] = ()
    suggestion: str | None = None
    asks: str | None = None  # the suggestion about which it asks what is to be different
    state: str = ""  # of the card, or "queued", "merged", "stopped" for a message that waits or waited
    actions: tuple[str, ...] = ()
    outside: bool = False  # written while text from outside was in view

    @property
    def is_voice_note(self) -> bool:
        """Nothing but a recording; of ours, it says aloud what the message before it says."""
        return not self.text and bool(self.files) and all(file.kind is Kind.VOICE for file in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    at: Address
    title: str
    last_at: datetime
    messages: int


class InboundState(StrEnum):
    RECEIVED = "received"
    WORKING = "working"
    MERGED = "merged"
    ANSWERED = "answered"
    STOPPED = "stopped"
    DEAD = "dead"


class DeliveryState(StrEnum):
    PENDING = "pending"
    ATTEMPTING = "attempting"
    DELIVERED = "delivered"  # taken by the platform
    READ = "read"
    WAITING = "waiting"  # until the person writes there again
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one address. Found ATTEMPTING after a crash: nobody knows whether it arrived."""

    message: str
    to: Address
    state: DeliveryState
    ref: str | None = None  # the platform's own id, once delivered
    revision: int = 0  # the `seq` of the message as it was sent: what is newer is still to be edited in


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """`begin` and `end` in seconds from the start."""

    begin: float
    end: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was said in a recording. `confidence` 0 to 1; `duration` in seconds."""

    text: str
    language: str = ""
    confidence: float | None = None
    duration: float = 0.0
    segments: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A platform account that is a user's. `at`: where they write to us alone, once they have."""

    person: Person
    since: datetime
    at: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    id: str
    title: str
    notes: str = ""
    due: date | None = None
    priority: str = "normal"  # low, normal, high
    labels: tuple[str, ...] = ()
    parent: str | None = None
    done_at: datetime | None = None
    created_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """`rule` is None for a single one, else five-field cron in `zone`; `next_at` None once it is over."""

    id: str
    text: str
    zone: str
    next_at: datetime | None
    rule: str | None = None
    where: Address | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    id: str
    title: str
    text: str
    created_at: datetime
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something remembered. `source` says where it came from; a newer fact replaces, the history stays.

    What was learned has its evidence: the `message` and the `quote` in which the person said it, at `at`. `who`: whom
    it is about, empty for the person themself; `confidence`: in the category, 0 to 1; `due`: of a promise."""

    id: str
    text: str
    category: str
    source: str
    at: datetime
    favourite: bool = False
    replaced_by: str | None = None
    who: str = ""
    quote: str = ""
    message: str | None = None
    due: date | None = None
    confidence: float = 1.0
    seen_at: datetime | None = None  # when it was last said again


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    id: str
    name: str
    email: str = ""
    phone: str = ""
    about: str = ""
    called: tuple[str, ...] = ()  # names that mean this one, learned from answers
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    id: str
    to: str
    subject: str
    text: str
    created_at: datetime
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of a file, or another part of it; `label` says which: "page 3", "sheet Prices, rows 1 to 100"."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read of a file. `problem`: why nothing was, or not all, as sentences for the person."""

    pages: tuple[Page, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file that the person sent in: once, however often they send this content. `message` is the one it came with,
    `caption` its words. `file`: where its content is kept, unless it was too large. `pages`: None until it was read."""

    id: str
    kind: Kind
    mime: str
    name: str
    size: int
    at: datetime
    platform: str
    message: str | None = None
    caption: str = ""
    file: str | None = None
    pages: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """A piece of a document's text, small enough to be found: `page` counts from 1, `number` from 0 through all."""

    number: int
    page: int
    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A hit of a search in past conversations or memories, with its date."""

    id: str
    kind: str  # "fact", "message", "note", "file"
    text: str
    at: datetime
    score: float
    source: str = ""
    outside: bool = False  # it quotes what others wrote


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """What was spent on models since a moment."""

    dollars: float
    calls: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """A line of the append-only log. `about` holds no secret and no message text."""

    at: datetime
    kind: str
    about: Json
