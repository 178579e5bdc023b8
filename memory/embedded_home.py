"""The folder of an embedded PostgreSQL: its data, its log, and what they tell of a server that runs or cannot run."""

from __future__ import annotations

import contextlib
import fcntl
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from memory.cradle import NO_NAMESPACE

MAJOR = "18"
LOG_BYTES = 5_000_000


class NotStarted(Exception):
    """The embedded PostgreSQL cannot run here; the message says why and what to do about it."""


class Home:
    """The folders of one server: its data, its log, and what its own pid file tells of it."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.folder, self.durable = folder.resolve(), durable
        self.data, self.log = self.folder / "postgres", self.folder / "postgres.log"

    def prepare(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
                self.log.replace(self.log.with_suffix(".log.1"))
            self.log.touch(mode=0o600)
        except OSError as error:
            raise NotStarted(explain(str(error), self)) from error
        version = self.data / "PG_VERSION"
        if version.exists() and (found := version.read_text().strip()) != MAJOR:
            raise NotStarted(
                f"The data in {self.data} belong to PostgreSQL {found}, this Aurelius brings PostgreSQL {MAJOR}. "
                f"Back them up with the Aurelius that wrote them and restore them here, or set DATABASE_URL."
            )

    def running(self) -> tuple[int, Path | None]:
        """(pid, socket folder) by the server's own pid file; (0, None) when there is none or it is stale."""
        # https://www.postgresql.org/docs/18/storage-file-layout.html: pid, data, start, port, socket folder ...
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            pid = int(lines[0])
        except (OSError, ValueError, IndexError):
            return 0, None
        if not _is_server(pid, self.data):
            return 0, None
        return pid, Path(lines[4]) if len(lines) > 4 and lines[4] else None

    @contextlib.contextmanager
    def starting(self) -> Iterator[bool]:
        """True for the one process that may start the server now; the kernel frees the lock when that process dies."""
        with (self.folder / "postgres.starting").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def tail(self, start: int) -> str:
        """What was logged since the log had `start` bytes."""
        with self.log.open("rb") as handle:
            handle.seek(start)
            return handle.read(20_000).decode(errors="replace")


def _is_server(pid: int, data: Path) -> bool:
    """Whether this process lives and is the server of `data`; numbers are used again, in containers within seconds."""
    try:
        if sys.platform == "linux":
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            command = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
        else:
            ps = ["/bin/ps", "-o", "stat=,command=", "-p", str(pid)]
            shown = subprocess.run(ps, capture_output=True, text=True, timeout=5, check=False)  # noqa: S603
            state, _, command = shown.stdout.strip().partition(" ")
    except (OSError, subprocess.TimeoutExpired):
        return False
    return not state.startswith("Z") and str(data) in command


REASONS = {
    r"No space left on device|Disk quota exceeded": "The disk is full: there is no room for the database in {folder}.",
    r"Permission denied|Read-only file system|Not a directory|File exists": "Cannot write to {folder}. "
    "Make it a folder that is yours, or set AURELIUS_DATA_DIR to another one.",
    r"user namespace": "PostgreSQL does not run as root, and this system forbids user namespaces. "
    "Run Aurelius as an ordinary user, or set DATABASE_URL.",
}


def explain(said: str, home: Home, status: int | None = None) -> str:
    """A server's or the system's complaint in a person's words."""
    if status == NO_NAMESPACE:
        said = "user namespace"
    for pattern, words in REASONS.items():
        if re.search(pattern, said):
            return words.format(folder=home.folder)
    return f"PostgreSQL did not start. See {home.log}, it ends with: {said.strip()[-300:] or 'nothing'}"
