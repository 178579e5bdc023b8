"""Brings the database to the tables this version needs. Whoever starts first does it, the others wait for the lock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from memory.connect import connect

HEAD = "0007"  # of memory/migrations; a test holds the two together
OLDEST = 16
LOCK = 0x4155524C  # "AURL"
PATIENCE_SECONDS = 300.0  # for a migration that another process runs


class Unusable(Exception):
    """This PostgreSQL cannot be used as it is; the message says what to do."""


async def migrate(url: str) -> None:
    """Create or upgrade our tables; a few milliseconds when there is nothing to do. Raises Unusable."""
    connection = await connect(url)
    try:
        if connection.get_server_version().major < OLDEST:
            found = connection.get_server_version().major
            raise Unusable(f"PostgreSQL {OLDEST} or newer is needed, DATABASE_URL leads to version {found}.")
        if await _revision(connection) == HEAD:
            return
        await connection.execute("SET statement_timeout = 0")
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK, timeout=PATIENCE_SECONDS)
        if await _revision(connection) != HEAD:
            await _need_vector(connection)
            await _upgrade(url)
    finally:
        await connection.close()


async def _revision(connection: asyncpg.Connection) -> str | None:
    try:
        found = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    return str(found) if found else None


async def _need_vector(connection: asyncpg.Connection) -> None:
    if await connection.fetchval("SELECT count(*) FROM pg_extension WHERE extname = 'vector'"):
        return
    try:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    except asyncpg.InsufficientPrivilegeError as error:
        raise Unusable(
            "The extension 'vector' (pgvector) is not in the database, and this role may not add it. "
            "As a superuser run, in this database: CREATE EXTENSION vector;"
        ) from error
    except asyncpg.PostgresError as error:
        raise Unusable(
            "This PostgreSQL does not have pgvector. Install it (Debian: postgresql-<version>-pgvector; "
            "Docker: the image pgvector/pgvector), or leave DATABASE_URL unset to use the embedded database."
        ) from error


async def _upgrade(url: str) -> None:
    # Imported here: Alembic costs most of a second, and there is nearly always nothing to do.
    from alembic import command
    from sqlalchemy import Connection
    from sqlalchemy.pool import NullPool

    from memory.database import make_engine

    engine = make_engine(url, poolclass=NullPool)

    def run(connection: Connection) -> None:
        config = configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


def configuration() -> Any:
    """Alembic's Config for the migrations that ship in this package."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
