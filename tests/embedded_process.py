"""Starts the embedded PostgreSQL in a process of its own: `python embedded_process.py FOLDER`.

Prints one line of JSON ({"owned", "pid", "url"} or {"why"}), then waits until its input is closed, and stops it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from memory import embedded


async def main(folder: Path) -> None:
    try:
        server = await embedded.start(folder, durable=False)
    except embedded.NotStarted as error:
        print(json.dumps({"why": str(error)}), flush=True)
        return
    print(json.dumps({"owned": server.owned, "pid": server.pid, "url": server.url}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await server.stop()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
