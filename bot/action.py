"""What Aurelius can do: an Action is offered by a skill, a Call is one use of it, an Outcome is what came of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

Json = Any  # what `json.loads` returns; checked where it enters


class Risk(IntEnum):
    """An order, so that policy is one comparison."""

    READ = 0
    DRAFT = 1
    WRITE = 2
    SEND = 3
    DANGER = 4  # spends, deletes for good, grants access


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing a skill can do. `inputs` is a JSON Schema of type object; `preview` a sentence with {input} holes.

    `targets` names the inputs that say who or what is reached (recipient, file, channel, amount, address).
    `undoable`: a successful Outcome carries the Call that takes it back. `atomic`: its whole effect lives in our own
    database and commits together with the record of its execution. `always`: the model sees it in every request.
    `outside`: what it returns was written by others and taints the turn. `open_address`: reads an address of the
    caller's choosing, which carries data out (a page fetch). `internal`: only ready-made calls use it, as an undo.
    """

    skill: str
    name: str
    about: str
    risk: Risk
    inputs: Json
    preview: str = ""
    targets: tuple[str, ...] = ()
    undoable: bool = False
    atomic: bool = False
    always: bool = False
    outside: bool = False
    open_address: bool = False
    internal: bool = False
    title: str = ""  # of the skill, for the card: "Gmail"

    @property
    def id(self) -> str:
        return f"{self.skill}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One use of an action. `key` is the idempotency key: the same key twice is one execution."""

    action: str  # Action.id
    arguments: Mapping[str, Json]
    key: str
    account: str | None = None

    def digest(self) -> str:
        """Binds an approval to exactly this action, account and these arguments (the key is not part of it)."""
        shown = [self.action, self.account, dict(self.arguments)]
        return hashlib.sha256(json.dumps(shown, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`text` says it in the user's words, `data` in the model's; `undo` is ready to run and computed at success.

    `outside`: it quotes what others wrote, though its action does not always do so."""

    ok: bool
    text: str
    data: Json = None
    undo: Call | None = None
    outside: bool = False
