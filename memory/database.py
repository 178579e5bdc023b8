"""The database as the rest of the program sees it: units of work over one person's data, and the door before them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.people import Scope
from bot.ports import Embeddings
from bot.repositories import Door, Work
from memory.columns import dumps
from memory.connect import connect
from memory.everything import Deleted
from memory.meanings import Embedder, Meanings
from memory.vault import Vault
from memory.work import OpenDoor, OpenWork

# Classes of SQLSTATE that say the server, not the statement, is in trouble: connection, resources, shutdown.
TROUBLE = ("08", "53", "57P")


def make_engine(url: str, **options: Any) -> AsyncEngine:
    """An SQLAlchemy engine whose connections are made by `memory.connect`."""
    return create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: connect(url), json_serializer=dumps, **options
    )


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Database:
    """Fulfils `bot.ports.Memory`. `now` tells the time where a repository needs one ("last Tuesday"); `embeddings`, if
    there are any, let recall go by meaning as well as by words."""

    def __init__(
        self,
        url: str,
        vault: Vault,
        *,
        pool: int = 5,
        overflow: int = 5,
        now: Callable[[], datetime] = _utc_now,
        embeddings: Embeddings | None = None,
    ) -> None:
        self._engine = make_engine(url, pool_size=pool, max_overflow=overflow, pool_timeout=30)
        self._vault, self._now, self._meanings = vault, now, Meanings(embeddings)
        self._embeddings = embeddings
        self.embedder = Embedder(self, embeddings, now) if embeddings else None  # for whoever has time to let it work
        self._deleted: Deleted | None = None
        event.listen(self._engine.sync_engine, "checkout", _refuse_closed)

    def on_delete(self, deleted: Deleted) -> None:
        """Have it called in the transaction in which everything of a person is deleted."""
        self._deleted = deleted

    @asynccontextmanager
    async def work(self, scope: Scope) -> AsyncIterator[Work]:
        """One transaction over one person's data; leaving commits, an exception rolls back."""
        async with self._transaction() as tx:
            yield OpenWork(tx, scope, self._now, self._deleted, self._meanings)

    @asynccontextmanager
    async def door(self) -> AsyncIterator[Door]:
        """One transaction that is nobody's yet."""
        async with self._transaction() as tx:
            yield OpenDoor(tx, self._vault, self._now, self._deleted, self._meanings)

    async def close(self) -> None:
        """With the embeddings that it was given."""
        if self._embeddings is not None:
            await self._embeddings.close()
        await self._engine.dispose()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        """Raises ConnectionError when the server went away: the same work may be tried again."""
        try:
            async with self._engine.connect() as tx, tx.begin():
                yield tx
        except DBAPIError as error:
            if error.connection_invalidated or _code(error).startswith(TROUBLE):
                raise ConnectionError(f"the database is not available: {error.orig}") from error
            raise
        except asyncpg.InternalClientError as error:  # the server has said its last word, the connection still stands
            raise ConnectionError(f"the database is not available: {error}") from error


def _code(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", "") or "")


def _refuse_closed(connection: Any, record: object, proxy: object) -> None:
    """A pooled connection whose server is gone is replaced before it is used; costs no round trip."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError
