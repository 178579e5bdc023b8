"""A backup: one private file with the whole database and the key that opens the secrets in it."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import tarfile
import tempfile
import zlib
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from urllib.parse import unquote

from aurelius.ground import database
from aurelius.settings import Settings
from aurelius.trouble import Trouble

DATABASE, KEYS, ABOUT = "database.sql", "secret-keys", "about.json"
SMALL = 100_000  # bytes: what the keys and the description may have
DUMP_SECONDS = 3600.0
# A newer pg_dump sets it, a server before version 17 does not know it.
HEADER_LINES = 50
UNKNOWN_TO_OLD_SERVERS = b"SET transaction_timeout = 0;\n"


async def backup(settings: Settings, folder: Path) -> Path:
    """Write a backup into `folder` and return its path (mode 0600). The assistant may be running. Raises Trouble."""
    from memory.vault import KEY_FILE

    made = datetime.now(UTC)
    path = folder / f"aurelius-{made:%Y-%m-%d-%H%M%S}.tar.gz"
    about = json.dumps({"version": version("aurelius"), "made_at": made.isoformat()}).encode()
    with tempfile.TemporaryDirectory(dir=_writable(folder), prefix=".backup-") as scratch:
        dump, fresh = Path(scratch) / DATABASE, Path(scratch) / "backup.tar.gz"
        async with database(settings) as url:
            # Another role may own the target, and extensions are the superuser's business.
            await _run("pg_dump", url, "--clean", "--if-exists", "--no-owner", "--no-privileges",
                       "--exclude-extension=*", f"--file={dump}")  # fmt: skip
        await asyncio.to_thread(_pack, fresh, dump, settings.data_dir / KEY_FILE, about)
        fresh.replace(path)
    return path


async def restore(settings: Settings, path: Path) -> None:
    """Put the backup in the place of everything that is there: all of it or, when that fails, nothing. Raises Trouble.

    Nothing else may be running on the database."""
    from memory.vault import KEY_FILE

    with tempfile.TemporaryDirectory(dir=_writable(settings.data_dir), prefix=".restore-") as scratch:
        script = Path(scratch) / DATABASE
        keys = await asyncio.to_thread(_unpack, path, script)
        async with database(settings) as url:
            await _run("psql", url, "--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1",
                       "--single-transaction", f"--file={script}")  # fmt: skip
    if keys is not None:
        _put_keys(settings.data_dir / KEY_FILE, keys)


async def _run(program: str, url: str, *arguments: str) -> None:
    """One of PostgreSQL's own programs, those of the embedded one."""
    from memory.connect import dsn
    from memory.embedded import binary

    address, password = without_password(dsn(url))
    process = await asyncio.create_subprocess_exec(
        binary(program),
        *arguments,
        f"--dbname={address}",
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.defpath, "LC_ALL": "C", **({"PGPASSWORD": password} if password else {})},
    )
    try:
        _, said = await asyncio.wait_for(process.communicate(), DUMP_SECONDS)
    except TimeoutError:
        process.kill()
        raise Trouble(f"{program} took more than an hour.") from None
    if process.returncode:
        raise Trouble(f"{program} failed: {said.decode(errors='replace').strip()[-1000:]}")


def without_password(address: str) -> tuple[str, str | None]:
    """The address for a command line, which everybody on the machine can read, and the password apart."""
    found = re.match(r"([^:]+://[^:@/]*):([^@/]*)(@.*)", address)
    return (found[1] + found[3], unquote(found[2])) if found else (address, None)


def _pack(path: Path, dump: Path, keys: Path, about: bytes) -> None:
    """The archive: the keys are in it unless they stand in the settings."""
    with (
        os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream,
        tarfile.open(fileobj=stream, mode="w:gz", compresslevel=6) as archive,
    ):
        _add(archive, ABOUT, about)
        if keys.exists():
            _add(archive, KEYS, keys.read_bytes())
        archive.add(dump, DATABASE)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    archive.addfile(member, io.BytesIO(content))


def _unpack(path: Path, script: Path) -> bytes | None:
    """Write the SQL script that restores the database; returns the keys that belong to it. Raises Trouble."""
    try:
        with tarfile.open(path, "r:gz") as archive:
            keys = archive.extractfile(KEYS) if KEYS in archive.getnames() else None
            dump = archive.extractfile(DATABASE)
            if dump is None:
                raise KeyError(DATABASE)
            with script.open("wb") as stream:
                stream.write(_clearing().encode())
                for number, line in enumerate(dump):
                    if number > HEADER_LINES or line != UNKNOWN_TO_OLD_SERVERS:
                        stream.write(line)
            return None if keys is None else keys.read(SMALL)
    except (OSError, KeyError, EOFError, tarfile.TarError, zlib.error) as error:
        raise Trouble(f"{path} is not a backup that `aurelius backup` made: {error}.") from None


def _clearing() -> str:
    """What goes away first: also tables that are newer than the backup."""
    from memory.tables import metadata

    tables = ", ".join(f'"{name}"' for name in metadata.tables)
    return f"DROP SCHEMA IF EXISTS dbos CASCADE;\nDROP TABLE IF EXISTS alembic_version, {tables} CASCADE;\n"


def _put_keys(path: Path, keys: bytes) -> None:
    """The backup's keys in place of ours, which are kept beside them."""
    if path.exists() and path.read_bytes() != keys:
        path.replace(path.with_suffix(".before-restore"))
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(keys)


def _writable(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - only whether it can be made
        probe.close()
    except OSError as error:
        raise Trouble(f"Cannot write to {folder} ({error.strerror}). Choose another folder.") from None
    return folder
