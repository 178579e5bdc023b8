"""How fast we may write: per chat and over all, as chat platforms ask; and not at all for as long as one said so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

REMEMBERED = 10_000  # chats


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """`burst` at once, then one every `seconds`."""

    burst: int
    seconds: float


class Governor:
    """Gives out turns, first come, first served. For each chat it keeps the moment at which its allowance is whole
    again (the generic cell rate algorithm)."""

    def __init__(
        self,
        overall: Pace,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._overall, self._now, self._sleep = overall, now, sleep
        self._whole: dict[str, float] = {}
        self._held: dict[str, float] = {}

    async def turn(self, chat: str, pace: Pace) -> None:
        """Wait until it is our turn in this chat, however long."""
        wait = self._reserve(chat, pace, patient=True)
        while wait > 0:
            await self._sleep(wait)
            wait = self._held.get(chat, 0.0) - self._now()  # a hold may have come while we waited

    def spare(self, chat: str, pace: Pace) -> bool:
        """Take a turn if there is one right now."""
        return self._reserve(chat, pace, patient=False) <= 0

    def hold(self, chat: str, seconds: float) -> None:
        """The platform said how long this chat must rest."""
        self._held[chat] = max(self._held.get(chat, 0.0), self._now() + seconds)

    def _reserve(self, chat: str, pace: Pace, *, patient: bool) -> float:
        now = self._now()
        self._forget(now)
        everybody, one = self._wait("", self._overall, now), self._wait(chat, pace, now)
        wait = max(everybody, one, self._held.get(chat, 0.0) - now, 0.0)
        if wait <= 0 or patient:
            self._whole[""] = max(self._whole.get("", 0.0), now) + self._overall.seconds
            self._whole[chat] = max(self._whole.get(chat, 0.0), now) + pace.seconds
        return wait

    def _wait(self, key: str, pace: Pace, now: float) -> float:
        return self._whole.get(key, 0.0) - (pace.burst - 1) * pace.seconds - now

    def _forget(self, now: float) -> None:
        if len(self._whole) > REMEMBERED:
            self._whole = {key: whole for key, whole in self._whole.items() if whole > now}
            self._held = {key: until for key, until in self._held.items() if until > now}
