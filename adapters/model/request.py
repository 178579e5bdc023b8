"""From our Prompt to the body of one request to Claude's Messages API. Pure.

Stable to volatile: tools, system, profile, messages. A cache mark stands after the system block (which covers the
tools), after the profile and after the last stable message; what changes comes behind the last mark.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from adapters.model.prices import Tokens
from bot.model import Picture, Prompt, Said, Tool

MARK = {"type": "ephemeral"}
BY = "by"  # our note in a thinking block: which model thought it; never sent
PDF = "application/pdf"

Block = dict[str, Any]

# The basic versions: results come straight back, no code is run on the vendor's side to filter them.
SERVER_TOOLS: dict[str, Block] = {
    "web_search": {"type": "web_search_20250305", "name": "web_search", "max_uses": 5},
    "web_fetch": {"type": "web_fetch_20250910", "name": "web_fetch", "max_uses": 5, "max_content_tokens": 30_000},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a model is asked to think. `room`: tokens added to max_tokens, because thinking counts towards it."""

    thinking: Block | None = None
    effort: str | None = None
    room: int = 0


# Source: "What's new" and "Thinking" pages of platform.claude.com, October 2026. Haiku may think or not; Sonnet cannot
# be silenced but between_tools spares the pause before the first word; Opus always thinks. Effort is fixed per model
# because it must not change within a conversation.
MANNERS: dict[str, Manner] = {
    "claude-haiku-5-5": Manner(thinking={"type": "disabled"}, effort="low"),
    "claude-sonnet-5-5": Manner(thinking={"type": "between_tools"}, effort="medium", room=1_000),
    "claude-opus-5-5": Manner(thinking={"type": "adaptive", "display": "summarized"}, effort="high", room=16_000),
}
UNKNOWN = Manner(room=8_000)  # says nothing about thinking: what every model accepts


def to_request(prompt: Prompt, model: str, begun: tuple[Block, ...] = ()) -> Block:
    """The keyword arguments of `messages.create`. `begun` are the blocks of an answer that the vendor paused."""
    manner = MANNERS.get(model, UNKNOWN)
    request: Block = {
        "model": model,
        "max_tokens": prompt.max_tokens + manner.room,
        "messages": _messages(prompt, model),
    }
    if begun:
        request["messages"].append({"role": "assistant", "content": _given_back(begun, model)})
    if system := [_marked({"type": "text", "text": text}) for text in (prompt.system, prompt.profile) if text]:
        request["system"] = system
    if tools := [_tool(tool) for tool in prompt.tools] + [SERVER_TOOLS[name] for name in prompt.server_tools]:
        request["tools"] = tools
    if manner.thinking:
        request["thinking"] = manner.thinking
    if output := _output(prompt, manner):
        request["output_config"] = output
    return request


def estimated_tokens(request: Block) -> Tokens:
    """Rather too many tokens than too few: three bytes of UTF-8 make one, a picture 3,000 (the most there is), a PDF
    one for 25 characters of its base64; nothing is in the cache yet, all that is allowed is written and looked up."""
    blocks = [block for message in request["messages"] for block in message["content"]]
    texts = [block for block in blocks if block["type"] not in ("image", "document")]
    pages = [len(block["source"]["data"]) // 25 for block in blocks if block["type"] == "document"]
    files = sum(max(3_000, size) for size in pages) + 3_000 * (len(blocks) - len(texts) - len(pages))
    searched = [tool for tool in request.get("tools", ()) if "max_uses" in tool]
    text = json.dumps([request.get("system"), request.get("tools"), texts], ensure_ascii=False)
    prompt = len(text.encode()) // 3 + files + 30_000 * len(searched)
    searches = sum(tool["max_uses"] for tool in searched if tool["name"] == "web_search")
    return Tokens(cache_write=prompt, output=request["max_tokens"], searches=searches)


def _output(prompt: Prompt, manner: Manner) -> Block:
    output: Block = {"effort": manner.effort} if manner.effort else {}
    if prompt.schema is not None:
        output["format"] = {"type": "json_schema", "schema": prompt.schema}
    return output


def _tool(tool: Tool) -> Block:
    return {"name": tool.name, "description": tool.about, "input_schema": tool.inputs}


def _marked(block: Block) -> Block:
    return {**block, "cache_control": MARK}


def _messages(prompt: Prompt, model: str) -> list[Block]:
    """Roles alternate and the first is the person's, as the API demands; empty texts, which it refuses, drop out."""
    messages: list[Block] = []
    for number, said in enumerate(prompt.messages, start=1):
        content = _content(said, model)
        if number == prompt.stable:
            content = _mark_last(content)
        if not content:
            continue
        if messages and messages[-1]["role"] == said.role:
            messages[-1]["content"].extend(content)
        else:
            messages.append({"role": said.role, "content": content})
    if messages and messages[0]["role"] == "assistant":
        messages.insert(0, {"role": "user", "content": [{"type": "text", "text": "(You wrote first.)"}]})
    return messages


def _content(said: Said, model: str) -> list[Block]:
    if said.blocks:
        return _given_back(said.blocks, model)
    results: list[Block] = [
        {"type": "tool_result", "tool_use_id": result.id, "content": result.text or "(empty)", "is_error": result.error}
        for result in said.results
    ]
    pictures = [_picture(picture) for picture in said.pictures]
    return results + pictures + [{"type": "text", "text": text} for text in said.texts if text.strip()]


def _given_back(blocks: tuple[Block, ...], model: str) -> list[Block]:
    return [block for block in (_own(dict(block), model) for block in blocks) if block]


def _own(block: Block, model: str) -> Block | None:
    """A model's block as it came; thinking of another model is left out, because it is bound to who thought it."""
    if block["type"] in ("thinking", "redacted_thinking") and block.pop(BY, model) != model:
        return None
    if block["type"] == "text" and not block["text"].strip():
        return None
    return block


def _mark_last(content: list[Block]) -> list[Block]:
    """With a cache mark on the last block that can carry one (thinking cannot)."""
    for place in range(len(content) - 1, -1, -1):
        if content[place]["type"] not in ("thinking", "redacted_thinking"):
            return [*content[:place], _marked(content[place]), *content[place + 1 :]]
    return content


def _picture(picture: Picture) -> Block:
    kind = "document" if picture.mime == PDF else "image"
    return {"type": kind, "source": {"type": "base64", "media_type": picture.mime, "data": picture.base64}}
