"""The repositories: small protocols for what is kept. Those in a `Work` see one person's rows and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bot.action import Call, Json, Outcome
from bot.learning.documents import Documents
from bot.message import Address, Attachment, Inbound, InboundMessage
from bot.model import Usage
from bot.people import Person, Scope, User
from bot.records import (
    Audit,
    Contact,
    Conversation,
    Delivery,
    DeliveryState,
    Draft,
    Fact,
    Found,
    Heard,
    InboundState,
    Linked,
    Message,
    Note,
    Reminder,
    Spend,
    Task,
)
from bot.suggestion import State, Suggestion
from bot.trust import Trust


class Stale(Exception):
    """Somebody else changed the row since it was read (optimistic locking)."""


class Messages(Protocol):
    """What was said, by conversation. Writing a message again under its id changes it and gives it a new `seq`.

    `since` gives changes after a `seq` in the order of `seq`; `before` the last messages in front of a `position`
    (None: the end), in the order of `position`, which is the order in which they are shown."""

    async def put(self, message: Message) -> Message: ...
    async def get(self, message: str) -> Message | None: ...
    async def since(self, at: Address, seq: int, limit: int = 200) -> Sequence[Message]: ...
    async def before(self, at: Address, position: int | None, limit: int = 50) -> Sequence[Message]: ...
    async def after(self, at: Address, position: int, limit: int = 50) -> Sequence[Message]:
        """Those that stand behind a position, oldest first."""

    async def learned(self, at: Address) -> int:
        """The position up to which facts were drawn out of this conversation."""

    async def learn(self, at: Address, begin: int, end: int) -> bool:
        """Move it from `begin` to `end`; False when it is elsewhere: somebody else was first."""

    async def pass_over(self) -> None:
        """From nothing that was said so far, in whatever conversation, are facts drawn any more."""

    async def of_suggestion(self, suggestion: str) -> Sequence[Message]: ...
    async def conversations(self, limit: int = 100) -> Sequence[Conversation]: ...
    async def search(self, query: str, limit: int = 20) -> Sequence[Found]: ...


class Suggestions(Protocol):
    async def add(self, suggestion: Suggestion) -> None:
        """Idempotent by id."""

    async def get(self, suggestion: str) -> Suggestion | None: ...
    async def by_nonce(self, nonce: str) -> Suggestion | None:
        """By the nonce of any of its revisions; the row is always the newest revision."""

    async def open(self, at: Address | None = None) -> Sequence[Suggestion]:
        """Those waiting for an answer, oldest first; `at`: with a card in that conversation."""

    async def recent(self, limit: int = 20) -> Sequence[Suggestion]: ...
    async def move(self, before: Suggestion, after: Suggestion) -> bool:
        """`UPDATE ... WHERE state AND revision` as in `before`; False when somebody else was first."""

    async def in_state(self, state: State, limit: int = 50) -> Sequence[Suggestion]: ...


class Trusts(Protocol):
    async def add(self, trust: Trust) -> None: ...
    async def list(self) -> Sequence[Trust]: ...
    async def revoke(self, trust: str) -> bool: ...
    async def used(self, trust: str) -> None: ...


class Executions(Protocol):
    """Which calls ran, by idempotency key: the receipt without which nobody says "done"."""

    async def claim(self, call: Call) -> Outcome | None:
        """None: it is ours to run. An outcome: it ran before. Raises Lost when a run began and never ended."""

    async def finish(self, call: Call, outcome: Outcome) -> None: ...


class Lost(Exception):
    """A run began and we do not know how it ended."""


class Deliveries(Protocol):
    async def put(self, delivery: Delivery) -> None: ...
    async def get(self, message: str, to: Address) -> Delivery | None: ...
    async def report(self, to: Address, ref: str, state: DeliveryState) -> str | None:
        """The platform tells what became of its message `ref`; returns the message's id, None when we never sent that.
        What was read stays read."""

    async def with_ref(self, to: Address, ref: str) -> str | None:
        """The id of the message that the platform knows as `ref`."""

    async def waiting(self, to: Address, limit: int = 50) -> Sequence[str]:
        """Ids of the messages that could not be sent because the chat was closed, oldest first."""


class Profile(Protocol):
    async def get(self) -> User: ...
    async def put(self, user: User) -> None: ...


class UsageLog(Protocol):
    async def add(self, purpose: str, usage: Usage, at: datetime) -> None: ...
    async def since(self, moment: datetime) -> Spend: ...
    async def by_model(self, moment: datetime) -> Sequence[tuple[str, Spend]]: ...


class AuditLog(Protocol):
    async def add(self, line: Audit) -> None: ...
    async def recent(self, limit: int = 100) -> Sequence[Audit]: ...


class Tasks(Protocol):
    async def put(self, task: Task) -> None:
        """Insert at version 1, else update the row whose version is one less. Raises Stale."""

    async def get(self, task: str) -> Task | None: ...
    async def list(self, *, done: bool = False, limit: int = 200) -> Sequence[Task]: ...
    async def remove(self, task: str) -> None: ...


class Reminders(Protocol):
    """A reminder is a row here and a row in the schedule that the tick claims."""

    async def put(self, reminder: Reminder) -> None: ...
    async def get(self, reminder: str) -> Reminder | None: ...
    async def list(self) -> Sequence[Reminder]: ...
    async def remove(self, reminder: str) -> None: ...


class Notes(Protocol):
    async def put(self, note: Note) -> None: ...
    async def get(self, note: str) -> Note | None: ...
    async def list(self, limit: int = 100) -> Sequence[Note]: ...
    async def search(self, query: str, limit: int = 20) -> Sequence[Note]: ...
    async def remove(self, note: str) -> None: ...


class Facts(Protocol):
    async def put(self, fact: Fact) -> None: ...
    async def get(self, fact: str) -> Fact | None: ...
    async def list(self, limit: int = 500) -> Sequence[Fact]: ...
    async def recall(self, query: str, limit: int = 8) -> Sequence[Found]:
        """Facts, notes and past messages that fit, by words and by meaning, best first, each with its date."""

    async def forget(self, fact: str) -> None:
        """Remove it and leave a tombstone, so that it is not learned again from the same source."""

    async def is_forgotten(self, text: str) -> bool: ...
    async def was_forgotten(self, fact: Fact) -> bool:
        """Whether the person asked to forget what it states or quotes, or anything from the same message."""

    async def history(self, fact: str) -> Sequence[Fact]:
        """What it replaced, the newest first."""

    async def alone(self) -> None:
        """Until commit nobody else learns or forgets of this person: what is read from now on stays as it is."""


class Contacts(Protocol):
    async def put(self, contact: Contact) -> None: ...
    async def get(self, contact: str) -> Contact | None: ...
    async def named(self, name: str) -> Sequence[Contact]:
        """All who may be meant: by full name, part of it, or a learned name (a learned name alone decides)."""

    async def list(self, limit: int = 200) -> Sequence[Contact]: ...
    async def remove(self, contact: str) -> None: ...


class Drafts(Protocol):
    async def put(self, draft: Draft) -> None: ...
    async def get(self, draft: str) -> Draft | None: ...
    async def list(self, limit: int = 50) -> Sequence[Draft]: ...
    async def remove(self, draft: str) -> None: ...


class Files(Protocol):
    async def put(self, attachment: Attachment, content: bytes) -> str:
        """Keep the content; returns its id, which `get` takes and which becomes the attachment's `ref`."""

    async def get(self, file: str) -> tuple[Attachment, bytes] | None: ...


class Accounts(Protocol):
    """The platform accounts that are this person's, the one they wrote from last comes first."""

    async def list(self) -> Sequence[Linked]: ...
    async def unlink(self, person: Person) -> bool:
        """From now on a stranger; False when the account was not theirs."""


class Voices(Protocol):
    """What was heard and what was spoken, so that neither is paid for twice. Keys are hashes."""

    async def heard(self, sound: str, since: datetime) -> Heard | None:
        """What the recording with this hash said, if that was found out after `since`."""

    async def put_heard(self, sound: str, heard: Heard, at: datetime) -> None: ...
    async def spoken(self, words: str, since: datetime) -> bytes | None: ...
    async def put_spoken(self, words: str, sound: bytes, at: datetime) -> None: ...


class Everything(Protocol):
    async def export(self) -> Json:
        """All we hold about this person, as JSON."""

    async def delete(self) -> None:
        """All of it, for good; the audit log keeps that it happened."""


class Work(Protocol):
    """One transaction over one person's data."""

    scope: Scope
    tx: Any
    messages: Messages
    suggestions: Suggestions
    trusts: Trusts
    executions: Executions
    deliveries: Deliveries
    profile: Profile
    usage: UsageLog
    audit: AuditLog
    tasks: Tasks
    reminders: Reminders
    notes: Notes
    facts: Facts
    contacts: Contacts
    drafts: Drafts
    files: Files
    documents: Documents
    accounts: Accounts
    voices: Voices
    everything: Everything


class Inbox(Protocol):
    """What arrived, written down before it is acknowledged."""

    async def put(self, inbound: Inbound, id: str, at: datetime) -> bool:
        """False: we had this delivery already, nothing was written."""

    async def get(self, id: str) -> tuple[Inbound, InboundState] | None:
        """Locked until commit, like those of `waiting`: what is read is not corrected meanwhile."""

    async def waiting(self, conversation: str, after: str) -> Sequence[tuple[str, Inbound]]:
        """Messages received in this conversation later than `after` and not yet begun, oldest first."""

    async def mark(self, ids: Sequence[str], state: InboundState, turn: str | None = None) -> None: ...
    async def correct(self, edited: InboundMessage) -> bool:
        """The message that was edited takes the new text, if it was not begun yet; False when it is too late."""

    async def again(self, id: str) -> None:
        """The message, and those that were merged into its turn, count as not yet begun."""

    async def stop_before(self, conversation: str, id: str) -> Sequence[str]:
        """Everything begun or waiting before `id` is to stop; returns those that are being worked on."""

    async def is_stopped(self, id: str) -> bool: ...
    async def behind(self, conversation: str, id: str) -> int:
        """How many messages of the conversation come before this one and are not answered yet."""


class Persons(Protocol):
    """Which platform account belongs to whom; codes for strangers."""

    async def user_of(self, person: Person) -> User | None: ...
    async def link(self, person: Person, user: User) -> None: ...
    async def reached(self, person: Person, at: Address) -> None:
        """They write to us alone at `at`; for as long as they do, this is where we can write first."""

    async def code_for(self, person: Person, at: Address, now: datetime) -> str | None:
        """A fresh code of 8 characters (1 hour, 3 pending at most); None when the person must wait."""

    async def look_up(self, code: str, now: datetime) -> tuple[Person, Address] | None:
        """Whose code it is, without spending it; a wrong one counts as in `redeem`."""

    async def redeem(self, code: str, now: datetime) -> tuple[Person, Address] | None:
        """Whose code it is, once; None when unknown, used or expired. After 5 wrong tries: Locked."""

    async def owner(self) -> User | None: ...
    async def add_user(self, user: User) -> None:
        """Idempotent. Page and terminal are theirs from then on."""

    async def get(self, scope: Scope) -> User | None: ...


class Locked(Exception):
    """Too many wrong codes; try again in an hour."""


class DueReminders(Protocol):
    """The schedule over everybody, for the tick."""

    async def claim(self, now: datetime, limit: int = 500) -> Sequence[tuple[Scope, Reminder]]:
        """Due reminders, locked until commit so that no other process claims them (SKIP LOCKED)."""

    async def advance(self, scope: Scope, reminder: str, next_at: datetime | None) -> None: ...


class Sessions(Protocol):
    """Signed-in browsers and one-time sign-in links. Only hashes of the secrets are stored."""

    async def new_link(self, scope: Scope, now: datetime) -> str:
        """The secret of a fresh link: good once, for 15 minutes."""

    async def redeem_link(self, secret: str, now: datetime) -> Scope | None: ...
    async def open(self, scope: Scope, now: datetime) -> str:
        """The opaque id for the cookie, good for 30 days after its last use."""

    async def get(self, session: str, now: datetime) -> Scope | None: ...
    async def close(self, session: str) -> None: ...


class Secrets(Protocol):
    """Keys that people gave us, encrypted at rest (AES-256-GCM, key ids); fails closed when they cannot be read."""

    async def put(self, scope: Scope, name: str, value: str) -> None: ...
    async def get(self, scope: Scope, name: str) -> str | None: ...
    async def remove(self, scope: Scope, name: str) -> None: ...


class Leases(Protocol):
    """Who alone may hold a socket or a polling loop."""

    async def take(self, name: str, holder: str, now: datetime, seconds: float) -> bool:
        """Take or prolong; False while another holds it."""

    async def release(self, name: str, holder: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Our app in somebody's workspace: the token that writes there, and what else the platform told of it."""

    tenant: str
    token: str
    about: Json


class Installations(Protocol):
    """Workspaces that installed our app by themselves; their tokens are encrypted at rest."""

    async def put(self, platform: str, installation: Installation) -> None: ...
    async def get(self, platform: str, tenant: str) -> Installation | None: ...
    async def remove(self, platform: str, tenant: str) -> None: ...


class Cursors(Protocol):
    """How far something outside has been read, in the words of who reads it."""

    async def put(self, name: str, value: Json) -> None: ...
    async def get(self, name: str) -> Json: ...


class Chores(Protocol):
    async def prune(self, now: datetime) -> int:
        """Delete what retention says is over (spent codes, links, sessions, old events); returns how many rows."""


class Door(Protocol):
    """One transaction that is nobody's yet."""

    tx: Any
    inbox: Inbox
    persons: Persons
    due: DueReminders
    sessions: Sessions
    secrets: Secrets
    leases: Leases
    installations: Installations
    cursors: Cursors
    chores: Chores

    def enter(self, scope: Scope) -> Work:
        """One person's repositories inside this same transaction, once we know whose it is."""
