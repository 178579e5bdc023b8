"""A circuit breaker: when a model keeps failing it is left alone for a while, and then tried with one request."""

from __future__ import annotations

from collections import deque

FAILURES = 5  # so many ...
WINDOW = 30.0  # ... within so many seconds open it
REST = 15.0  # seconds until one request may probe


class Breaker:
    """State of one model at one provider, in this process. Times are seconds of any clock that never goes back."""

    def __init__(self) -> None:
        self._failures: deque[float] = deque(maxlen=FAILURES)
        self._closed_until: float | None = None  # None: requests pass

    def rest(self, now: float) -> float:
        """Seconds until a request may pass; 0 when one may now. After the rest only one passes per REST seconds,
        until one succeeds."""
        return 0.0 if self._closed_until is None else max(0.0, self._closed_until - now)

    def enter(self, now: float) -> None:
        """A request passes; with the breaker half open it is the probe, and the others go on waiting."""
        if self._closed_until is not None:
            self._closed_until = now + REST

    def failed(self, now: float) -> None:
        self._failures.append(now)
        if len(self._failures) == FAILURES and now - self._failures[0] <= WINDOW:
            self._closed_until = now + REST

    def succeeded(self) -> None:
        self._failures.clear()
        self._closed_until = None
