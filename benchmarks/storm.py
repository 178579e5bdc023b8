"""The kill storm of the tests, with its figures: it fails when anything is lost, out of order or done twice."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from pathlib import Path

from benchmarks.table import Row

ROOT = Path(__file__).parents[1]
TEST = "tests/test_kill_storm.py"
FIGURES = re.compile(r"(\d+) kills, (\d+) merged; .*: (\d+)")


async def measure(folder: Path) -> list[Row]:
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pytest", "-q", "-s", TEST, f"--basetemp={folder / 'pytest'}",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    figures = FIGURES.search(said.decode(errors="replace"))
    bar = "0 lost, 0 reordered, 0 twice, no kept model call paid again"
    what = "500 messages of 50 people, workers killed at random, PostgreSQL once"
    if process.returncode or figures is None:
        return [Row(what=what, measured="failed: run the test", bar=bar, passed=False)]
    measured = f"{figures[1]} kills in {time.perf_counter() - began:.0f} s: none of these; {figures[3]} model calls "
    return [Row(what=what, measured=f"{measured}cut before their checkpoint", bar=bar, passed=True)]
