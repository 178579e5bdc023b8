"""The ports: what the mind needs from the world, as protocols that the other packages fulfil.

The repositories, which live inside one transaction and one scope, are in `bot.repositories`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar, runtime_checkable

from bot.action import Action, Call, Json, Outcome
from bot.card import Field
from bot.message import Address, Attachment, Choice, Inbound, Reply, Upload
from bot.model import Answer, Prompt
from bot.people import Person, Scope, User
from bot.records import Heard, Reading
from bot.repositories import Door, Work

T = TypeVar("T")


class Clock(Protocol):
    def now(self) -> datetime:
        """The time, in UTC with its zone."""


class Transaction(Protocol):
    """Opaque: memory opens it, the engine enlists in it, so that a row and its queue entry commit together."""

    async def run_sync(self, function: Callable[[Any], T]) -> T:
        """Run with the underlying synchronous connection."""


class Memory(Protocol):
    """Opens units of work. Leaving the block commits; an exception rolls back."""

    def work(self, scope: Scope) -> AbstractAsyncContextManager[Work]:
        """One person's data: every repository in it is bound to `scope`."""

    def door(self) -> AbstractAsyncContextManager[Door]:
        """What is needed before we know whose it is, and by chores over everybody."""


class Queue(StrEnum):
    CONVERSATIONS = "conversations"  # strict order inside a partition
    PRESSES = "presses"  # never behind the turn they concern
    URGENT = "urgent"
    IMPORTANT = "important"
    ROUTINE = "routine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work to be done once. Same `id`, same job, however often it is enqueued; ids of one partition sort by time.

    `subject` is the id of the row it is about: all other state is in tables. `at`: not before."""

    name: str
    id: str
    subject: str
    queue: Queue
    partition: str = ""
    at: datetime | None = None


class Engine(Protocol):
    """The durable engine: jobs survive a kill, completed steps are never run again."""

    async def enqueue(self, tx: Transaction, job: Job) -> None:
        """Write the job down in the caller's transaction."""

    def nudge(self) -> None:
        """After the commit: a queue has work, this process may look at once. Never needed for correctness."""

    async def cancel(self, job: str) -> None:
        """Forget a job that has not begun; no error when it is gone."""

    async def step(self, name: str, thunk: Callable[[], Awaitable[T]], kind: Any) -> T:
        """Inside a job: run `thunk`, keep its value (a `kind`, by bot.codec); on a second run return the kept value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A job that was given up on; the operator can list and redrive it."""

    job: str
    name: str
    subject: str
    why: str
    at: datetime


class DeadLetters(Protocol):
    async def list(self, limit: int = 100) -> Sequence[DeadLetter]: ...

    async def redrive(self, job: str) -> bool:
        """Run it again from its last completed step; False when there is no such dead letter."""


class Bus(Protocol):
    """Ephemeral news between processes (growing text, "stop", "changed"): may be lost, is never the truth."""

    async def publish(self, topic: str, news: Json) -> None: ...

    def subscribe(self, topic: str) -> AbstractAsyncContextManager[AsyncIterator[Json]]: ...


class LanguageModel(Protocol):
    """One callable; wrappers (metered, cached, routed) have the same shape and are stacked in the composition root."""

    async def ask(self, scope: Scope, prompt: Prompt, grow: Callable[[str], Awaitable[None]] | None = None) -> Answer:
        """The answer. `grow` is given the whole visible text so far, again and again. Raises ModelDown, OverBudget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a skill's code is given: one user, the time, and one unit of work where its effects and record commit."""

    user: User
    now: datetime
    key: str  # idempotency key of the call; derive new rows' ids from it
    open: Callable[[], AbstractAsyncContextManager[Work]]
    model: LanguageModel
    own_words: str = ""  # what the person wrote in this turn
    lines: tuple[str, ...] = ()  # ids of the messages in which they wrote it
    where: Any = None  # Address of the conversation, None when there is none


class Actions(Protocol):
    """The catalogue of everything that can be done."""

    def get(self, action: str) -> Action | None: ...

    def always(self) -> Sequence[Action]:
        """Those the model sees in every request, in a stable order."""

    async def find(self, scope: Scope, query: str, limit: int = 8) -> Sequence[Action]:
        """Ranked search over what this person may use."""

    def check(self, call: Call) -> str | None:
        """Why the arguments do not fit the action's schema, in words that help to correct them; None when they fit."""

    def preview(self, call: Call) -> str:
        """The action's sentence, filled: "Send a mail to bob@example.com"."""

    async def title(self, call: Call, work: Work) -> str:
        """The same for a person to read: where the call names a thing of theirs by its id, with the thing's name."""

    async def run(self, call: Call, context: Context) -> Outcome:
        """Do it. A failure the person can understand is an Outcome with ok False; a bug raises."""


class Unsent(Exception):
    """A platform did not take a message. `again`: worth another try, `after` seconds from now. `unsure`: nobody knows
    whether it arrived all the same."""

    def __init__(self, why: str, *, again: bool, after: float = 0.0, unsure: bool = False) -> None:
        super().__init__(why)
        self.again, self.after, self.unsure = again, after, unsure


class Closed(Unsent):
    """The platform takes nothing for this chat before the person writes there again (WhatsApp, after 24 hours)."""

    def __init__(self, why: str) -> None:
        super().__init__(why, again=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The fields in which a card's arguments are changed; the answer is a ButtonPress of `token` with their values."""

    token: str
    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What a person sees where a platform has a page of ours: cards (CommonMark and buttons) and open tasks."""

    cards: tuple[tuple[str, tuple[Choice, ...]], ...] = ()
    tasks: tuple[str, ...] = ()


class Desk(Protocol):
    """Where a chat platform hands in what arrives, and asks for what it must show at once."""

    async def receive(self, inbound: Inbound) -> None:
        """When this returns, nothing can lose it any more; a repeat changes nothing."""

    async def form(self, sender: Person, token: str) -> Form | None:
        """The form behind an Edit button; None when this person cannot edit that (then hand in the press: the mind
        says why)."""

    async def home(self, sender: Person) -> Home | None:
        """None for a stranger."""


class ChatPlatform(Protocol):
    """One chat platform. It hands what arrives to the desk it is given at start."""

    name: str
    idempotent: bool  # sending the same key twice shows one message
    reads_rows: bool  # shows what is committed by itself: sending only tells it to look

    async def start(self, desk: Desk) -> None:
        """Returns at once; whatever is wrong with the platform, the rest of the system works, and it is tried again."""

    async def stop(self) -> None: ...

    async def send(self, reply: Reply, key: str, ref: str | None) -> str | None:
        """Send, or with `ref` edit what was sent; returns the platform's id. Raises Unsent."""

    async def progress(self, at: Address, news: Json) -> None:
        """Show signs of work, as published of a conversation: typing, growing (the whole text so far), idle. Never
        waits for the platform and never fails."""

    async def download(self, attachment: Attachment) -> bytes: ...


class Unheard(Exception):
    """A recording was not understood, or a text not spoken; the message says why, in words for the person."""


class Speech(Protocol):
    """Voice notes, both ways. The same sound is heard once, the same words are spoken once."""

    async def hear(self, user: User, sound: bytes) -> Heard:
        """Raises Unheard: too large, not sound, empty, infected, no service, service down."""

    async def speak(self, user: User, text: str) -> Upload:
        """CommonMark, as a voice note in OGG/Opus in the user's voice. Raises Unheard."""


class Unembedded(Exception):
    """Texts were not turned into vectors; the message says why and what to do."""


class Embeddings(Protocol):
    """Texts as vectors of length 1: what means the same lies near. `name`: provider and model; vectors of different
    names have nothing to do with each other. `near`: the cosine from which two texts are about the same thing."""

    name: str
    dimension: int
    near: float

    async def embed(self, texts: Sequence[str], *, asked: bool = False) -> list[list[float]]:
        """`asked`: they are questions, not what may answer one. Raises Unembedded."""

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A webhook or page request, before any framework: header names are lower-case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """What an adapter or a skill wants mounted at `path`; web_oauth mounts it, neither knows the other."""

    method: str
    path: str
    answer: Callable[[Request], Awaitable[Response]]


@runtime_checkable
class Hooked(Protocol):
    """A chat platform to which events may come over HTTP."""

    def hooks(self, desk: Desk) -> Sequence[Hook]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything the handlers of jobs need, put together once by the composition root."""

    clock: Clock
    memory: Memory
    engine: Engine
    bus: Bus
    model: LanguageModel
    actions: Actions
    platforms: Mapping[str, ChatPlatform]
    speech: Speech
    screen: Callable[[bytes], Awaitable[str | None]]  # why a file must not be opened, in words; None: it may
    read: Callable[[bytes], Awaitable[Reading]]  # the text of a file that was screened
    sees: Callable[[], bool]  # whether the model looks at pictures and PDFs; the built-in rules know texts only
    system: str  # the system prompt
    public_url: str


class Recurrence(Protocol):
    """Cron arithmetic, right across clock changes. Fulfilled by `scheduler`."""

    def next(self, rule: str, zone: str, after: datetime) -> datetime | None:
        """The first moment later than `after` (UTC). Raises ValueError, saying what is wrong, for a bad rule."""
