"""How the service says no: a status, and a body whose `detail` names the error."""

from __future__ import annotations

from typing import Any

from lab.person_side import Refused


class Refusal(Refused):
    def __init__(self, status: int, code: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.headers = {} if retry_after is None else {"retry-after": f"{retry_after:g}"}

    def body(self) -> dict[str, Any]:
        return {"detail": {"status": self.code, "message": self.message}}


class Invalid(Refusal):
    """A request that does not fit the description: the fields that are wrong, as FastAPI lists them."""

    def __init__(self, *where: str, why: str = "Field required", kind: str = "missing") -> None:
        super().__init__(422, kind, why)
        self._where = where

    def body(self) -> dict[str, Any]:
        return {"detail": [{"type": self.code, "loc": list(self._where), "msg": self.message}]}
