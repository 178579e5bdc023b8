"""The transaction around everything: all or nothing, and a lost database is an ordinary error that ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import text

from bot.ids import new_id
from bot.people import Scope
from bot.records import Note
from memory.connect import connect
from memory.database import Database
from memory.rows import Shape
from memory.tables import drafts
from memory.vault import Vault, new_key
from tests.memory_world import NOW
from tests.test_memory_belongings import a_task
from tests.test_memory_inbox import message


@pytest_asyncio.fixture
async def small(module_url: str) -> AsyncIterator[Database]:
    """With one connection, so that a test knows which one it gets."""
    database = Database(module_url, Vault(new_key()), pool=1, overflow=0)
    yield database
    await database.close()


async def cut(url: str) -> None:
    connection = await connect(url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await connection.close()


async def test_an_exception_takes_everything_back(database: Database, ann: Scope) -> None:
    task = a_task()

    async def fail() -> None:
        async with database.work(ann) as work:
            await work.tasks.put(task)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with database.work(ann) as work:
        assert await work.tasks.get(task.id) is None


async def test_from_the_door_one_enters_a_persons_data_in_the_same_transaction(database: Database, ann: Scope) -> None:
    task, arrived = a_task(), new_id()

    async def fail() -> None:
        async with database.door() as door:
            await door.inbox.put(message(ann), arrived, NOW)
            await door.enter(ann).tasks.put(task)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with database.door() as door:
        assert await door.inbox.get(arrived) is None
        assert await door.enter(ann).tasks.get(task.id) is None


async def test_the_engine_can_enlist_with_the_synchronous_connection(database: Database, ann: Scope) -> None:
    async with database.work(ann) as work:
        assert await work.tx.run_sync(lambda connection: connection.scalar(text("SELECT 1"))) == 1


async def test_a_connection_that_died_while_idle_is_replaced_unseen(
    small: Database, ann: Scope, module_url: str
) -> None:
    async with small.work(ann) as work:
        connection = (await work.tx.get_raw_connection()).driver_connection
    await cut(module_url)
    async with asyncio.timeout(10):
        while not connection.is_closed():
            await asyncio.sleep(0)
    async with small.work(ann) as work:
        assert list(await work.tasks.list()) == []


async def test_a_connection_that_dies_in_use_is_a_connection_error(
    small: Database, ann: Scope, module_url: str
) -> None:
    async def use() -> None:
        async with small.work(ann) as work:
            await work.tasks.list()
            await cut(module_url)
            await work.tasks.list()

    with pytest.raises(ConnectionError):
        await use()
    async with small.work(ann) as work:
        assert list(await work.tasks.list()) == []


async def test_a_database_that_is_not_there_is_an_ordinary_error(ann: Scope) -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/nothing", Vault(new_key()))
    with pytest.raises(OSError):
        async with database.work(ann):
            pass
    await database.close()


async def test_a_person_who_does_not_exist_cannot_own_a_row(database: Database) -> None:
    async with database.work(Scope(org=new_id(), user=new_id())) as work:
        with pytest.raises(LookupError):
            await work.profile.get()
        with pytest.raises(Exception, match="tasks_org_id_fk"):
            await work.tasks.put(a_task())
        await work.tx.rollback()


def test_a_field_that_no_column_keeps_is_an_error_unless_it_is_kept_elsewhere() -> None:
    with pytest.raises(TypeError, match="Note has no place in drafts for title"):
        Shape(Note, drafts)
    assert "title" not in [column.name for column, _ in Shape(Note, drafts, elsewhere={"title"}).columns]
