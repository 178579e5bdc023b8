"""From a fresh clone to the running assistant: `make run` without a virtual environment, with a warm package cache."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

from benchmarks.assistant import SECONDS, wait_until_ready
from benchmarks.table import Row

ROOT = Path(__file__).parents[1]
BAR = 30.0


async def measure(folder: Path) -> list[Row]:
    clone = folder / "clone"
    began = time.perf_counter()
    cloning = await asyncio.create_subprocess_exec("git", "clone", "--quiet", str(ROOT), str(clone))
    await cloning.wait()
    process = await asyncio.create_subprocess_exec(
        "make", "run", cwd=clone, stdout=asyncio.subprocess.PIPE, start_new_session=True,
        env=os.environ | {"AURELIUS_DATA_DIR": str(folder / "data"), "AURELIUS_PORT": "0"},
    )  # fmt: skip
    try:
        await asyncio.wait_for(wait_until_ready(process), 4 * SECONDS)
        seconds = time.perf_counter() - began
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        await process.wait()
    bar = f"< {BAR:.0f} s"
    return [
        Row(what="clone to running, no key, warm cache", measured=f"{seconds:.1f} s", bar=bar, passed=seconds < BAR)
    ]
