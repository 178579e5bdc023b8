"""Spans as Telegram's HTML. Only the tags that Telegram knows, always closed, all else escaped. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from adapters.chat.commonmark import Mark, Span, Style

TAGS = {
    Style.BOLD: "b",
    Style.ITALIC: "i",
    Style.STRIKE: "s",
    Style.CODE: "code",
    Style.BLOCK: "pre",
    Style.LINK: "a",
    Style.QUOTE: "blockquote",
}


def html(spans: Sequence[Span]) -> str:
    written: list[str] = []
    around: list[Mark] = []
    for span in spans:
        shared = 0
        while shared < min(len(around), len(span.marks)) and around[shared] == span.marks[shared]:
            shared += 1
        written += [_closed(mark) for mark in reversed(around[shared:])]
        written += [_opened(mark) for mark in span.marks[shared:]]
        around = list(span.marks)
        written.append(escape(span.text, quote=False))
    written += [_closed(mark) for mark in reversed(around)]
    return "".join(written)


def _opened(mark: Mark) -> str:
    if mark.style is Style.LINK:
        return f'<a href="{escape(mark.detail)}">'
    if mark.style is Style.BLOCK and mark.detail:
        return f'<pre><code class="language-{escape(mark.detail)}">'
    return f"<{TAGS[mark.style]}>"


def _closed(mark: Mark) -> str:
    inner = "</code>" if mark.style is Style.BLOCK and mark.detail else ""
    return f"{inner}</{TAGS[mark.style]}>"
