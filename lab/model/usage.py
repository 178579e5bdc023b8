"""Counts tokens plausibly (four characters each) and remembers prefixes, so that prompt caching can be tested.

The real cache keeps an entry for five minutes or an hour, refuses prefixes that are too short, and is per model and
workspace; here an entry lives as long as the process (or until 2,000 newer ones came), and any length is kept.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from typing import Any

ENTRIES = 2_000


class PrefixCache:
    """Knows which prefixes (tools, system, messages up to a cache_control mark) were seen."""

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def measure(self, body: dict[str, Any]) -> dict[str, int]:
        """Input side of `usage`: input_tokens, cache_read_input_tokens, cache_creation_input_tokens."""
        digest = hashlib.blake2b(str(body["model"]).encode(), digest_size=16)
        total = marked = read = 0
        for part, mark in _parts(body):
            text = json.dumps(part, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            digest.update(text.encode(errors="replace"))
            total += len(text)
            if mark:
                marked = total
                if self._touch(digest.digest()):
                    read = total
        return {
            "input_tokens": _tokens(total - marked) or 1,
            "cache_read_input_tokens": _tokens(read),
            "cache_creation_input_tokens": _tokens(marked - read),
        }

    def _touch(self, prefix: bytes) -> bool:
        known = prefix in self._seen
        self._seen[prefix] = None
        self._seen.move_to_end(prefix)
        while len(self._seen) > ENTRIES:
            self._seen.popitem(last=False)
        return known


def _parts(body: dict[str, Any]) -> list[tuple[Any, bool]]:
    """The request in the order of the prefix, each part with whether a cache mark stands on it."""
    parts = [_part(tool) for tool in body.get("tools") or []]
    system = body.get("system") or []
    parts += [_part(block) for block in ([{"type": "text", "text": system}] if isinstance(system, str) else system)]
    for message in body["messages"]:
        inside = message["content"]
        blocks = [{"type": "text", "text": inside}] if isinstance(inside, str) else inside
        parts += [(part | {"role": message["role"]}, mark) for part, mark in map(_part, blocks)]
    if body.get("cache_control") and parts:  # automatic caching marks the last block
        parts[-1] = (parts[-1][0], True)
    return parts


def _part(block: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Marks are no part of the prefix: moving one to a later block keeps what was cached before it."""
    return {key: inside for key, inside in block.items() if key != "cache_control"}, bool(block.get("cache_control"))


def _tokens(characters: int) -> int:
    return (characters + 3) // 4


def output_tokens(blocks: list[dict[str, Any]]) -> int:
    """Tokens of an answer; at least one, as with the real service."""
    return _tokens(sum(len(b.get("text") or json.dumps(b.get("input", ""))) for b in blocks)) or 1
