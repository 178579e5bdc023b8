"""A stand-in of ClamAV's `clamd` on loopback: PING and INSTREAM as its manual page has them, each with its z.

It finds what the EICAR test file begins with, and takes no more than `largest` bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

VIRUS = b"X5O!P%@AP[4"
NAME = "Eicar-Test-Signature"


@dataclass
class Clamd:
    largest: int = 26_214_400
    address: str = ""
    scanned: list[bytes] = field(default_factory=list)
    deaf: bool = False  # takes everything and says nothing

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            command = await reader.readuntil(b"\0")
            if not self.deaf:
                writer.write(await self._answer(command, reader) + b"\0")
                await writer.drain()
            else:
                await reader.read()
        finally:
            writer.close()

    async def _answer(self, command: bytes, reader: asyncio.StreamReader) -> bytes:
        if command == b"zPING\0":
            return b"PONG"
        if command != b"zINSTREAM\0":
            return b"UNKNOWN COMMAND"
        content = b""
        while size := int.from_bytes(await reader.readexactly(4), "big"):
            if len(content) + size > self.largest:
                return b"INSTREAM size limit exceeded. ERROR"
            content += await reader.readexactly(size)
        self.scanned.append(content)
        return f"stream: {NAME} FOUND".encode() if VIRUS in content else b"stream: OK"


@asynccontextmanager
async def clamd(path: str | None = None, *, largest: int = 26_214_400) -> AsyncIterator[Clamd]:
    """On a free port, or on the socket at `path`."""
    daemon = Clamd(largest=largest)
    if path is None:
        server = await asyncio.start_server(daemon.serve, "127.0.0.1", 0)
        daemon.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    else:
        server = await asyncio.start_unix_server(daemon.serve, path)
        daemon.address = path
    async with server:
        yield daemon
