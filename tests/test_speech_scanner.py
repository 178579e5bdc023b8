"""The virus scanner, over the wire of `clamd`; and what the doctor says of it and of speech."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from adapters import scanner
from adapters.scanner import Scanner, Unscanned
from aurelius import checkup
from aurelius.checkup import Health
from tests.elevenlabs_stand_in import stand_in
from tests.stand_ins.clamd import NAME, VIRUS, Clamd, clamd
from tests.test_doctor import nobody_listens, settings_of  # noqa: F401  (a fixture)


@pytest_asyncio.fixture
async def daemon() -> AsyncIterator[Clamd]:
    async with clamd(largest=1_000_000) as daemon:
        yield daemon


@pytest.mark.parametrize("content", [b"", b"hello", b"\0" * 65_536, bytes(range(256)) * 1_000])
async def test_clean_content_arrives_whole_and_is_clean(daemon: Clamd, content: bytes) -> None:
    assert await Scanner(daemon.address).scan(content) is None
    assert daemon.scanned == [content]


@pytest.mark.parametrize("before", [0, 65_530, 200_000])
async def test_a_virus_is_named_wherever_it_stands(daemon: Clamd, before: int) -> None:
    assert await Scanner(daemon.address).scan(bytes(before) + VIRUS + bytes(10)) == NAME


async def test_a_socket_in_the_file_system_works_too(tmp_path: Path) -> None:
    async with clamd(str(tmp_path / "clamd.ctl")) as daemon:
        assert await Scanner(daemon.address).scan(VIRUS) == NAME
        await Scanner(daemon.address).ping()


async def test_what_is_too_large_for_the_scanner_is_not_scanned(daemon: Clamd) -> None:
    with pytest.raises(Unscanned, match="size limit exceeded"):
        await Scanner(daemon.address).scan(bytes(1_000_001))


async def test_a_scanner_that_is_not_there_or_says_nothing_did_not_scan(
    daemon: Clamd,
    nobody_listens: int,  # noqa: F811
    tmp_path: Path,
) -> None:
    for address in (f"127.0.0.1:{nobody_listens}", str(tmp_path / "none"), "nonsense", "host:", ":3310"):
        with pytest.raises(Unscanned):
            await Scanner(address).scan(b"x")
    daemon.deaf = True
    with pytest.raises(Unscanned, match="TimeoutError"):
        await Scanner(daemon.address, seconds=0.1).scan(b"x")


def test_without_an_address_there_is_no_scanner() -> None:
    assert scanner.connect(None) is None


async def test_the_doctor_tells_whether_the_scanner_answers(tmp_path: Path, daemon: Clamd) -> None:
    found = await checkup.virus_scanner(settings_of(tmp_path))
    assert (found.health, "not scanned" in found.about) == (Health.OK, True)
    found = await checkup.virus_scanner(settings_of(tmp_path, AURELIUS_CLAMD=daemon.address))
    assert (found.health, found.about) == (Health.OK, "answers")
    found = await checkup.virus_scanner(settings_of(tmp_path, AURELIUS_CLAMD=str(tmp_path / "none")))
    assert (found.health, "AURELIUS_CLAMD" in found.remedy) == (Health.BROKEN, True)


async def test_the_doctor_tells_whether_we_can_listen_and_speak(tmp_path: Path) -> None:
    found = await checkup.speech(settings_of(tmp_path))
    assert (found.health, "ELEVENLABS_API_KEY" in found.remedy) == (Health.MISSING, True)
    async with stand_in() as service:
        base = {"ELEVENLABS_BASE_URL": service.url}
        found = await checkup.speech(settings_of(tmp_path, ELEVENLABS_API_KEY=service.key, **base))
        assert found.health is Health.OK
        found = await checkup.speech(settings_of(tmp_path, ELEVENLABS_API_KEY="hush", **base))
    assert (found.health, "refused the API key" in found.about, "hush" in str(found)) == (Health.BROKEN, True, False)
