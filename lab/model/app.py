"""The offline model as an ASGI application: what `api.anthropic.com` answers, answered by rules on loopback.

It speaks `POST /v1/messages` (whole and streamed), `POST /v1/messages/count_tokens` and `GET /v1/models`, and is
strict about what the real service refuses (`refusals`). It leaves out: batches, files, server tools (web search and
fetch are refused by nobody but never used), thinking blocks, stop sequences, context limits and rate limits.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs

from lab.model.answer import MODEL, Written, events, text_block, tool_block
from lab.model.http import Response, read_body, read_json
from lab.model.record import Record, Seen
from lab.model.refusals import Refusal, check, check_key
from lab.model.script import Script
from lab.model.usage import PrefixCache, output_tokens
from lab.rules.mind import answer
from lab.rules.request import Turn, read
from lab.server import Message, Receive, Send

CHUNK = 24  # characters of a piece of a stream, when nobody asks for another size
PIECES = 20  # a paced answer comes in about this many
LINES = (("claude-haiku-5-5", "haiku"), ("claude-sonnet-5-5", "sonnet"), ("claude-opus-5-5", "opus"))


class OfflineModel:
    def __init__(self, latency: float = 0.0) -> None:
        self.latency = latency
        self.cache = PrefixCache()
        self.script = Script()
        self.record = Record()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        response = Response(receive, send)
        try:
            await self._route(scope, receive, response)
        except Refusal as refusal:
            await response.json(refusal.body() | {"request_id": response.id}, status=refusal.status)
        finally:
            response.close()

    async def _route(self, scope: Message, receive: Receive, response: Response) -> None:
        match scope["method"], scope["path"]:
            case "POST", "/v1/messages":
                await self._messages(scope, receive, response)
            case "POST", "/v1/messages/count_tokens":
                check_key(_headers(scope))
                body = read_json(await read_body(scope, receive))
                check(body, counting=True)
                await response.json({"input_tokens": sum(PrefixCache().measure(body).values())})
            case "GET", "/v1/models":
                check_key(_headers(scope))
                await response.json(_models())
            case "GET", "/lab/requests":
                since = parse_qs(scope["query_string"].decode()).get("since", ["0"])[0]
                await response.json(self.record.views(int(since) if since.isdigit() else 0))
            case "POST", "/lab/script":
                self.script.add(read_json(await read_body(scope, receive)))
                await response.json({"ok": True})
            case "POST", "/lab/reset":
                self.cache, self.script = PrefixCache(), Script()
                self.record.clear()
                await response.json({"ok": True})
            case _:
                raise Refusal(status=404, kind="not_found_error", message="Not found")

    async def _messages(self, scope: Message, receive: Receive, response: Response) -> None:
        check_key(_headers(scope))
        raw = await read_body(scope, receive)
        began = time.monotonic()
        seen = self.record.begin(scope["path"], raw)
        try:
            body = read_json(raw)
            check(body)
            await self._reply(body, raw, response, seen, began)
        except Refusal as refusal:
            seen.status = refusal.status
            raise

    async def _reply(self, body: dict[str, Any], raw: bytes, response: Response, seen: Seen, began: float) -> None:
        turn = read(body)
        facts = {"text": turn.text, "anywhere": raw.decode(errors="replace")}
        reply = self.script.take(facts | {"tools": bool(turn.tools), "results": bool(turn.results)})
        if "delay" in reply and not await response.pause(float(reply["delay"])):
            seen.left = time.time()
            return
        seen.status = int(reply.get("status", 200))
        if seen.status != 200:
            seen.completed = time.time()
            wrong = Refusal(kind=reply.get("kind", "api_error"), message=reply.get("message", "scripted"))
            await response.json(wrong.body(), status=seen.status, retry_after=reply.get("retry_after"))
            return
        written = self._write(body, turn, reply, response)
        await Delivery(written, reply, float(reply.get("latency", self.latency)), began).run(body, response, seen)

    def _write(self, body: dict[str, Any], turn: Turn, reply: dict[str, Any], response: Response) -> Written:
        said = reply if {"text", "tools", "blocks"} & set(reply) else answer(turn)
        blocks = list(said.get("blocks", ()))
        blocks += [text_block(said["text"])] if said.get("text") else []
        blocks += [tool_block(tool["name"], tool.get("input", {})) for tool in said.get("tools", ())]
        pre_warm = body["max_tokens"] == 0
        blocks = [] if pre_warm else blocks
        calls = any(block["type"] == "tool_use" for block in blocks)
        usage = self.cache.measure(body) | {"output_tokens": 0 if pre_warm else output_tokens(blocks)}
        usage |= {"service_tier": "standard"} | reply.get("usage", {})
        stop = reply.get("stop_reason") or ("tool_use" if calls else "end_turn")
        ours = f"msg_{response.id[4:]}"
        return Written(blocks=tuple(blocks), usage=usage, stop=stop, id=ours, broken=bool(reply.get("broken")))


class Delivery:
    """One answer on its way out: at once, or paced over a given time, or broken off."""

    def __init__(self, written: Written, reply: dict[str, Any], latency: float, began: float) -> None:
        self.written, self.reply, self.latency, self.began = written, reply, latency, began

    async def run(self, body: dict[str, Any], response: Response, seen: Seen) -> None:
        done = await (self._stream(response) if body.get("stream") else self._whole(response))
        if done:
            seen.completed = time.time()
        else:
            seen.left = time.time()

    async def _whole(self, response: Response) -> bool:
        if self.latency and not await response.pause(self.began + self.latency - time.monotonic()):
            return False
        if "cut_after" in self.reply:
            await response.start(b"application/json")
            await response.part(b'{"id": "msg_')
            return False
        await response.json(self.written.body())
        return True

    async def _stream(self, response: Response) -> bool:
        size = sum(len(str(block.get("text") or block.get("input"))) for block in self.written.blocks)
        chunk = int(self.reply.get("chunk") or (max(size // PIECES, 1) if self.latency else CHUNK))
        parts = list(events(self.written, max(chunk, 1)))
        gap = float(self.reply.get("gap_ms", 0)) / 1000
        await response.start(b"text/event-stream; charset=utf-8")
        if not (gap or self.latency or "cut_after" in self.reply):
            await response.part(b"".join(parts))  # nobody waits: one write
        else:
            for n, part in enumerate(parts):
                if n >= self.reply.get("cut_after", len(parts)):
                    return False
                due = self.began + self.latency * (n + 1) / len(parts) + gap * n
                if not await response.pause(due - time.monotonic()):
                    return False
                await response.part(part)
        await response.end()
        return True


def _headers(scope: Message) -> dict[str, str]:
    return {name.decode("latin-1").lower(): inside.decode("latin-1") for name, inside in scope["headers"]}


def _models() -> dict[str, Any]:
    """One model per line, so that a router which goes by line and lifecycle finds all its classes."""
    data = [_model(name, line) for name, line in (*LINES, (MODEL, None))]
    return {"data": data, "has_more": False, "first_id": data[0]["id"], "last_id": data[-1]["id"]}


def _model(name: str, line: str | None) -> dict[str, Any]:
    return {
        "type": "model",
        "id": name,
        "display_name": f"{name} (answered by the offline model)",
        "created_at": "2026-01-01T00:00:00Z",
        "lifecycle": "active",
        "line": line,
        "max_input_tokens": 1_000_000,
        "max_tokens": 128_000,
    }
