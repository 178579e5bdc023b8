"""A database with two people in it, Ann and Bob, for the tests of memory; a fresh pair for every test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from bot.ids import new_id
from bot.message import Address
from bot.people import Person, Scope, User
from memory.database import Database
from memory.vault import Vault, new_key

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)  # a Friday


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def database(module_url: str) -> AsyncIterator[Database]:
    database = Database(module_url, Vault(new_key()), now=lambda: NOW)
    yield database
    await database.close()


async def new_user(database: Database, name: str) -> Scope:
    user = User(id=new_id(), org=new_id(), name=name, zone="Europe/Berlin")
    async with database.door() as door:
        await door.persons.add_user(user)
    return user.scope


@pytest_asyncio.fixture
async def ann(database: Database) -> Scope:
    return await new_user(database, "Ann")


@pytest_asyncio.fixture
async def bob(database: Database) -> Scope:
    return await new_user(database, "Bob")


def chat_of(scope: Scope, platform: str = "telegram") -> Address:
    return Address(platform=platform, tenant="", place=scope.user)


def account_of(scope: Scope, platform: str = "telegram") -> Person:
    return Person(platform=platform, tenant="", id=scope.user, name="Ann Lee")


@pytest.fixture
def here(ann: Scope) -> Address:
    """Ann's conversation."""
    return chat_of(ann)
