"""How we connect to PostgreSQL: one place for timeouts and settings, whoever opens the connection."""

from __future__ import annotations

import asyncpg  # type: ignore[import-untyped]

CONNECT_SECONDS = 10
COMMAND_SECONDS = 30
SETTINGS = {
    "application_name": "aurelius",
    "jit": "off",
    "timezone": "UTC",
    "statement_timeout": str(COMMAND_SECONDS * 1000),
    "hnsw.iterative_scan": "strict_order",  # goes on until it has enough of one person's
    "hnsw.ef_search": "100",  # as many as `memory.passages` asks for
    "idle_in_transaction_session_timeout": "120000",  # a hung process does not hold a conversation for ever
}


def dsn(url: str) -> str:
    """The address as libpq writes it: `postgresql+asyncpg://`, `postgresql://` and `postgres://` are all welcome."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.split("+")[0] not in ("postgresql", "postgres"):
        raise ValueError("the database's address must look like postgresql://user:password@host/database")
    return f"postgresql://{rest}"


async def connect(url: str) -> asyncpg.Connection:
    """A connection of one's own. Raises OSError or asyncpg.PostgresError when there is none to be had, ValueError when
    the address is none."""
    try:
        return await asyncpg.connect(
            dsn(url), timeout=CONNECT_SECONDS, command_timeout=COMMAND_SECONDS, server_settings=SETTINGS
        )
    except OverflowError as error:  # what a port beyond 65535 becomes
        raise ValueError(str(error)) from None
