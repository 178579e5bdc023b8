"""Nothing happens for a while: what that costs."""

from __future__ import annotations

import asyncio
from pathlib import Path

from benchmarks.assistant import claude_at, running, terminal
from benchmarks.processes import tree
from benchmarks.table import Row
from tests.talk import offline_model

SECONDS = 20
CPU = 0.015  # of a core


async def measure(folder: Path) -> list[Row]:
    async with offline_model() as lab, running(folder / "data", **claude_at(lab.url)) as assistant:
        async with terminal(assistant) as talk:
            await talk.answered("hi")
        asked, spent = len(await lab.requests()), _cpu(assistant.pid)
        await asyncio.sleep(SECONDS)
        calls, share = len(await lab.requests()) - asked, (_cpu(assistant.pid) - spent) / SECONDS
    return [
        Row(what=f"model calls in {SECONDS} s of nothing", measured=str(calls), bar="0", passed=calls == 0),
        Row(
            what=f"processor in {SECONDS} s of nothing",
            measured=f"{share:.1%} of a core",
            bar=f"< {CPU:.1%}",
            passed=share < CPU,
        ),
    ]


def _cpu(pid: int) -> float:
    return sum(process.cpu for process in tree(pid))
