"""The doctor: what is missing is not broken, what is broken says what to do, and nothing secret is told."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from aurelius import checkup
from aurelius.checkup import Finding, Health, look_everywhere
from aurelius.commands import doctor
from aurelius.settings import Settings, load
from aurelius.setup.connections import CHATS, SERVICES, Service
from lab.telegram.app import TOKEN
from memory.embedded import Embedded
from tests.app_stand_in import stand_in


def settings_of(folder: Path, **values: str) -> Settings:
    return load({"AURELIUS_DATA_DIR": str(folder), "AURELIUS_PORT": "0", **values}, folder.parent)[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    return data


@pytest.fixture
def nobody_listens() -> Iterator[int]:
    """A port that nobody can listen on while the test runs, because it is bound and never listened on."""
    with closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


async def test_a_fresh_folder_has_nothing_broken(folder: Path) -> None:
    found = {finding.name: finding for finding in await look_everywhere(settings_of(folder))}
    assert {name for name, finding in found.items() if finding.health is Health.BROKEN} == set()
    assert found["claude"].health is Health.MISSING
    assert "setup" in found["claude"].remedy
    assert [path.name for path in folder.iterdir()] == []


async def test_a_migrated_database_is_well(folder: Path, migrated_url: str) -> None:
    finding = await checkup.postgres(settings_of(folder, DATABASE_URL=migrated_url))
    assert finding.health is Health.OK
    assert "PostgreSQL 18, pgvector" in finding.about


async def test_an_empty_database_asks_for_its_tables(folder: Path, database_url: str) -> None:
    finding = await checkup.postgres(settings_of(folder, DATABASE_URL=database_url))
    assert finding.health is Health.MISSING
    assert "migrate" in finding.remedy


async def test_a_database_without_vectors_is_broken(folder: Path, postgres: Embedded) -> None:
    url = await postgres.create_database("plain", "template0")
    finding = await checkup.postgres(settings_of(folder, DATABASE_URL=url))
    await postgres.drop_database("plain")
    assert (finding.health, "CREATE EXTENSION vector" in finding.remedy) == (Health.BROKEN, True)


@pytest.mark.parametrize("url", ["postgresql://ann:hush@127.0.0.1:{port}/x", "mysql://ann:hush@db/x", "hush"])
async def test_a_wrong_database_is_broken_and_its_password_is_not_told(
    folder: Path, nobody_listens: int, url: str
) -> None:
    found = await look_everywhere(settings_of(folder, DATABASE_URL=url.format(port=nobody_listens)))
    finding = next(finding for finding in found if finding.name == "database")
    assert finding.health is Health.BROKEN
    assert "DATABASE_URL" in finding.about
    assert "hush" not in str(found)


async def test_a_data_folder_open_to_others_is_broken(folder: Path) -> None:
    folder.chmod(0o755)
    finding = await checkup.data_folder(settings_of(folder))
    assert (finding.health, finding.remedy) == (Health.BROKEN, f"chmod 700 {folder}")


async def test_keys_that_others_can_read_or_that_are_no_keys_are_broken(folder: Path) -> None:
    path = folder / "secret-keys"
    path.write_text("one:AAAA")
    assert (await checkup.secret_keys(settings_of(folder))).health is Health.BROKEN
    path.unlink()
    from memory.vault import keys_in

    keys_in(folder)
    assert (await checkup.secret_keys(settings_of(folder))).health is Health.OK
    path.chmod(0o644)
    assert (await checkup.secret_keys(settings_of(folder))).remedy == f"chmod 600 {path}"
    assert (await checkup.secret_keys(settings_of(folder, AURELIUS_SECRET_KEYS="x:y"))).health is Health.BROKEN


async def test_a_taken_port_is_broken(folder: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        settings = settings_of(folder, AURELIUS_PORT=str(taken.getsockname()[1]))
        finding = next(found for found in await look_everywhere(settings) if found.name == "process")
    assert finding.health is Health.BROKEN
    assert "AURELIUS_PORT" in finding.about


async def test_a_redis_that_does_not_answer_is_broken(folder: Path, nobody_listens: int) -> None:
    finding = await checkup.redis(settings_of(folder, REDIS_URL=f"redis://:hush@127.0.0.1:{nobody_listens}/0"))
    assert finding.health is Health.BROKEN
    assert "hush" not in str(finding)


async def test_a_key_that_claude_does_not_take_is_broken(folder: Path, nobody_listens: int) -> None:
    settings = settings_of(folder, ANTHROPIC_API_KEY="sk-hush", ANTHROPIC_BASE_URL=f"http://127.0.0.1:{nobody_listens}")
    finding = await checkup.claude(settings)
    assert finding.health is Health.BROKEN
    assert "hush" not in str(finding)


@pytest.mark.parametrize("service", CHATS, ids=[service.name for service in CHATS])
async def test_a_chat_app_that_nobody_connects_is_missing_and_its_guide_is_named(
    folder: Path, service: Service
) -> None:
    finding = await checkup.chat_app(service, settings_of(folder))
    assert (finding.health, finding.name) == (Health.MISSING, service.name)
    assert f"`aurelius setup {service.name}`" in finding.remedy


async def test_a_chat_app_is_asked_whether_its_settings_work(folder: Path) -> None:
    async with stand_in("telegram") as telegram:
        values = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_BASE_URL": telegram.url}
        finding = await checkup.chat_app(SERVICES["telegram"], settings_of(folder, **values))
        assert finding.health is Health.OK
        await telegram.revoke()
        finding = await checkup.chat_app(SERVICES["telegram"], settings_of(folder, **values))
    assert finding.health is Health.BROKEN
    assert "@BotFather" in finding.about
    assert "`aurelius setup telegram`" in finding.remedy
    assert TOKEN not in str(finding)


async def test_a_vendor_that_never_answers_is_a_finding(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "CHECK_SECONDS", 0.3)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        settings = settings_of(folder, TELEGRAM_BOT_TOKEN=TOKEN, TELEGRAM_BASE_URL=url)
        finding = await checkup.chat_app(SERVICES["telegram"], settings)
    assert finding.health is Health.BROKEN
    assert "did not answer" in finding.about


async def test_a_look_that_hangs_is_a_finding(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(settings: Settings) -> Finding:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(checkup, "SECONDS", 0.01)
    monkeypatch.setattr(checkup, "disk", hang)
    finding = next(found for found in await look_everywhere(settings_of(folder)) if found.name == "disk")
    assert finding.health is Health.BROKEN


@pytest.mark.parametrize(("health", "status"), [(Health.OK, 0), (Health.MISSING, 0), (Health.BROKEN, 1)])
def test_the_exit_status_says_whether_something_is_broken(
    health: Health, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    finding = Finding(name="disk", health=health, about="full", remedy="make room")
    monkeypatch.setattr(doctor, "examine", lambda: [finding])
    assert doctor.main([]) == status
    assert "make room" in capsys.readouterr().out
    assert doctor.main(["--json"]) == status
    assert json.loads(capsys.readouterr().out) == [
        {"name": "disk", "health": str(health), "about": "full", "remedy": "make room"}
    ]
