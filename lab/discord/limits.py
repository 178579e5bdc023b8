"""How often: five messages and five edits in five seconds in a channel, told in headers as Discord does."""

from __future__ import annotations

import time

from lab.discord.refusal import Refusal

ALLOWED, SECONDS = 5, 5.0
LIMITED = {"messages.create": "lab-create", "messages.edit": "lab-edit"}  # buckets


class Flood(Refusal):
    def __init__(self, seconds: float, headers: dict[str, str]) -> None:
        super().__init__(429, 0, "You are being rate limited.")
        self.seconds, self.headers = seconds, headers

    def body(self) -> dict[str, object]:
        return {"message": str(self), "retry_after": self.seconds, "global": False}


class Limits:
    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}  # end, calls in it

    def take(self, name: str, channel: str) -> dict[str, str]:
        """The headers of the answer. Raises Flood."""
        if name not in LIMITED:
            return {}
        now = time.monotonic()
        end, used = self._windows.get((name, channel), (0.0, 0))
        if now >= end:
            end, used = now + SECONDS, 0
        if used >= ALLOWED:
            raise Limits.flood(end - now, LIMITED[name])
        self._windows[(name, channel)] = (end, used + 1)
        return _headers(LIMITED[name], ALLOWED - used - 1, end - now)

    @staticmethod
    def flood(seconds: float, bucket: str = "lab-fault") -> Flood:
        told = {"Retry-After": str(int(seconds) + 1), "X-RateLimit-Scope": "user", "Via": "1.1 google"}
        return Flood(round(seconds, 3), _headers(bucket, 0, seconds) | told)


def _headers(bucket: str, remaining: int, seconds: float) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(ALLOWED),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": f"{time.time() + seconds:.3f}",
        "X-RateLimit-Reset-After": f"{seconds:.3f}",
        "X-RateLimit-Bucket": bucket,
    }
