"""`python -m benchmarks [part ...]`: measure, print the table."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import os
import platform
import sys
import tempfile
from pathlib import Path

from benchmarks.table import Row, markdown

PARTS = ("start", "warm_hi", "telegram", "chats", "crowd", "acknowledgement", "webhooks", "idle", "learning", "storm")
SLOW = ("install",)  # only when named


async def measure(parts: list[str]) -> list[Row]:
    rows: list[Row] = []
    for part in parts:
        print(f"measuring {part} ...", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="aurelius-bench-") as folder:
            rows += await importlib.import_module(f"benchmarks.{part}").measure(Path(folder))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, *SLOW, []], help="default: all but install")
    chosen = parser.parse_args().parts or list(PARTS)
    busy = os.getloadavg()[0]
    print(markdown(asyncio.run(measure(chosen))))
    print(f"\n{os.cpu_count()} cores, Python {platform.python_version()}; load before {busy:.1f}, at the end", end=" ")
    print(f"{os.getloadavg()[0]:.1f}. What else the machine does is in every time above; the ratios feel it less.")


if __name__ == "__main__":
    main()
