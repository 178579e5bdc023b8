"""A strict, scripted stand-in of Claude's Messages API on loopback, for the real client to talk to."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from tests.stand_ins.messages_rules import wrong_body, wrong_headers

KEY = "key-for-tests"
Block = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Says:
    """An answer, streamed. `cut_after`: events after which the connection breaks off. `then_fault`: an error event
    of this type after those. `hold`: waited for before the events from number `cut_after` on."""

    blocks: tuple[Block, ...] = ({"type": "text", "text": "Hello."},)
    stop: str = "end_turn"
    usage: dict[str, Any] = field(default_factory=dict)
    model: str | None = None
    cut_after: int | None = None
    then_fault: str | None = None
    hold: asyncio.Event | None = None


@dataclass(frozen=True, kw_only=True)
class Fault:
    status: int
    kind: str
    headers: dict[str, str] = field(default_factory=dict)
    html: bool = False


def text(*pieces: str, **more: Any) -> Says:
    return Says(blocks=({"type": "text", "text": pieces[0], "pieces": pieces},), **more)


def uses(name: str, arguments: Any, id: str = "toolu_1", **more: Any) -> Says:
    raw = arguments if isinstance(arguments, str) else json.dumps(arguments)
    block = {"type": "tool_use", "id": id, "name": name, "input": {}, "raw": raw}
    return Says(blocks=(block,), **{"stop": "tool_use", **more})


class MessagesApi:
    """`script` what it answers, in order (a plain greeting when there is nothing left); read `bodies`."""

    def __init__(self) -> None:
        self.url = ""
        self.bodies: list[dict[str, Any]] = []
        self.refused: list[str] = []
        self._script: deque[Says | Fault] = deque()

    def reset(self) -> None:
        self.bodies, self.refused, self._script = [], [], deque()

    def script(self, *replies: Says | Fault) -> None:
        self._script.extend(replies)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        raw = b""
        while (part := await receive())["type"] == "http.request":
            raw += part["body"]
            if not part["more_body"]:
                break
        if wrong := wrong_headers(headers, KEY):
            kind = "authentication_error" if wrong[0] == 401 else "invalid_request_error"
            await _fault(send, wrong[0], kind, wrong[1])
        elif scope["path"] == "/v1/models":
            await _json(send, 200, {"data": [], "has_more": False, "first_id": None, "last_id": None})
        else:
            await self._message(send, json.loads(raw))

    async def _message(self, send: Any, body: dict[str, Any]) -> None:
        self.bodies.append(body)
        if wrong := wrong_body(body):
            self.refused.append(wrong)
            await _fault(send, 400, "invalid_request_error", wrong)
            return
        reply = self._script.popleft() if self._script else Says()
        if isinstance(reply, Fault):
            await _fault(send, reply.status, reply.kind, "scripted", reply.headers, reply.html)
        else:
            await self._stream(send, reply, body["model"])

    async def _stream(self, send: Any, reply: Says, model: str) -> None:
        await _start(send, 200, "text/event-stream")
        for number, event in enumerate(_events(reply, model)):
            if number == reply.cut_after:
                if reply.hold:
                    await reply.hold.wait()
                elif reply.then_fault:
                    error = {"type": "error", "error": {"type": reply.then_fault, "message": "scripted"}}
                    await send(_body(_sse(error)))
                    return
                else:
                    return  # the server closes a connection whose answer was not finished
            await send({"type": "http.response.body", "body": _sse(event), "more_body": True})
        await send(_body(b""))


@asynccontextmanager
async def messages_api() -> AsyncIterator[MessagesApi]:
    api = MessagesApi()
    config = uvicorn.Config(api, port=0, log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    api.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield api
    finally:
        await server.shutdown()


def _events(reply: Says, model: str) -> list[dict[str, Any]]:
    usage = {"input_tokens": 100, "output_tokens": 1, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}
    message: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": reply.model or model,
    }
    message |= {"stop_reason": None, "stop_sequence": None, "usage": {**usage, **reply.usage, "output_tokens": 1}}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": message}]
    for index, block in enumerate(reply.blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": _empty(block)})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in _deltas(block, model)]
        events.append({"type": "content_block_stop", "index": index})
    counted = {"output_tokens": 20, **reply.usage}
    events.append({"type": "message_delta", "delta": {"stop_reason": reply.stop}, "usage": counted})
    return [*events, {"type": "message_stop"}]


def _empty(block: Block) -> Block:
    kept = {name: value for name, value in block.items() if name not in ("pieces", "raw", "cites")}
    return kept | {name: "" for name in ("text", "thinking") if name in kept}


def _deltas(block: Block, model: str) -> list[Block]:
    if block["type"] == "text":
        pieces = [{"type": "text_delta", "text": piece} for piece in block.get("pieces", (block["text"],))]
        return pieces + [{"type": "citations_delta", "citation": cite} for cite in block.get("cites", ())]
    if block["type"] == "thinking":
        thought = {"type": "thinking_delta", "thinking": block["thinking"]}
        return [thought, {"type": "signature_delta", "signature": f"signed by {model}"}]
    if "raw" in block:
        half = len(block["raw"]) // 2
        return [{"type": "input_json_delta", "partial_json": raw} for raw in (block["raw"][:half], block["raw"][half:])]
    return []


def _sse(event: dict[str, Any]) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def _body(body: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body}


async def _start(send: Any, status: int, mime: str, headers: dict[str, str] | None = None) -> None:
    pairs = {"content-type": mime, "request-id": "req_1", **(headers or {})}
    sent = [(name.encode(), value.encode()) for name, value in pairs.items()]
    await send({"type": "http.response.start", "status": status, "headers": sent})


async def _json(send: Any, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
    await _start(send, status, "application/json", headers)
    await send(_body(json.dumps(value).encode()))


async def _fault(
    send: Any, status: int, kind: str, message: str, headers: dict[str, str] | None = None, html: bool = False
) -> None:
    if html:
        await _start(send, status, "text/html", headers)
        await send(_body(b"<html>a gateway's page</html>"))
        return
    error = {"type": "error", "error": {"type": kind, "message": message}}
    await _json(send, status, error, headers)
