"""`aurelius` as its owner runs it: a process with a data folder of its own, which can be killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

START = 60.0  # seconds, on a busy machine


@dataclass
class Program:
    folder: Path
    environment: dict[str, str]

    @classmethod
    def in_folder(cls, folder: Path, **settings: str) -> Program:
        """`settings` as the environment names them; nothing else of this process's environment reaches it."""
        names = ("PATH", "HOME", "LANG")
        inherited = {name: os.environ[name] for name in names if name in os.environ}
        return cls(folder, inherited | {"AURELIUS_DATA_DIR": str(folder / "data"), "AURELIUS_PORT": "0"} | settings)

    async def _spawn(self, *arguments: str) -> asyncio.subprocess.Process:
        with (self.folder / "stderr").open("ab") as errors:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", "aurelius", *arguments,
                env=self.environment, stdout=asyncio.subprocess.PIPE, stderr=errors,
            )  # fmt: skip

    async def run(self, *arguments: str) -> str:
        process = await self._spawn(*arguments)
        said, _ = await asyncio.wait_for(process.communicate(), START)
        assert process.returncode == 0, said
        return said.decode()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """`aurelius run`, from the moment it says that it is ready; killed at the end, if it still runs."""
        process = await self._spawn("run")
        try:
            assert process.stdout is not None
            said = await asyncio.wait_for(process.stdout.readline(), START)
            assert said, (self.folder / "stderr").read_text()
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()


async def killed(process: asyncio.subprocess.Process) -> None:
    """With -9, between any two instructions."""
    process.send_signal(signal.SIGKILL)
    await process.wait()
