"""Another try, then another model, then an honest ModelDown: what stands between a person and Claude's bad minutes."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

import structlog

from adapters.model.breaker import Breaker
from adapters.model.failure import Failed
from bot.model import Answer, ModelDown, Prompt, Tier
from bot.people import Scope

FALLS = {
    Tier.DEEP: (Tier.DEEP, Tier.STANDARD, Tier.FAST),
    Tier.STANDARD: (Tier.STANDARD, Tier.FAST),
    Tier.FAST: (Tier.FAST, Tier.STANDARD),
}
TRIES = 3  # of one model while another can take over
LAST_TRIES = 5  # of the last one
SHORT = 10.0  # seconds that are waited for one model while another can take over
PATIENCE = 60.0  # seconds of waiting in all
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0

log = structlog.get_logger()
Grow = Callable[[str], Awaitable[None]]


class Attempt(Protocol):
    """One attempt at an answer: a LanguageModel that may also raise Failed."""

    async def ask(self, scope: Scope, prompt: Prompt, grow: Grow | None = None) -> Answer: ...


class Retried:
    """A LanguageModel around one attempt. A repeated answer grows from its beginning again: `grow` is always given the
    whole text. Time, sleep and chance are passed in, so that tests need not wait."""

    def __init__(
        self,
        attempt: Attempt,
        name: Callable[[Tier], str],
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`name` tells provider and model of a class: breakers are kept by it."""
        self._attempt, self._name = attempt, name
        self._now, self._sleep, self._chance = now, sleep, chance
        self._breakers: defaultdict[str, Breaker] = defaultdict(Breaker)

    async def ask(self, scope: Scope, prompt: Prompt, grow: Grow | None = None) -> Answer:
        tiers = FALLS[prompt.tier]
        patience = PATIENCE
        failures: list[Failed] = []
        for tier in tiers:
            last = tier is tiers[-1]
            outcome, patience = await self._one(scope, replace(prompt, tier=tier), grow, patience, last)
            if isinstance(outcome, Answer):
                return outcome
            failures.append(outcome)
            if not outcome.elsewhere:
                break
        told = next((failed for failed in failures if failed.again), failures[0])
        raise ModelDown(told.why, told.after) from told

    async def _one(
        self, scope: Scope, prompt: Prompt, grow: Grow | None, patience: float, last: bool
    ) -> tuple[Answer | Failed, float]:
        """Try one model until it answers or is given up; returns what came of it and the patience that is left."""
        breaker = self._breakers[self._name(prompt.tier)]
        tries = 0
        while True:
            if rest := breaker.rest(self._now()):
                return Failed(
                    "Claude is having trouble at the moment", again=True, elsewhere=True, after=rest
                ), patience
            outcome = await self._once(breaker, scope, prompt, grow)
            tries += 1
            if isinstance(outcome, Answer) or not outcome.again:
                return outcome, patience
            pause = self._pause(tries, outcome)
            alone = last or not outcome.elsewhere
            if tries >= (LAST_TRIES if alone else TRIES) or pause > (patience if alone else min(SHORT, patience)):
                return outcome, patience
            await self._sleep(pause)
            patience -= pause

    async def _once(self, breaker: Breaker, scope: Scope, prompt: Prompt, grow: Grow | None) -> Answer | Failed:
        breaker.enter(self._now())
        try:
            answer = await self._attempt.ask(scope, prompt, grow)
        except Failed as failed:
            log.warning("model call failed", tier=prompt.tier, purpose=prompt.purpose, why=failed.why, of=failed.detail)
            if failed.again:
                breaker.failed(self._now())
            return failed
        breaker.succeeded()
        return answer

    def _pause(self, tries: int, failed: Failed) -> float:
        """What the vendor asked for, else twice as long each time; never all callers at the same moment."""
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (tries - 1)) * (0.5 + self._chance() / 2)
        return pause if failed.after is None else max(pause, failed.after)
