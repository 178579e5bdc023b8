"""How the Bot API says no."""

from __future__ import annotations

from typing import Any

from lab.person_side import Refused

CLASSES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict"}


class Refusal(Refused):
    """`description` without the class in front, which follows from the code."""

    def __init__(self, description: str, *, code: int = 400, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code, self.retry_after = code, retry_after

    def body(self) -> dict[str, Any]:
        name, words = CLASSES.get(self.code), str(self)
        found: dict[str, Any] = {
            "ok": False,
            "error_code": self.code,
            "description": ": ".join(part for part in (name, words) if part),
        }
        if self.retry_after is not None:
            found["parameters"] = {"retry_after": self.retry_after}
        return found


def flood(seconds: int) -> Refusal:
    return Refusal(f"Too Many Requests: retry after {seconds}", code=429, retry_after=seconds)
