"""What is to go wrong with a stand-in, as a test or somebody at the lab's page sets it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


@dataclass
class Fault:
    """The next `times` calls of `method` fail, once `skip` calls have passed: with a `status`, or (`drop`) the line
    breaks "before" or "after" the call did its work. Each stand-in says what else its calls can fail with."""

    method: str
    status: int = 0
    times: int = 1
    drop: str = ""
    skip: int = 0


F = TypeVar("F", bound=Fault)


class Faults(Generic[F]):
    def __init__(self, kind: type[F]) -> None:
        self._kind = kind
        self._set: list[F] = []

    async def add(self, request: Request) -> Response:
        """The body holds the fields of a fault."""
        try:
            self._set.append(self._kind(**await request.json()))
        except TypeError as error:
            return JSONResponse({"description": str(error)}, 400)
        return JSONResponse({})

    async def forget(self, request: Request) -> Response:
        self._set.clear()
        return JSONResponse({})

    def strike(self, method: str) -> F | None:
        """The fault that strikes this call, used up by it."""
        for fault in self._set:
            if fault.method.lower() != method.lower() or not fault.times:
                continue
            if fault.skip:
                fault.skip -= 1
                return None
            fault.times -= 1
            return fault
        return None


class Dropped(Exception):
    """The connection breaks without an answer."""


class Cut(Response):
    """Promises a body that never comes, so that the server breaks the connection."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-length", b"1000"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
