"""A real PostgreSQL for every test run: the embedded one, and a fresh database for each test that asks."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator, Generator
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import settings

from memory import embedded
from memory.embedded import Embedded
from tests.memory_world import ann, bob, database, here  # noqa: F401  (fixtures)

LONGEST = ("test_kill_storm.py", "test_command_line.py", "test_chat_page.py", "test_whole_page.py")

# The same examples in every run, and no clock: a busy machine is no bug.
settings.register_profile("steady", deadline=None, derandomize=True, database=None)
settings.load_profile("steady")

_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first: so no worker is still at one of them when the others are done."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest_asyncio.fixture(scope="session")
async def postgres(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Embedded]:
    """One server for the session (with xdist: for the worker)."""
    server = await embedded.start(tmp_path_factory.mktemp("data"), durable=False)
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def database_url(postgres: Embedded) -> AsyncIterator[str]:
    """An empty database (with the extension vector), gone after the test."""
    name = f"test_{next(_numbers)}"
    yield await postgres.create_database(name)
    await postgres.drop_database(name)


@pytest_asyncio.fixture(scope="session")
async def migrated_template(postgres: Embedded) -> str:
    """The name of a database in which all tables were made once, ours and the engine's, to be copied."""
    from memory.migrate import migrate
    from scheduler.engine import Engine

    url = await postgres.create_database("migrated")
    await migrate(url)
    engine = Engine(url)
    await engine.start(queues=())
    await engine.stop()
    return "migrated"


@pytest_asyncio.fixture
async def migrated_url(postgres: Embedded, migrated_template: str) -> AsyncIterator[str]:
    """A database with our tables in it and no rows, gone after the test."""
    name = f"test_{next(_numbers)}"
    yield await postgres.create_database(name, migrated_template)
    await postgres.drop_database(name)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def module_url(postgres: Embedded, migrated_template: str) -> AsyncIterator[str]:
    """A migrated database that the tests of one file share."""
    name = f"test_{next(_numbers)}"
    yield await postgres.create_database(name, migrated_template)
    await postgres.drop_database(name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With AURELIUS_TEST_ALL everything a test needs is said to be here, so a skip is a failure."""
    report = yield
    if report.skipped and os.environ.get("AURELIUS_TEST_ALL") and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"skipped under AURELIUS_TEST_ALL: {report.longrepr}"
    return report


@pytest_asyncio.fixture
async def site(migrated_url: str) -> AsyncIterator[Any]:
    """A `tests.engine_site.Site`: an engine that is not started yet."""
    from tests.engine_site import Site

    made = Site(migrated_url)
    yield made
    await made.close()
