"""What the real service refuses, refused here too, so that a wrong request fails before anyone pays for it.

Source: the request types of the `anthropic` package 2.11 and the API's error page
(https://docs.anthropic.com/en/api/errors). Left out: limits of pictures and documents, the inner grammar of thinking
blocks and of JSON schemas, beta headers, model names (any name is accepted), and rate limits (they can be scripted).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

LARGEST_BODY = 32 * 1024 * 1024
CACHE_MARKS = 4
TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
FIELDS = frozenset(
    "max_tokens messages model cache_control container diagnostics inference_geo metadata output_config service_tier "
    "speed stop_sequences system thinking tool_choice tools user_profile_id workspace_id stream".split()
)
TOOL_FIELDS = frozenset(
    "name description input_schema cache_control type strict defer_loading eager_input_streaming input_examples "
    "allowed_callers".split()
)
BLOCKS = {
    "user": frozenset(("text", "image", "document", "tool_result", "search_result", "container_upload")),
    "assistant": frozenset(("text", "thinking", "redacted_thinking", "tool_use", "server_tool_use"))
    | frozenset(("web_search_tool_result", "web_fetch_tool_result", "tool_search_tool_result")),
    "system": frozenset(("text",)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal(Exception):
    """An error as the API words it."""

    status: int = 400
    kind: str = "invalid_request_error"
    message: str

    def body(self) -> dict[str, Any]:
        return {"type": "error", "error": {"type": self.kind, "message": self.message}, "request_id": None}


def _need(truth: object, message: str) -> None:
    if not truth:
        raise Refusal(message=message)


def check_key(headers: dict[str, str]) -> None:
    """Raises Refusal (401) when the request carries no key at all; any key will do."""
    if not (headers.get("x-api-key") or headers.get("authorization", "").startswith("Bearer ")):
        raise Refusal(status=401, kind="authentication_error", message="x-api-key header is required")
    _need("anthropic-version" in headers, "anthropic-version: header is required")


def check(body: Any, *, counting: bool = False) -> None:
    """Raises Refusal when the Messages API would not take this request. `counting`: for count_tokens."""
    _need(isinstance(body, dict), "Input should be a valid dictionary")
    for field in body:
        _need(field in FIELDS, f"{field}: Extra inputs are not permitted")
    for field in ("model", "messages") if counting else ("model", "messages", "max_tokens"):
        _need(field in body, f"{field}: Field required")
    _need(isinstance(body["model"], str) and body["model"], "model: Input should be a valid string")
    most = body.get("max_tokens", 1)
    _need(isinstance(most, int) and not isinstance(most, bool) and most >= 0, "max_tokens: Input should be at least 0")
    _check_tools(body)
    _check_system(body.get("system"))
    _check_messages(body["messages"])
    marks = sum(1 for _ in _cache_marks(body))
    _need(marks <= CACHE_MARKS, f"A maximum of 4 blocks with cache_control may be provided. Found {marks}.")


def _check_tools(body: dict[str, Any]) -> None:
    choice = body.get("tool_choice") or {"type": "auto"}
    _need(
        isinstance(choice, dict) and choice.get("type") in ("auto", "none"),
        "tool_choice: forced tool use is not supported by this model",
    )
    tools = body.get("tools", [])
    _need(isinstance(tools, list), "tools: Input should be a valid list")
    names: set[str] = set()
    for at, tool in enumerate(tools):
        _need(isinstance(tool, dict) and "name" in tool, f"tools.{at}.name: Field required")
        name = tool["name"]
        _need(
            isinstance(name, str) and TOOL_NAME.fullmatch(name),
            f"tools.{at}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,64}}$'",
        )
        _need(name not in names, "tools: Tool names must be unique.")
        names.add(name)
        if tool.get("type", "custom") == "custom":
            _check_own_tool(at, tool)


def _check_own_tool(at: int, tool: dict[str, Any]) -> None:
    for field in tool:
        _need(field in TOOL_FIELDS, f"tools.{at}.custom.{field}: Extra inputs are not permitted")
    schema = tool.get("input_schema")
    _need(isinstance(schema, dict), f"tools.{at}.custom.input_schema: Field required")
    _need(
        isinstance(schema, dict) and schema.get("type") == "object",
        f"tools.{at}.custom.input_schema.type: Input should be 'object'",
    )


def _check_system(system: Any) -> None:
    if system is None or isinstance(system, str):
        return
    _need(isinstance(system, list), "system: Input should be a valid list")
    for at, block in enumerate(system):
        _need(isinstance(block, dict) and block.get("type") == "text", f"system.{at}.type: Input should be 'text'")
        _need(block.get("text"), f"system.{at}: text content blocks must be non-empty")


def _check_messages(messages: Any) -> None:
    _need(isinstance(messages, list) and messages, "messages: at least one message is required")
    open_uses: set[str] = set()
    for at, message in enumerate(messages):
        _need(isinstance(message, dict), f"messages.{at}: Input should be a valid dictionary")
        role = message.get("role")
        _need(role in BLOCKS, f"messages.{at}.role: Input should be 'user', 'assistant' or 'system'")
        for field in message:
            _need(field in ("role", "content"), f"messages.{at}.{field}: Extra inputs are not permitted")
        blocks = content(message)
        _check_blocks(at, role, blocks)
        _check_results(at, role, blocks, open_uses)
        open_uses = {block["id"] for block in blocks if block["type"] == "tool_use"}
    _need(messages[0]["role"] == "user", "messages: first message must use the user role")
    _need(
        messages[-1]["role"] != "assistant",
        "This model does not support assistant message prefill. The conversation must end with a user message.",
    )


def content(message: dict[str, Any]) -> list[dict[str, Any]]:
    """The blocks of a message; a plain string is one text block."""
    inside = message.get("content")
    if isinstance(inside, str):
        return [{"type": "text", "text": inside}]
    _need(isinstance(inside, list), "messages.content: Input should be a valid list")
    return inside if isinstance(inside, list) else []


def _check_blocks(at: int, role: str, blocks: list[dict[str, Any]]) -> None:
    _need(blocks, f"messages.{at}: all messages must have non-empty content")
    for n, block in enumerate(blocks):
        where = f"messages.{at}.content.{n}"
        _need(isinstance(block, dict), f"{where}: Input should be a valid dictionary")
        kind = block.get("type")
        _need(kind in BLOCKS[role], f"{where}: Input tag '{kind}' is not allowed for the role {role}")
        if kind == "text":
            words = block.get("text")
            _need(isinstance(words, str) and words.strip(), f"{where}: text content blocks must contain non-whitespace")
        if kind == "tool_use":
            _need(isinstance(block.get("id"), str) and isinstance(block.get("input"), dict), f"{where}: malformed")
            _need(TOOL_NAME.fullmatch(str(block.get("name"))), f"{where}.name: String should match the pattern")


def _check_results(at: int, role: str, blocks: list[dict[str, Any]], open_uses: set[str]) -> None:
    """Every tool_use is answered in the very next message, and nothing else is."""
    answered: set[str] = set()
    for n, block in enumerate(blocks):
        if block["type"] == "tool_result":
            asked = block.get("tool_use_id")
            _need(
                asked in open_uses,
                f"messages.{at}.content.{n}: unexpected `tool_use_id` found in `tool_result` blocks: {asked}. Each "
                "`tool_result` block must have a corresponding `tool_use` block in the previous message.",
            )
            _need(asked not in answered, f"messages.{at}: each tool_use must have a single result")
            answered.add(str(asked))
    missing = sorted(open_uses - answered)
    _need(
        not missing,
        f"messages.{at - 1}: `tool_use` ids were found without `tool_result` blocks immediately after: "
        f"{', '.join(missing)}",
    )


def _cache_marks(node: Any) -> Iterator[None]:
    if isinstance(node, dict):
        if node.get("cache_control"):
            yield None
        for key, inside in node.items():
            if key not in ("input", "input_schema"):
                yield from _cache_marks(inside)
    elif isinstance(node, list):
        for inside in node:
            yield from _cache_marks(inside)
