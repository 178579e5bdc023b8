"""Another try where that may help, and none while the service keeps failing."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from adapters.model.breaker import Breaker
from adapters.speech.failure import BROKEN, Failed, failure

T = TypeVar("T")

TRIES = 3
PATIENCE = 20.0  # seconds of waiting between tries, in all; somebody sits before an unanswered voice note
FIRST_PAUSE = 0.5

log = structlog.get_logger()


class Tries:
    """Runs attempts at one service. Time, sleep and chance are passed in, so that tests need not wait."""

    def __init__(
        self,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._now, self._sleep, self._chance = now, sleep, chance
        self._breaker = Breaker()

    async def __call__(self, what: str, attempt: Callable[[], Awaitable[T]], seconds: float) -> T:
        """`what` is for the log; each attempt has so many `seconds`. Raises Failed."""
        patience, tries = PATIENCE, 0
        while True:
            if self._breaker.rest(self._now()):
                raise Failed(BROKEN, "left alone for a while")
            try:
                return await self._once(attempt, seconds)
            except Failed as failed:
                log.warning("speech service failed", what=what, why=failed.why, of=failed.detail)
                tries += 1
                pause = self._pause(tries, failed)
                if not failed.again or tries == TRIES or pause > patience:
                    raise
            await self._sleep(pause)
            patience -= pause

    async def _once(self, attempt: Callable[[], Awaitable[T]], seconds: float) -> T:
        from elevenlabs.core.api_error import ApiError
        from httpx import HTTPError

        self._breaker.enter(self._now())
        try:
            async with asyncio.timeout(seconds):
                found = await attempt()
        except (ApiError, HTTPError, TimeoutError, Failed) as error:
            failed = error if isinstance(error, Failed) else failure(error)
            if failed.trouble:
                self._breaker.failed(self._now())
            else:
                self._breaker.succeeded()  # it answered
            raise failed from error
        self._breaker.succeeded()
        return found

    def _pause(self, tries: int, failed: Failed) -> float:
        """What the vendor asked for, else twice as long each time; never all callers at the same moment."""
        pause = FIRST_PAUSE * 2.0 ** (tries - 1) * (0.5 + self._chance() / 2)
        return pause if failed.after is None else max(pause, failed.after)
