"""The embedded PostgreSQL: who starts it, who shares it, how it ends, and what it says when it cannot run."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest

from memory import embedded
from memory.embedded import Embedded, NotStarted

SCRIPT = Path(__file__).with_name("embedded_process.py")
CRADLE = Path(embedded.__file__).with_name("cradle.py")
linux = pytest.mark.skipif(sys.platform != "linux", reason="namespaces and death signals are Linux's")


async def ask(url: str, question: str) -> Any:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""), timeout=5)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def until(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def lives(pid: int) -> bool:
    try:
        return not Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].strip().startswith("Z")
    except FileNotFoundError:
        return False


@asynccontextmanager
async def starter(folder: Path, *prefix: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, Any]]]:
    """A process that starts a server, and what it printed; it stops the server when we leave."""
    here = {**os.environ, "PYTHONPATH": str(SCRIPT.parent.parent)}
    made = await asyncio.create_subprocess_exec(
        *prefix, sys.executable, str(SCRIPT), str(folder), env=here, stdin=-1, stdout=-1
    )
    assert made.stdout is not None
    assert made.stdin is not None
    try:
        yield made, json.loads(await asyncio.wait_for(made.stdout.readline(), 60))
    finally:
        made.stdin.close()
        await asyncio.wait_for(made.wait(), 15)
        made._transport.close()  # type: ignore[attr-defined]


async def test_the_application_is_no_superuser_and_has_vectors_and_the_whole_alphabet(
    postgres: Embedded, database_url: str
) -> None:
    assert await ask(database_url, "SELECT current_user") == "aurelius"
    assert not await ask(database_url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    assert await ask(database_url, "SELECT '[1,2]'::vector <-> '[1,3]'::vector") == 1.0
    assert await ask(database_url, "SELECT lower('ÄÉÖ')") == "äéö"
    assert postgres.url.endswith(postgres.url_of("aurelius").rpartition("@")[2])
    assert await ask(postgres.url, "SELECT current_database()") == "aurelius"


async def test_a_second_process_shares_the_running_server_and_leaves_it_running(tmp_path: Path) -> None:
    first = await embedded.start(tmp_path, durable=False)
    async with starter(tmp_path) as (_, second):
        assert second == {"owned": False, "pid": first.pid, "url": first.url}
    assert await ask(first.url, "SELECT 1") == 1
    await first.stop()
    assert first.pid == 0


async def test_two_that_start_at_once_get_one_server(tmp_path: Path) -> None:
    async with starter(tmp_path) as (_, one), starter(tmp_path) as (_, other):
        assert one["pid"] == other["pid"]
        assert {one["owned"], other["owned"]} == {True, False}


@linux
async def test_the_server_dies_with_its_starter_and_the_next_one_recovers_the_data(tmp_path: Path) -> None:
    async with starter(tmp_path) as (process, first):
        await ask(first["url"], "CREATE TABLE kept AS SELECT 42 AS answer")
        process.kill()
        await until(lambda: not lives(first["pid"]))
    again = await embedded.start(tmp_path, durable=False)
    assert await ask(again.url, "SELECT answer FROM kept") == 42
    await again.stop()


async def test_a_server_that_was_killed_is_started_again(tmp_path: Path) -> None:
    server = await embedded.start(tmp_path, durable=False)
    killed = server.pid
    os.kill(killed, signal.SIGKILL)
    await until(lambda: server.pid not in (0, killed))
    async with asyncio.timeout(15):
        while not await embedded._answers(server._socket):
            await asyncio.sleep(0.02)
    await server.stop()


async def test_a_pid_file_with_the_number_of_another_program_does_not_stop_us(tmp_path: Path) -> None:
    await (await embedded.start(tmp_path, durable=False)).stop()
    stale = f"{os.getpid()}\n{tmp_path / 'postgres'}\n1\n5432\n/nowhere\n\n"
    (tmp_path / "postgres" / "postmaster.pid").write_text(stale)
    server = await embedded.start(tmp_path, durable=False)
    assert server.owned
    await server.stop()


async def test_a_first_start_that_was_cut_off_is_begun_anew(tmp_path: Path) -> None:
    half = tmp_path / "postgres.123.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    server = await embedded.start(tmp_path, durable=False)
    assert not half.exists()
    await server.stop()


@linux
async def test_an_ordinary_user_needs_no_namespace(tmp_path: Path) -> None:
    # The cradle makes root an ordinary user, so that this runs as one whoever runs the tests.
    as_ordinary = (sys.executable, str(CRADLE), str(os.getpid()))
    async with starter(tmp_path, *as_ordinary) as (_, found):
        assert found["owned"]


async def test_data_of_another_version_are_refused(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(NotStarted, match="belong to PostgreSQL 17"):
        await embedded.start(tmp_path)


async def test_a_folder_that_is_none_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotStarted, match=r"Cannot write to .*AURELIUS_DATA_DIR"):
        await embedded.start(tmp_path / "file")


async def test_settings_for_another_postgresql_in_the_environment_do_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "5999")
    monkeypatch.setenv("PGHOST", "db.example.com")
    monkeypatch.setenv("PGDATA", "/nowhere")
    server = await embedded.start(tmp_path, durable=False)
    assert await ask(server.url, "SELECT 1") == 1
    await server.stop()


async def test_it_is_only_started_from_the_main_thread(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="main thread"):
        await asyncio.to_thread(lambda: asyncio.run(embedded.start(tmp_path)))


needs_unshare = pytest.mark.skipif(not shutil.which("unshare"), reason="needs util-linux")


@linux
@needs_unshare
async def test_a_full_disk_is_explained(tmp_path: Path) -> None:
    small = f"mount -t tmpfs -o size=10m none {tmp_path} && exec"
    async with starter(tmp_path, "unshare", "-rm", "sh", "-c", f'{small} "$@"', "sh") as (_, found):
        assert "disk is full" in found["why"]
        assert str(tmp_path) in found["why"]


@linux
@needs_unshare
async def test_root_without_user_namespaces_is_told_what_to_do(tmp_path: Path) -> None:
    none = "echo 0 > /proc/sys/user/max_user_namespaces && exec"
    async with starter(tmp_path, "unshare", "-r", "sh", "-c", f'{none} "$@"', "sh") as (_, found):
        assert "Run Aurelius as an ordinary user, or set DATABASE_URL" in found["why"]
