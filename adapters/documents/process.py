"""The process that reads one file: started for it, bounded in time and memory, and gone afterwards.

It is `python -m adapters.documents`, with the file as its standard input. It writes a line of JSON for each page and
one at the end. Whatever a hostile file does to it, this process here only sees fewer lines."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from pathlib import Path

import structlog

from bot.records import Page, Reading

ROOT = Path(__file__).parents[2]  # where `adapters` is found, in a checkout as in site-packages
SECONDS = 60.0  # for one file
LONGEST_LINE = 16 * 1024 * 1024  # bytes of JSON
AT_ONCE = asyncio.Semaphore(2)  # files that are read side by side
DAMAGED = "It is damaged, or so large inside that I cannot open it."
SLOW = "Reading it took too long, so I stopped after {pages}."
log = structlog.get_logger()


async def read(content: bytes, *, seconds: float = SECONDS) -> Reading:
    """The pages of a file. `problem` says, as sentences for a person, why there are none, or not all."""
    async with AT_ONCE:
        with tempfile.TemporaryFile() as file:  # no name: gone with us
            await asyncio.to_thread(file.write, content)
            file.seek(0)
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "adapters.documents"),
                cwd=ROOT,
                env={"PATH": os.environ.get("PATH", os.defpath)},  # none of our secrets
                stdin=file,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=LONGEST_LINE,
                start_new_session=True,  # Ctrl-C is for us; we end it ourselves
            )
        try:
            return await _pages(process, seconds)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _pages(process: asyncio.subprocess.Process, seconds: float) -> Reading:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    pages: list[Page] = []
    try:
        async with asyncio.timeout(seconds):
            async for line in process.stdout:
                told = json.loads(line)
                if "problem" in told:
                    return Reading(pages=tuple(pages), problem=told["problem"])
                pages.append(Page(label=told["label"], text=told["text"]))
    except TimeoutError:
        count = f"{len(pages)} pages" if pages else "a while"
        return Reading(pages=tuple(pages), problem=SLOW.format(pages=count))
    log.warning("file_reader_broke_off", pages=len(pages), status=await process.wait())
    return Reading(pages=tuple(pages), problem=DAMAGED)
