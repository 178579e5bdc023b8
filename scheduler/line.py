"""One database connection of our own, kept open: for locks that last as long as the process and for nudges between
processes. (Both need a direct connection, not a pooler in transaction mode.)"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from scheduler.durable import address

CHANNEL = "aurelius_jobs"


class Line:
    """Connects when it is first used and again when it was cut; `greet` runs on every new connection."""

    def __init__(self, url: str, greet: Callable[[Any], Awaitable[None]] | None = None) -> None:
        self._url, self._greet = url, greet
        self._connection: Any = None
        self._turn = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def use(self) -> AsyncIterator[Any]:
        """The asyncpg connection, for one user at a time. Raises OSError, TimeoutError or asyncpg's errors."""
        async with self._turn:
            if self._connection is None or self._connection.is_closed():
                self._connection = await self._connect()
            yield self._connection

    async def _connect(self) -> Any:
        import asyncpg  # type: ignore[import-untyped]

        connection = await asyncpg.connect(
            address(self._url).render_as_string(hide_password=False),
            timeout=10,
            command_timeout=30,
            server_settings={"application_name": "aurelius guard", "jit": "off"},
        )
        try:
            if self._greet is not None:
                await self._greet(connection)
        except BaseException:
            connection.terminate()
            raise
        return connection

    async def close(self) -> None:
        async with self._turn:
            if self._connection is not None and not self._connection.is_closed():
                self._connection.terminate()  # at once: the lock is free the moment we go
            self._connection = None
