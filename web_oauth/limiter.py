"""How often somebody may do something."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

KEYS = 10_000


class Limiter(Protocol):
    def wait(self, key: str, at_most: int, seconds: float) -> float:
        """Counts one use; 0.0 when it is allowed, else the seconds until the next one will be."""


class LocalLimiter:
    """A sliding window in this process."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._uses: dict[str, deque[float]] = {}

    def wait(self, key: str, at_most: int, seconds: float) -> float:
        now = self._now()
        uses = self._uses.pop(key, None) or deque()
        while uses and uses[0] <= now - seconds:
            uses.popleft()
        self._uses[key] = uses  # put back last: the first key is the one that was quiet the longest
        while len(self._uses) > KEYS:
            del self._uses[next(iter(self._uses))]
        if len(uses) >= at_most:
            return uses[0] + seconds - now
        uses.append(now)
        return 0.0
