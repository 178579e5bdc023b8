"""Slack's way of writing text, read as people see it: mentions, links and the three escaped characters. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

# https://docs.slack.dev/messaging/formatting-message-text: what stands in <...> is a mention, a link or a date.
SPECIAL = re.compile(r"<(?P<sign>[@#!]?)(?P<what>[^<>|]+)(?:\|(?P<label>[^<>]*))?>")
ESCAPED = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}
ESCAPES = re.compile("|".join(ESCAPED))


def readable(text: str, names: Mapping[str, str]) -> str:
    """`names` by user id; who is not among them is shown by the id."""
    shown = SPECIAL.sub(lambda found: _shown(found["sign"], found["what"], found["label"] or "", names), text)
    return ESCAPES.sub(lambda found: ESCAPED[found[0]], shown)


def _shown(sign: str, what: str, label: str, names: Mapping[str, str]) -> str:
    if sign == "@":
        return f"@{names.get(what) or label or what}"
    if sign == "#":
        return f"#{label or what}"
    if sign == "!":
        return label or f"@{what.partition('^')[0]}"
    bare = what.removeprefix("mailto:").removeprefix("tel:")
    return bare if label in ("", bare, what) or what.endswith(f"://{label}") else f"{label} ({bare})"


def mentioned(text: str) -> set[str]:
    """The ids of the users that are mentioned."""
    return {found["what"] for found in SPECIAL.finditer(text) if found["sign"] == "@"}


def addressed(text: str, user: str) -> str:
    """Without "@Aurelius" in front: it says to whom, not what."""
    rest = re.sub(rf"^\s*<@{re.escape(user)}(?:\|[^<>]*)?>[\s,:]*", "", text)
    return rest if rest.strip() else text


def escaped(text: str) -> str:
    """Plain text as Slack's own: nothing in it mentions, links or calls anybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
