"""How the Graph API says no."""

from __future__ import annotations

import uuid
from typing import Any

from lab.person_side import Refused

TITLES = {
    100: "Invalid parameter",
    190: "Invalid OAuth access token - Cannot parse access token",
    2500: "Unknown path components",
    130429: "Rate limit hit",
    131000: "Something went wrong",
    131008: "Required parameter is missing",
    131009: "Parameter value is not valid",
    131026: "Message undeliverable",
    131047: "Re-engagement message",
    131051: "Unsupported message type",
    131053: "Media upload error",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    132001: "Template name does not exist in the translation",
}
STATUSES = {190: 401, 104: 401, 130429: 429, 131056: 429, 131000: 500}


class Refusal(Refused):
    """`details` say what is wrong this time; `retry_after` is a header."""

    def __init__(
        self,
        code: int,
        details: str = "",
        *,
        subcode: int = 0,
        status: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(details)
        self.code, self.details, self.subcode = code, details, subcode
        self.status = status or STATUSES.get(code, 400)
        self.retry_after = retry_after

    @property
    def title(self) -> str:
        return TITLES.get(self.code, "An error occurred")

    def body(self) -> dict[str, Any]:
        """For codes of their own the Graph API writes the details into the message, for WhatsApp's into error_data."""
        own = self.code < 100_000
        error: dict[str, Any] = {
            "message": self.details or self.title if own else f"(#{self.code}) {self.title}",
            "type": "OAuthException",
            "code": self.code,
            "fbtrace_id": uuid.uuid4().hex[:23],
        }
        if self.subcode:
            error["error_subcode"] = self.subcode
        if not own:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details or self.title}
        return {"error": error}

    def failed(self) -> dict[str, Any]:
        """The same in a failed status."""
        data = {"details": self.details or self.title}
        return {"code": self.code, "title": self.title, "message": self.title, "error_data": data}


def missing(name: str) -> Refusal:
    return Refusal(100, f"(#100) The parameter {name} is required.")


def wrong(details: str) -> Refusal:
    return Refusal(131009, details)
