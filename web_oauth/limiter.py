"""How often somebody may do something."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

KEYS = 10_000


class Limiter(Protocol):
    def wait(self, key: str, at_most: int, seconds: float, *, uses: int = 1) -> float:
        """0.0 when one more is allowed, and counts it (`uses` 0: only looks); else the seconds until it will be."""


class LocalLimiter:
    """A sliding window in this process."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._uses: dict[str, deque[float]] = {}

    def wait(self, key: str, at_most: int, seconds: float, *, uses: int = 1) -> float:
        now = self._now()
        past = self._uses.pop(key, None) or deque()
        while past and past[0] <= now - seconds:
            past.popleft()
        self._uses[key] = past  # put back last: the first key is the one that was quiet the longest
        while len(self._uses) > KEYS:
            del self._uses[next(iter(self._uses))]
        if len(past) >= at_most:
            return past[0] + seconds - now
        past.extend([now] * uses)
        return 0.0
