"""No call begins that the person's budget does not cover."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from adapters.model.budget import Period, allowed, begins, crossed
from bot.model import Answer, Prompt, Tier
from bot.people import Scope
from bot.ports import Clock, Memory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.model.retried import Attempt, Grow

Warn = Callable[[Scope, str, float], Awaitable[None]]  # whose, "day" or "month", the share of the budget spent


class Metered:
    """One attempt with its price checked before. It stands inside the retries, so that every attempt is checked by
    itself and none escapes to a dearer class. What is being asked right now is reserved in this process: two
    calls at once do not both slip under the limit. (Other processes' calls count once they are written down.)"""

    def __init__(
        self,
        attempt: Attempt,
        estimate: Callable[[Prompt], float],
        memory: Memory,
        clock: Clock,
        warn: Warn | None = None,
    ) -> None:
        self._attempt, self._estimate, self._memory, self._clock, self._warn = attempt, estimate, memory, clock, warn
        self._reserved: defaultdict[Scope, float] = defaultdict(float)
        self._locks: defaultdict[Scope, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def ask(self, scope: Scope, prompt: Prompt, grow: Grow | None = None) -> Answer:
        """Raises OverBudget before anything is sent, and what the attempt raises."""
        async with self._reservation(scope, prompt) as (tier, periods):
            answer = await self._attempt.ask(scope, replace(prompt, tier=tier), grow)
        if self._warn:
            for period, share in crossed(periods, answer.usage.dollars):
                await self._warn(scope, period.name, share)
        return answer

    @asynccontextmanager
    async def _reservation(self, scope: Scope, prompt: Prompt) -> AsyncIterator[tuple[Tier, tuple[Period, ...]]]:
        def price(tier: Tier) -> float:
            return self._estimate(replace(prompt, tier=tier))

        async with self._locks[scope]:
            periods, tier = await self._check(scope, prompt.tier, price)
            reserved = price(tier)
            self._reserved[scope] += reserved
        try:
            yield tier, periods
        finally:
            self._reserved[scope] -= reserved

    async def _check(self, scope: Scope, tier: Tier, price: Callable[[Tier], float]) -> tuple[tuple[Period, ...], Tier]:
        now = self._clock.now()
        async with self._memory.work(scope) as work:
            user = await work.profile.get()
            day, month = begins(user, now)
            today, this_month = await work.usage.since(day), await work.usage.since(month)
        held = self._reserved[scope]
        periods = (
            Period(name="day", limit=user.dollars_per_day, spent=today.dollars, held=held),
            Period(name="month", limit=user.dollars_per_month, spent=this_month.dollars, held=held),
        )
        return periods, allowed(user, periods, tier, price, now)
