"""A warm "hi" from the terminal, a model that takes no time: to the answer's row, against the bare handler."""

from __future__ import annotations

from pathlib import Path

from benchmarks import bare
from benchmarks.assistant import claude_at, running, terminal
from benchmarks.processes import tree
from benchmarks.table import Row, ms, percentile
from tests.talk import offline_model

WARM_UP, TIMES = 10, 100
BYTES = 12_000


async def measure(folder: Path) -> list[Row]:
    """Ours and the floor in turn, so that what else the machine does hits both."""
    ours, floor = list[float](), list[float]()
    async with (
        offline_model() as lab,
        running(folder / "hi", **claude_at(lab.url)) as assistant,
        terminal(assistant) as talk,
        bare.bare_handler(lab.url) as client,
    ):
        cpu = 0.0
        for number in range(WARM_UP + TIMES):
            if number == WARM_UP:
                cpu = _cpu(assistant.pid)
            mine, theirs = await talk.answered("hi"), await bare.answered(client, "hi")
            if number >= WARM_UP:
                ours.append(mine)
                floor.append(theirs)
        spent = (_cpu(assistant.pid) - cpu) / TIMES
        size = next(one["size"] for one in await lab.requests() if one["body"].get("tools"))
    return [_hi(ours, floor), _spent(spent), _size(size)]


def _cpu(pid: int) -> float:
    return sum(process.cpu for process in tree(pid))


def _hi(ours: list[float], floor: list[float]) -> Row:
    half, floor_half = percentile(ours, 0.5), percentile(floor, 0.5)
    return Row(
        what="warm “hi” in the web chat, model at zero latency, p50 / p90",
        measured=f"{ms(half)} / {ms(percentile(ours, 0.9))}",
        bar="< 2 x the bare handler",
        floor=f"{ms(floor_half)} / {ms(percentile(floor, 0.9))}",
        ratio=half / floor_half,
        passed=half < 2 * floor_half,
    )


def _spent(seconds: float) -> Row:
    return Row(what="processor time of a “hi” (all of ours, the shown events included)", measured=ms(seconds))


def _size(size: int) -> Row:
    return Row(
        what="bytes sent to the model for “hi”, with every skill",
        measured=f"{size:,}",
        bar=f"< {BYTES:,}",
        passed=size < BYTES,
    )
