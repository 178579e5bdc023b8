"""How Slack says no: mostly by a word in an answer with status 200."""

from __future__ import annotations

from typing import Any

from lab.person_side import Refused


class Refusal(Refused):
    """`error` is Slack's word; `more` stands beside it in the answer."""

    def __init__(self, error: str, *, status: int = 200, retry_after: int | None = None, **more: Any) -> None:
        super().__init__(error)
        self.status, self.more = status, more
        self.headers = {} if retry_after is None else {"Retry-After": str(retry_after)}

    def body(self) -> dict[str, Any]:
        return {"ok": False, "error": str(self), **self.more}
