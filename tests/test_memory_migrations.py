"""The tables: made by migrations, equal to the models, made once by whoever comes first."""

from __future__ import annotations

import asyncio
import time
import warnings
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.pool import NullPool

from memory.connect import connect, dsn
from memory.database import make_engine
from memory.migrate import HEAD, Unusable, configuration, migrate
from memory.tables import metadata


async def test_migrations_and_models_agree(migrated_url: str) -> None:
    engine = make_engine(migrated_url, poolclass=NullPool)

    def differences(connection: Any) -> Any:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # computed columns cannot be compared, which Alembic says each time
        async with engine.connect() as connection:
            assert await connection.run_sync(differences) == []
    await engine.dispose()


def test_the_head_that_start_compares_with_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(configuration()).get_current_head() == HEAD


async def test_two_who_start_together_on_an_empty_database_both_succeed(database_url: str) -> None:
    await asyncio.gather(migrate(database_url), migrate(database_url), migrate(database_url))
    connection = await connect(database_url)
    assert await connection.fetchval("SELECT version_num FROM alembic_version") == HEAD
    await connection.close()


async def test_a_start_with_nothing_to_migrate_is_fast(migrated_url: str) -> None:
    took = []
    for _ in range(10):
        begin = time.perf_counter()
        await migrate(migrated_url)
        took.append(time.perf_counter() - begin)
    assert min(took) < 0.05


async def test_our_role_needs_no_more_rights_than_its_own_database(migrated_url: str) -> None:
    connection = await connect(migrated_url)
    assert not await connection.fetchval("SELECT usesuper FROM pg_user WHERE usename = current_user")
    await connection.close()


async def test_a_role_that_may_not_add_pgvector_is_told_what_to_run(database_url: str) -> None:
    superuser = await connect(database_url.replace("aurelius@", "postgres@"))
    await superuser.execute("DROP EXTENSION vector")
    await superuser.execute(f"ALTER DATABASE {await superuser.fetchval('SELECT current_database()')} OWNER TO postgres")
    with pytest.raises(Unusable, match="CREATE EXTENSION vector"):
        await migrate(database_url)
    await superuser.close()


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense", ""])
def test_an_address_that_is_not_postgresql_is_refused_in_plain_words(url: str) -> None:
    with pytest.raises(ValueError, match="postgresql://"):
        dsn(url)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_the_usual_spellings_of_an_address_are_welcome(scheme: str) -> None:
    assert dsn(f"{scheme}://ann@db/aurelius?sslmode=require") == "postgresql://ann@db/aurelius?sslmode=require"


async def test_a_postgresql_that_is_too_old_is_told_in_plain_words(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("memory.migrate.OLDEST", 99)
    with pytest.raises(Unusable, match="PostgreSQL 99 or newer is needed"):
        await migrate(database_url)
