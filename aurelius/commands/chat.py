"""Talk to the assistant here in the terminal. When none is running, one is started, and stopped at the end."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from aurelius import instance
from aurelius.commands.arguments import parser_of, read_settings
from aurelius.ground import open_data_dir
from aurelius.instance import Instance
from aurelius.trouble import Trouble

STOP_SECONDS = 10.0


def main(argv: list[str]) -> int:
    parser = parser_of(__name__, __doc__)
    parser.add_argument("-m", "--message", help="send this one message, print the answer and any card, and end")
    chosen = parser.parse_args(argv)
    folder = open_data_dir(read_settings())
    running = instance.find(folder)
    if running is not None:
        return _talk(running, chosen.message)
    with _started(folder) as started:
        return _talk(started, chosen.message)


def _talk(running: Instance, message: str | None) -> int:
    from adapters.chat.terminal import chat

    return asyncio.run(chat(running.url, running.token, message))


@contextmanager
def _started(folder: Path) -> Iterator[Instance]:
    """An assistant that lives as long as this block; it also ends when we are killed, because its stdin closes."""
    command = [sys.executable, "-m", "aurelius", "run", "--until-stdin-closes"]
    with tempfile.TemporaryFile("w+") as errors:  # not a pipe: nobody would empty it while we talk
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
        )
        try:
            yield _when_ready(process, folder, errors)
        finally:
            _end(process)


def _when_ready(process: subprocess.Popen[str], folder: Path, errors: IO[str]) -> Instance:
    first = process.stdout.readline() if process.stdout else ""  # the welcome, or nothing when it failed
    running = instance.find(folder) if first else None
    if running is None:
        _end(process)
        errors.seek(0)
        raise Trouble(f"The assistant did not start.\n{errors.read()[-2000:].strip()}")
    return running


def _end(process: subprocess.Popen[str]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
