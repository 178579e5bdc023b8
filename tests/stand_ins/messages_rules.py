"""What Claude's Messages API refuses, as far as our requests could get it wrong (API version 2026-10-21).

Left out: limits of size, citations, containers, MCP, and everything that only beta headers switch on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

VERSION = "2026-10-21"
KNOWN = {"model", "max_tokens", "messages", "system", "tools", "stream", "thinking", "output_config"}
THINKING = {
    "claude-haiku-5-5": {"disabled", "adaptive"},
    "claude-sonnet-5-5": {"between_tools", "adaptive"},
    "claude-opus-5-5": {"adaptive"},
}
BLOCK_KEYS = {
    "text": {"text", "citations"},
    "image": {"source"},
    "document": {"source"},
    "tool_use": {"id", "name", "input"},
    "tool_result": {"tool_use_id", "content", "is_error"},
    "thinking": {"thinking", "signature"},
    "server_tool_use": {"id", "name", "input"},
    "web_search_tool_result": {"tool_use_id", "content"},
}
ONLY_OF = {"tool_use": "assistant", "thinking": "assistant", "tool_result": "user", "image": "user", "document": "user"}


def wrong_headers(headers: dict[str, str], key: str) -> tuple[int, str] | None:
    if headers.get("authorization") != f"Bearer {key}":
        return 401, "invalid bearer token"
    if headers.get("anthropic-version") != VERSION:
        return 400, f"anthropic-version: {headers.get('anthropic-version')}"
    return None


def wrong_body(body: dict[str, Any]) -> str | None:
    """The first thing the service would refuse, None when it would take the request."""
    return next(_objections(body), None)


def _objections(body: dict[str, Any]) -> Iterator[str]:
    for name in sorted(body.keys() - KNOWN):
        yield f"{name}: Extra inputs are not permitted"
    for name in ("model", "max_tokens", "messages"):
        if not body.get(name):
            yield f"{name}: Field required"
    yield from _thinking(body)
    yield from _tools(body.get("tools", []))
    yield from _messages(body["messages"], body["model"])
    marks = str(body).count("cache_control")
    if marks > 4:
        yield f"A maximum of 4 blocks with cache_control may be provided. Found {marks}."


def _thinking(body: dict[str, Any]) -> Iterator[str]:
    kind = body.get("thinking", {}).get("type")
    allowed = THINKING.get(body["model"])
    if kind and allowed is not None and kind not in allowed:
        yield f"thinking.type: {kind} is not supported for this model"
    if body.get("output_config", {}).get("effort", "low") not in ("low", "medium", "high", "xhigh", "max"):
        yield "output_config.effort: unknown"
    if body.get("output_config", {}).get("format", {"type": "json_schema", "schema": {}}).get("type") != "json_schema":
        yield "output_config.format.type: unknown"


def _tools(tools: list[dict[str, Any]]) -> Iterator[str]:
    names = [tool["name"] for tool in tools]
    if len(set(names)) != len(names):
        yield "tools: Tool names must be unique."
    for tool in tools:
        if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", tool["name"]):
            yield f"tools.{tool['name']}: String should match pattern"
        if "type" not in tool and tool["input_schema"].get("type") != "object":
            yield f"tools.{tool['name']}.input_schema.type: Field required"


def _messages(messages: list[dict[str, Any]], model: str) -> Iterator[str]:
    if messages[0]["role"] != "user":
        yield "messages: first message must use the user role"
    for before, message in zip([None, *messages], messages, strict=False):
        if before and before["role"] == message["role"]:
            yield "messages: roles must alternate"
        if not message["content"]:
            yield "messages: content must not be empty"
        for block in message["content"]:
            yield from _block(block, message["role"], model)
        yield from _answered(before, message)
    if any(block["type"] == "tool_use" for block in messages[-1]["content"]):
        yield "messages: tool_use without tool_result"


def _block(block: dict[str, Any], role: str, model: str) -> Iterator[str]:
    kind = block["type"]
    extra = block.keys() - {"type", "cache_control"} - BLOCK_KEYS[kind]
    if extra:
        yield f"messages.content.{kind}: Extra inputs are not permitted: {sorted(extra)}"
    if ONLY_OF.get(kind, role) != role:
        yield f"messages.content.{kind}: not in a message of {role}"
    if kind == "text" and not block["text"].strip():
        yield "messages: text content blocks must contain non-whitespace text"
    if kind == "thinking" and "cache_control" in block:
        yield "thinking blocks cannot be cached directly"
    if kind == "thinking" and block["signature"] != f"signed by {model}":
        yield "thinking: Invalid signature in thinking block"


def _answered(before: dict[str, Any] | None, message: dict[str, Any]) -> Iterator[str]:
    """Every tool_use has its tool_result at the beginning of the next message, and no result comes unasked."""
    asked = {block["id"] for block in (before or {"content": []})["content"] if block["type"] == "tool_use"}
    given = [block.get("tool_use_id") for block in message["content"] if block["type"] == "tool_result"]
    if message["role"] == "user" and asked != set(given):
        yield f"tool_use ids were found without tool_result blocks immediately after, or the reverse: {asked} {given}"
    first = [block["type"] == "tool_result" for block in message["content"][: len(given)]]
    if not all(first):
        yield "tool_result blocks must come first"
