"""What a stand-in was asked and what it told, line by line, for whoever watches it (`GET /lab/events`)."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Json = dict[str, Any]


class Journal:
    def __init__(self) -> None:
        self.changed = asyncio.Condition()
        self._lines: list[Json] = []

    async def note(self, what: str, **about: Any) -> None:
        """One more line; whoever waits for something looks again."""
        async with self.changed:
            self._lines.append({"n": len(self._lines), "what": what, "at": time.time()} | about)
            self.changed.notify_all()

    async def shown(self, request: Request) -> Response:
        """`after`: the lines with a greater number; waits up to `wait` seconds for one."""
        after, wait = int(request.query_params.get("after", -1)), float(request.query_params.get("wait", 0))
        async with self.changed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self.changed.wait_for(lambda: len(self._lines) > after + 1)
        return JSONResponse(self._lines[after + 1 :])
