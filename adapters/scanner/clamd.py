"""A client of `clamd`, which looks for viruses: one connection for one question, as its manual page describes.

INSTREAM: pieces of the content, each after its length (4 bytes, big-endian); a length of zero ends them. The answer is
"stream: OK", "stream: NAME FOUND", or what went wrong.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

PIECE = 65_536  # bytes
LONGEST_ANSWER = 4_096  # bytes
SECONDS = 30.0  # for one question, the scan included


class Unscanned(Exception):
    """Nobody looked at it; the message is for the log and the doctor."""


class Scanner:
    """Asks the `clamd` at `address`: `host:port`, or the path of its socket."""

    def __init__(self, address: str, *, seconds: float = SECONDS) -> None:
        self._address, self._seconds = address, seconds

    async def scan(self, content: bytes) -> str | None:
        """The name of what was found; None when the content is clean. Raises Unscanned."""
        pieces = [content[begin : begin + PIECE] for begin in range(0, len(content), PIECE)]
        stream = b"".join(len(piece).to_bytes(4, "big") + piece for piece in [*pieces, b""])
        answer = await self._ask(b"zINSTREAM\0" + stream)
        about = answer.removeprefix("stream: ")
        if about == "OK":
            return None
        if about.endswith(" FOUND"):
            return about.removesuffix(" FOUND")
        raise Unscanned(f"clamd did not scan it: {answer[:200]}")

    async def ping(self) -> None:
        """Raises Unscanned when nobody answers."""
        if (answer := await self._ask(b"zPING\0")) != "PONG":
            raise Unscanned(f"what answers is not clamd: {answer[:200]}")

    async def _ask(self, question: bytes) -> str:
        try:
            async with asyncio.timeout(self._seconds), self._connection() as (reader, writer):
                # Over its size limit clamd answers and hangs up while we still write: the answer is there to be read.
                with contextlib.suppress(ConnectionError):
                    writer.write(question)
                    await writer.drain()
                answer = await reader.readuntil(b"\0")
        except (OSError, TimeoutError, EOFError, asyncio.LimitOverrunError) as error:
            raise Unscanned(f"clamd at {self._address} does not answer: {type(error).__name__}") from error
        return answer.rstrip(b"\0").decode("utf-8", "replace").strip()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        host, _, port = self._address.rpartition(":")
        if self._address.startswith("/"):
            reader, writer = await asyncio.open_unix_connection(self._address, limit=LONGEST_ANSWER)
        elif host and port.isdecimal():
            reader, writer = await asyncio.open_connection(host.strip("[]"), int(port), limit=LONGEST_ANSWER)
        else:
            raise Unscanned(f"{self._address!r} is neither host:port nor the path of a socket")
        try:
            yield reader, writer
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
