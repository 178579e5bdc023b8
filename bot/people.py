"""Who there is: organisations, the users in them, and the platform accounts ("persons") they write from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose data a piece of work may see. Every repository call is bound to one."""

    org: str
    user: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A platform account that is a user's."""

    person: Person
    since: datetime
