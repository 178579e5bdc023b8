"""From nothing to the first answer, and what the processes weigh then."""

from __future__ import annotations

from pathlib import Path

from benchmarks.assistant import claude_at, running, terminal
from benchmarks.processes import MEGABYTE, Process, tree
from benchmarks.table import Row
from tests.talk import offline_model

READY, FIRST, WEIGHT = 2.0, 1.0, 150


async def measure(folder: Path) -> list[Row]:
    """The first start makes the database; the second is what an update or a restart is like."""
    rows = []
    async with running(folder / "data") as fresh:
        rows.append(Row(what="first start, database made, offline model: to ready", measured=f"{fresh.ready:.2f} s"))
    async with running(folder / "data") as again, terminal(again) as talk:
        first = await talk.answered("hi")
        processes = tree(again.pid)
        bar = Row(
            what="start to ready",
            measured=f"{again.ready:.2f} s",
            bar=f"< {READY:.0f} s",
            passed=again.ready < READY,
        )
        rows += [bar, _first(first), _weight(processes[:1])]
        rows += [_offline(process) for process in processes[1:]]
    async with offline_model() as lab, running(folder / "data", **claude_at(lab.url)) as keyed, terminal(keyed) as talk:
        await talk.answered("hi")
        rows.append(_weight(tree(keyed.pid), "with a Claude key: "))
    return rows


def _first(seconds: float) -> Row:
    return Row(
        what="from ready to the first answer, said at once",
        measured=f"{seconds:.2f} s",
        bar=f"< {FIRST:.0f} s",
        passed=seconds < FIRST,
    )


def _weight(processes: list[Process], when: str = "") -> Row:
    pss, rss = (sum(getattr(process, kind) for process in processes) / MEGABYTE for kind in ("pss", "rss"))
    return Row(
        what=f"{when}memory after one answer, without PostgreSQL, PSS / RSS",
        measured=f"{pss:.0f} / {rss:.0f} MB",
        bar=f"< {WEIGHT} MB",
        passed=pss < WEIGHT,
    )


def _offline(process: Process) -> Row:
    size = f"{process.pss / MEGABYTE:.0f} / {process.rss / MEGABYTE:.0f} MB"
    return Row(what="the offline model's own process, PSS / RSS", measured=size)
