"""Who there is: organisations, the users in them, and the platform accounts ("persons") they write from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose data a piece of work may see. Every repository call is bound to one."""

    org: str
    user: str


class Speaks(StrEnum):
    """When answers come as a voice note too."""

    REPLY = "reply"  # to a voice note, and when asked
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """How we speak to a user. `name` is the speech service's id or name of a voice, empty for its usual one;
    `language` (BCP 47) is what is spoken in voice notes, None: found out by listening."""

    name: str = ""
    speed: float = 1.0  # 0.7 to 1.2
    language: str | None = None
    when: Speaks = Speaks.REPLY


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A human being we work for, with what they chose. `zone` is an IANA name, None until the user told us."""

    id: str
    org: str
    name: str
    zone: str | None = None
    language: str | None = None  # BCP 47, None: follow the message
    paused: bool = False  # everything above READ waits until /resume
    quiet_from: time | None = None
    quiet_until: time | None = None
    digest_at: time = time(9, 0)
    dollars_per_day: float = 5.0
    dollars_per_month: float = 60.0
    fast_only_until: datetime | None = None  # chosen at the budget's end: go on with the fast class
    voice: Voice = Voice()
    learns: bool = True  # facts may be drawn out of conversations
    prefers: str = ""  # the platform where we write first; empty: the one they wrote from last

    @property
    def scope(self) -> Scope:
        return Scope(org=self.org, user=self.id)

    def local(self, moment: datetime) -> datetime:
        """The moment in the user's own zone (UTC while we do not know it)."""
        return moment.astimezone(ZoneInfo(self.zone or "UTC"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One account on one platform. Which User it belongs to is kept in memory, not here."""

    platform: str
    tenant: str
    id: str
    name: str = ""

    @property
    def app(self) -> str:
        """The platform as its people write it."""
        return {"whatsapp": "WhatsApp"}.get(self.platform, self.platform.title())
