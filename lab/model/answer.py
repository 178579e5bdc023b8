"""An answer of the Messages API: whole, or as the events of a stream."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MODEL = "offline-rules-1"  # said in every answer, whatever was asked for
Block = dict[str, Any]  # a content block as the API writes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What goes over the wire. `blocks` are text and tool_use; `usage` the counts of tokens."""

    blocks: tuple[Block, ...]
    usage: dict[str, Any]
    stop: str
    id: str
    broken: bool = False  # the arguments of tools are cut in the middle: JSON nobody can read

    def body(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": MODEL,
            "content": list(self.blocks),
            "stop_reason": self.stop,
            "stop_sequence": None,
            "stop_details": None,
            "usage": self.usage,
        }


def text_block(text: str) -> Block:
    return {"type": "text", "text": text, "citations": None}


def tool_block(name: str, arguments: dict[str, Any]) -> Block:
    return {"type": "tool_use", "id": f"toolu_{uuid.uuid4().hex[:24]}", "name": name, "input": arguments}


def events(written: Written, chunk: int) -> Iterator[bytes]:
    """The answer as server-sent events; text and arguments come in pieces of `chunk` characters."""
    start = written.body() | {"content": [], "stop_reason": None}
    start["usage"] = written.usage | {"output_tokens": 1}
    yield _event({"type": "message_start", "message": start})
    yield _event({"type": "ping"})
    for index, block in enumerate(written.blocks):
        yield from _block_events(index, block, chunk, broken=written.broken)
    delta = {"stop_reason": written.stop, "stop_sequence": None, "stop_details": None}
    yield _event({"type": "message_delta", "delta": delta, "usage": written.usage})
    yield _event({"type": "message_stop"})


def _block_events(index: int, block: Block, chunk: int, *, broken: bool) -> Iterator[bytes]:
    if block["type"] == "tool_use":
        empty, whole, kind, field = (
            block | {"input": {}},
            json.dumps(block["input"]),
            "input_json_delta",
            "partial_json",
        )
        whole = whole[: len(whole) // 2] + '"' if broken else whole
    else:
        empty, whole, kind, field = block | {"text": ""}, str(block.get("text", "")), "text_delta", "text"
    yield _event({"type": "content_block_start", "index": index, "content_block": empty})
    for at in range(0, len(whole), chunk):
        delta = {"type": kind, field: whole[at : at + chunk]}
        yield _event({"type": "content_block_delta", "index": index, "delta": delta})
    yield _event({"type": "content_block_stop", "index": index})


def _event(data: dict[str, Any]) -> bytes:
    return f"event: {data['type']}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode(errors="replace")
