"""Cuts a long answer into messages that fit: between paragraphs or blocks of code, else lines, else words. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from adapters.chat.commonmark import Span, Style, plain

JOINER, KEEPS = "\u200d", ("\ufe0e", "\ufe0f", "\u20e3")  # they belong to the character before them
SKIN = range(0x1F3FB, 0x1F400)  # skin tones
EARLIEST = 4  # a paragraph's border counts when it leaves a message of at least a fourth of the limit


def utf16(text: str) -> int:
    """Length in UTF-16 code units, in which Telegram and others count."""
    return len(text) + sum(character > "\uffff" for character in text)


def split(spans: Sequence[Span], limit: int) -> tuple[tuple[Span, ...], ...]:
    """Parts of at most `limit` UTF-16 units. Only the blanks at the cuts are left out."""
    text = plain(spans)
    code = _ranges(spans)
    parts, start = [], _skip(text, 0, code)
    while start < len(text):
        end = _reach(text, start, limit)
        if end < len(text):
            end = _cut(text, start, end, code)
        part = _slice(spans, start, start + len(text[start:end].rstrip()))
        if part:
            parts.append(part)
        start = _skip(text, end, code)
    return tuple(parts)


def _ranges(spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Where blocks of code stand in the plain text."""
    found, at = [], 0
    for span in spans:
        if any(mark.style is Style.BLOCK for mark in span.marks):
            found.append((at, at + len(span.text)))
        at += len(span.text)
    return found


def _inside(code: Sequence[tuple[int, int]], at: int) -> bool:
    return any(begin < at < end for begin, end in code)


def _reach(text: str, start: int, limit: int) -> int:
    """How far a message from `start` can go, without cutting what is one character for a reader."""
    size, end = 0, start
    while end < len(text):
        size += 2 if text[end] > "\uffff" else 1
        if size > limit:
            break
        end += 1
    if end == len(text):
        return end
    back = end
    while back > start + 1 and _belongs(text, back):
        back -= 1
    return back if end - back < 64 else end


def _belongs(text: str, at: int) -> bool:
    """Whether the character at `at` is one with the character before it."""
    here = text[at]
    one = here == JOINER or here in KEEPS or text[at - 1] == JOINER or ord(here) in SKIN
    return one or bool(unicodedata.combining(here))


def _cut(text: str, start: int, end: int, code: Sequence[tuple[int, int]]) -> int:
    earliest = start + (end - start) // EARLIEST
    for border in (r"\n\n+", r"\n", r"\s"):
        ends = [match.end() for match in re.finditer(border, text[start : end + 1])]
        paragraph = border == r"\n\n+"
        good = [start + at for at in ends if not (paragraph and _inside(code, start + at))]
        at = max((at for at in good if at <= end + 1), default=0)
        if at >= (start + 1 if border == r"\s" else earliest):
            return at
    return end


def _skip(text: str, at: int, code: Sequence[tuple[int, int]]) -> int:
    """Over the blanks at a cut; inside code only over empty lines, so that its indentation stays."""
    while at < len(text) and text[at].isspace():
        line = text.find("\n", at)
        blank = line >= 0 and text[at:line].strip() == ""
        if not blank and any(begin <= at < end for begin, end in code):
            break
        at = line + 1 if blank else at + 1
    return at


def _slice(spans: Sequence[Span], start: int, end: int) -> tuple[Span, ...]:
    return tuple(_pieces(spans, start, end))


def _pieces(spans: Sequence[Span], start: int, end: int) -> Iterator[Span]:
    at = 0
    for span in spans:
        piece = span.text[max(start - at, 0) : max(end - at, 0)]
        if piece:
            yield Span(piece, span.marks)
        at += len(span.text)
