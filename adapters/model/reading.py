"""Reading one streamed answer of the Messages API, event by event, into blocks, visible text and counted tokens.

The vendor's own accumulator gives up at the first broken piece of JSON in a tool's arguments; this one keeps what was
written, so that the model can be told. Kinds of blocks and events that we do not know are carried along or passed over.
"""

from __future__ import annotations

import json
from typing import Any

from adapters.model.prices import Tokens
from adapters.model.request import BY, Block
from bot.model import End, ToolUse

MALFORMED = "__malformed__"  # a ToolUse's only argument when what the model wrote is not a JSON object: the raw text
REFUSAL = "Claude declined to answer this. You could put it differently or ask for something else."

ENDS = {
    "end_turn": End.DONE,
    "stop_sequence": End.DONE,
    "tool_use": End.TOOLS,
    "max_tokens": End.LENGTH,
    "model_context_window_exceeded": End.LENGTH,
    "refusal": End.REFUSED,
    "pause_turn": End.PAUSED,
}


class Reading:
    """What has arrived so far of one response. Feed every event to `take`."""

    def __init__(self, *, asked: str, notes: bool = False) -> None:
        """`asked`: the model by the name we asked for. `notes`: its thinking blocks are short progress notes."""
        self.asked = asked
        self.model = ""
        self.blocks: list[Block] = []
        self.stop: str | None = None
        self.us_only = False
        self._notes = notes
        self._arguments: dict[int, str] = {}
        self._counted: dict[str, int] = {}
        self._written = 0  # bytes of output seen, for an answer that was cut before it was counted

    def take(self, event: Any) -> bool:
        """Whether what a person sees has changed."""
        kind = event.type
        if kind == "message_start":
            self.model = event.message.model
            self._count(event.message.usage)
            self.us_only = event.message.usage.inference_geo == "us"
        elif kind == "content_block_start":
            self.blocks.append(event.content_block.to_dict())
        elif kind == "content_block_delta":
            return self._grow(event.index, event.delta)
        elif kind == "content_block_stop":
            self._close(event.index)
        elif kind == "message_delta":
            self.stop = event.delta.stop_reason or self.stop
            self._written = 0  # from here on the vendor has counted
            self._count(event.usage)
        return False

    def _grow(self, index: int, delta: Any) -> bool:
        block, kind = self.blocks[index], delta.type
        if kind == "text_delta":
            block["text"] = block.get("text", "") + delta.text
            self._written += len(delta.text.encode())
        elif kind == "thinking_delta":
            block["thinking"] = block.get("thinking", "") + delta.thinking
            self._written += len(delta.thinking.encode())
        elif kind == "signature_delta":
            block["signature"] = delta.signature
        elif kind == "input_json_delta":
            self._arguments[index] = self._arguments.get(index, "") + delta.partial_json
            self._written += len(delta.partial_json.encode())
        elif kind == "citations_delta":
            block["citations"] = [*(block.get("citations") or []), delta.citation.to_dict()]
        return kind == "text_delta" or (kind == "thinking_delta" and self._notes)

    def _close(self, index: int) -> None:
        block = self.blocks[index]
        if index in self._arguments:
            block["input"] = _arguments(self._arguments.pop(index))
        if block["type"] in ("thinking", "redacted_thinking"):
            block[BY] = self.asked

    def _count(self, usage: Any) -> None:
        """Counts are running totals; what an event leaves out stays as it was."""
        searches = getattr(usage.server_tool_use, "web_search_requests", None)
        seen = {
            "input": usage.input_tokens,
            "output": usage.output_tokens,
            "cache_read": usage.cache_read_input_tokens,
            "cache_write": usage.cache_creation_input_tokens,
            "searches": searches,
        }
        self._counted.update({name: count for name, count in seen.items() if count is not None})

    def tokens(self) -> Tokens:
        """As the vendor counted; what had come of an answer cut before its count is estimated."""
        counted = Tokens(**self._counted)
        if not self._written:
            return counted
        return Tokens(**{**self._counted, "output": max(counted.output, self._written // 3)})

    def finish(self) -> None:
        """Close what the stream left open (an answer that ended in the middle of a tool's arguments)."""
        for index in list(self._arguments):
            self._close(index)

    def note(self) -> str:
        """The latest progress note: something to show until the answer's first word."""
        notes = [block.get("thinking", "") for block in self.blocks if block["type"] == "thinking"]
        return notes[-1].strip() if notes and self._notes else ""


def end(stop: str | None, blocks: list[Block]) -> End:
    """Why it stopped; an unknown reason counts as done, or as a wish for tools where some were called."""
    called = any(block["type"] == "tool_use" for block in blocks)
    return ENDS.get(stop or "", End.TOOLS if called else End.DONE)


def uses(blocks: list[Block]) -> tuple[ToolUse, ...]:
    return tuple(
        ToolUse(id=block["id"], name=block["name"], arguments=block.get("input") or {})
        for block in blocks
        if block["type"] == "tool_use"
    )


def visible(blocks: list[Block]) -> str:
    """The text blocks as one text: a cited sentence is a block of its own, a paragraph begins where other work was
    done in between."""
    parts: list[str] = []
    between = False
    for block in blocks:
        if block["type"] != "text":
            between = True
            continue
        if parts and between and block.get("text"):
            parts.append("\n\n")
        parts.append(block.get("text", ""))
        between = False
    return "".join(parts).strip()


def sources(blocks: list[Block], limit: int = 5) -> str:
    """A line of links to the pages that were cited, empty when none were."""
    cited = [cite for block in blocks for cite in block.get("citations") or [] if cite.get("url")]
    links = {cite["url"]: cite.get("title") or cite["url"] for cite in cited}
    shown = [f"[{_plain(title)}](<{url}>)" for url, title in list(links.items())[:limit]]
    return "Sources: " + " · ".join(shown) if shown else ""


def _plain(title: str) -> str:
    """A page's title is foreign text: nothing in it may act as markup."""
    return "".join(c for c in " ".join(title.split()) if c not in "[]()<>`*_!\\")[:80]


def _arguments(raw: str) -> dict[str, Any]:
    """The JSON object that a model wrote as a tool's arguments; see MALFORMED for what is none."""
    if not raw.strip():
        return {}
    try:
        value = json.loads(raw)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()  # half a character or NaN: nothing keeps these
    except (ValueError, RecursionError):
        return {MALFORMED: raw}
    return value if isinstance(value, dict) else {MALFORMED: raw}
