"""Memory and processor time of a process and its children, from Linux' /proc."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """`rss` and `pss` in bytes (what it has mapped; the same with shared pages divided among their users), `cpu` in
    seconds since its start."""

    pid: int
    command: str
    rss: int
    pss: int
    cpu: float


def tree(root: int) -> list[Process]:
    """The process and all that it started, without PostgreSQL."""
    return [found for pid in _family(root) if "postgres" not in (found := _process(pid)).command]


def _family(root: int) -> Iterator[int]:
    yield root
    for task in (PROC / str(root) / "task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child))


def _process(pid: int) -> Process:
    folder = PROC / str(pid)
    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    rolled = (folder / "smaps_rollup").read_text().splitlines()
    sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in rolled if line.endswith("kB")}
    after_name = (folder / "stat").read_text().rpartition(")")[2].split()
    cpu = (int(after_name[11]) + int(after_name[12])) / TICKS
    return Process(pid=pid, command=command, rss=sizes["Rss"], pss=sizes["Pss"], cpu=cpu)
