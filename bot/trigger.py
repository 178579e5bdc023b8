"""Why we woke up: somebody asked, a clock struck, something happened elsewhere, a habit was noticed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.action import Json
from bot.people import Scope


class Why(StrEnum):
    ASKED = "asked"
    CLOCK = "clock"
    EVENT = "event"
    PATTERN = "pattern"


class Priority(StrEnum):
    URGENT = "urgent"
    IMPORTANT = "important"
    ROUTINE = "routine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """`subject` is what it is about (for de-duplication and cooldown), `payload` what its handler needs."""

    kind: Why
    name: str
    scope: Scope
    at: datetime
    subject: str
    priority: Priority = Priority.ROUTINE
    payload: Json = None
