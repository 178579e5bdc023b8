"""The little of HTTP that the stand-in needs over bare ASGI; a framework would double its memory."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

from lab.model.refusals import LARGEST_BODY, Refusal
from lab.server import Message, Receive, Send


async def read_body(scope: Message, receive: Receive) -> bytes:
    """The whole body. Raises Refusal (413) past 32 MB."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST_BODY:
            raise Refusal(status=413, kind="request_too_large", message="Request exceeds the maximum size")
        if not message.get("more_body"):
            return b"".join(parts)


def read_json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError as wrong:
        raise Refusal(message="The request body is not valid JSON") from wrong


class Response:
    """Writes one answer; `gone` is done as soon as the other side has hung up."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._send = send
        self._receive = receive
        self.id = f"req_{uuid.uuid4().hex[:24]}"
        self.gone: asyncio.Task[None] | None = None

    async def json(self, body: Any, status: int = 200, retry_after: float | None = None) -> None:
        raw = json.dumps(body, ensure_ascii=False).encode(errors="replace")
        more = [(b"content-length", str(len(raw)).encode())]
        if retry_after is not None:
            more.append((b"retry-after", str(retry_after).encode()))
        await self.start(b"application/json", status, more)
        await self._send({"type": "http.response.body", "body": raw})

    async def start(self, kind: bytes, status: int = 200, more: list[tuple[bytes, bytes]] | None = None) -> None:
        headers = [(b"content-type", kind), (b"request-id", self.id.encode()), *(more or [])]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def part(self, raw: bytes) -> None:
        await self._send({"type": "http.response.body", "body": raw, "more_body": True})

    async def end(self) -> None:
        await self._send({"type": "http.response.body", "body": b""})

    async def pause(self, seconds: float) -> bool:
        """Waits; False as soon as the other side has gone."""
        if self.gone is None:
            self.gone = asyncio.create_task(self._wait_until_gone())
        done, _ = await asyncio.wait({self.gone}, timeout=max(seconds, 0))
        return not done

    async def _wait_until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def close(self) -> None:
        if self.gone is not None:
            self.gone.cancel()
