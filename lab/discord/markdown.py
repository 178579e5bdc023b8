"""Discord's markdown as people read it: plain text, and safe HTML for the lab's page. Pure.

The rules in the order in which Discord's app tries them at every place: an escaped sign, quotes, blocks of code, links,
addresses, emphasis, code within a line, mentions (support.discord.com, "Markdown Text 101")."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

Pair = tuple[str, str]  # text, html
RULES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("quote", re.compile(r"(?:^|(?<=\n))> ?[^\n]*(?:\n> ?[^\n]*)*")),
    ("escape", re.compile(r"\\([^0-9A-Za-z\s])")),
    ("block", re.compile(r"```(?:([a-zA-Z0-9_+\-.#]+)\n)?\n*([^\n].*?)\n*```", re.S)),
    ("link", re.compile(r"\[((?:\\.|[^\[\]\\])+)\]\((?:<([^<>\s]+)>|([^\s()<>]+))\)", re.S)),
    ("auto", re.compile(r"<(https?://[^\s<>]+)>")),
    ("url", re.compile(r"https?://[^\s<]+[^\s<.,:;\"')\]]")),
    ("mention", re.compile(r"<(?:@[!&]?|#|t:|a?:\w+:)[\w:]+>|@everyone|@here")),
    ("bold", re.compile(r"\*\*((?:\\.|[^\\])+?)\*\*(?!\*)", re.S)),
    ("under", re.compile(r"__((?:\\.|[^\\])+?)__(?!_)", re.S)),
    ("italic", re.compile(r"\*(?=\S)((?:\*\*|\\.|\s+(?:\\.|[^\s*\\]|\*\*)|[^\s*\\])+?)\*(?!\*)", re.S)),
    ("italic", re.compile(r"\b_((?:__|\\.|[^\\_])+?)_\b", re.S)),
    ("strike", re.compile(r"~~(.+?)~~(?!_)", re.S)),
    ("spoiler", re.compile(r"\|\|(.+?)\|\|", re.S)),
    ("code", re.compile(r"(`+)(.*?[^`])\1(?!`)", re.S)),
    ("heading", re.compile(r"(?:^|(?<=\n))(?:#{1,3}|-#) +([^\n]+)")),
    ("item", re.compile(r"(?:^|(?<=\n))[*-] +(?=\S)")),
)
TAGS = {"bold": "b", "under": "u", "italic": "i", "strike": "s", "spoiler": "mark", "heading": "b"}


def read(source: str) -> Pair:
    """(text, html)."""
    text, html, at = "", "", 0
    while at < len(source):
        piece, end = _next(source, at)
        text, html, at = text + piece[0], html + piece[1], end
    return text, html


def _next(source: str, at: int) -> tuple[Pair, int]:
    for name, rule in RULES:
        found = rule.match(source, at)
        if found is not None and found.end() > at:
            return _shown(name, found), found.end()
    return _plain(source[at]), at + 1


def _shown(name: str, found: re.Match[str]) -> Pair:
    if name in TAGS:
        inner = read(found[1])
        return inner[0], f"<{TAGS[name]}>{inner[1]}</{TAGS[name]}>"
    return SHOWN[name](found)


def _quote(found: re.Match[str]) -> Pair:
    inner = read(re.sub(r"(?m)^> ?", "", found[0]))
    return inner[0], f"<blockquote>{inner[1]}</blockquote>"


def _plain(words: str) -> Pair:
    return words, escape(words)


def _code(found: re.Match[str]) -> Pair:
    words = re.sub(r"^ (?= *`)|(` *) $", r"\1", found[2])
    return words, f"<code>{escape(words)}</code>"


def _link(found: re.Match[str]) -> Pair:
    """One whose words hold an address is shown as it is written."""
    if "http://" in found[1] or "https://" in found[1]:
        return _plain(found[0])
    inner = read(found[1])
    return inner[0], _anchor(found[2] or found[3], inner[1])


def _anchor(address: str, html: str) -> str:
    safe = address if address.startswith(("http://", "https://")) else "#"
    return f'<a href="{escape(safe)}" rel="noreferrer">{html}</a>'


SHOWN: dict[str, Callable[[re.Match[str]], Pair]] = {
    "quote": _quote,
    "escape": lambda found: _plain(found[1]),
    "block": lambda found: (found[2], f"<pre>{escape(found[2])}</pre>"),
    "link": _link,
    "auto": lambda found: (found[1], _anchor(found[1], escape(found[1]))),
    "url": lambda found: (found[0], _anchor(found[0], escape(found[0]))),
    "mention": lambda found: (f"⟪{found[0]}⟫", f"<mark>{escape(found[0])}</mark>"),
    "code": _code,
    "item": lambda found: ("• ", "• "),
}
