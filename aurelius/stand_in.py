"""Keeps a stand-in of `lab/` running: a process of its own, on one loopback port for as long as we live."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from pathlib import Path

import structlog

from aurelius.trouble import Trouble

log = structlog.get_logger(__name__)

ROOT = Path(__file__).parents[1]  # where `lab` is found, in a checkout as in site-packages
READY_SECONDS = 30.0
STOP_SECONDS = 2.0
LONGEST_PAUSE = 5.0  # between two tries to bring it back
LISTENING = re.compile(rb"listening on (http://[\d.]+:(\d+))")


class StandIn:
    """`spawn`, then `ready` for its address; from then on it is brought back when it dies, on the same port.

    `name` with `arguments` is what `python -m lab` is called with; `otherwise` tells what helps when it does not start.
    """

    def __init__(self, name: str, *arguments: str, otherwise: str = "See the log.") -> None:
        self._name = name
        self._arguments = arguments
        self._otherwise = otherwise
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._port = "0"

    @property
    def pid(self) -> int:
        return 0 if self._process is None else self._process.pid

    async def spawn(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "lab", self._name, *self._arguments),
            "--port",
            self._port,
            cwd=ROOT,
            env={"PATH": os.environ.get("PATH", os.defpath)},  # none of our secrets
            stdin=asyncio.subprocess.PIPE,  # its end tells the child that we are gone
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us; we stop it in our own order
        )

    async def ready(self) -> str:
        """Its address. Raises Trouble when it does not come up."""
        url = await self._address()
        if url is None:
            raise Trouble(f"`python -m lab {self._name}` did not start. {self._otherwise}")
        self._watch = asyncio.create_task(self._keep_running(), name=f"keep {self._name} running")
        return url

    async def stop(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        await self._end()

    async def _address(self) -> str | None:
        stdout = None if self._process is None else self._process.stdout
        if stdout is None:
            raise RuntimeError("spawn first")
        try:
            line = await asyncio.wait_for(stdout.readline(), READY_SECONDS)
        except TimeoutError:
            return None
        found = LISTENING.search(line)
        if found is None:
            return None
        self._port = found[2].decode()
        return found[1].decode()

    async def _keep_running(self) -> None:
        pause = 0.1
        while self._process is not None:
            status = await self._process.wait()
            log.error("stand_in_died", name=self._name, status=status)
            await asyncio.sleep(pause)
            await self.spawn()
            if await self._address() is None:
                pause = min(pause * 2, LONGEST_PAUSE)
                await self._end()
            else:
                pause = 0.1

    async def _end(self) -> None:
        if self._process is None or self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            # Not terminate(): it may reap the child under the event loop's nose.
            os.kill(self._process.pid, signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


def offline_model() -> StandIn:
    """Who answers without Claude's key."""
    return StandIn("model", otherwise="Set ANTHROPIC_API_KEY to use Claude, or see the log.")
