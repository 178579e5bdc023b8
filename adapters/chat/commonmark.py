"""CommonMark taken apart for chat platforms: plain text in spans, each with its marks. Pure.

Each platform writes the spans in its own markup, so that nothing a model or a stranger wrote can become markup there.
No text is lost: what CommonMark would hide (raw HTML, link definitions) is shown as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

LONGEST = 200_000  # characters; nothing we say is longer, and reading takes time
NESTING = 60  # blocks inside blocks; what goes deeper is shown as it stands
TOO_DEEP = re.compile(rf"^(?:[ \t]*(?:>|[-*+]|\d+[.)])){{{NESTING // 2},}}", re.M)
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
WEB = ("http://", "https://")
OUT = "\u2197"  # an arrow that points out
BULLETS = ("•", "◦", "▪")
INDENT = "\u00a0\u00a0"


class Style(StrEnum):
    BOLD = "bold"
    ITALIC = "italic"
    STRIKE = "strike"
    CODE = "code"  # inside a line
    BLOCK = "block"  # lines of code; the detail is the language
    LINK = "link"  # the detail is the address
    QUOTE = "quote"  # the detail tells one quote from the next


@dataclass(frozen=True, slots=True)
class Mark:
    style: Style
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """Text that carries the same marks throughout, the outermost first."""

    text: str
    marks: tuple[Mark, ...] = ()


EMPHASIS = {"strong": Style.BOLD, "em": Style.ITALIC, "s": Style.STRIKE}
ALONE = {Style.CODE, Style.BLOCK}  # platforms allow no emphasis inside


def spans(text: str) -> tuple[Span, ...]:
    """The text as spans; blocks are apart by newlines."""
    shown = UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    shown = shown if len(shown) <= LONGEST else f"{shown[:LONGEST]} …"
    if TOO_DEEP.search(shown):
        return (Span(shown),)
    writer = _Writer()
    for token in _parser().parse(shown):
        writer.take(token)
    return tuple(writer.done)


def plain(parts: Sequence[Span]) -> str:
    return "".join(span.text for span in parts)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": NESTING}).enable(["table", "strikethrough"])
    parser.disable("reference")  # it would swallow the definition's text
    return parser


@dataclass
class _List:
    number: int | None  # None: bullets


@dataclass
class _Writer:
    """Walks over the tokens once; `gap` is how many newlines stand before the next text."""

    done: list[Span] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    lists: list[_List] = field(default_factory=list)
    row: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    gap: int = 0
    quotes: int = 0

    def take(self, token: Token) -> None:
        kind = token.type
        if kind == "inline":
            self._inline(token.children or [])
        elif kind in ("fence", "code_block"):
            language = token.info.split()[0] if token.info.split() else ""
            self._block(token.content.removesuffix("\n"), language)
        elif kind == "hr":
            self._apart(2)
            self._write("———")
        elif kind.endswith(("_open", "_close")):
            name, _, end = kind.rpartition("_")
            step = getattr(self, f"_{name}", None)
            if step is not None:
                step(token, end == "open")

    def _paragraph(self, token: Token, opens: bool) -> None:
        if opens:
            self._apart(1 if token.hidden else 2)

    def _heading(self, _token: Token, opens: bool) -> None:
        if opens:
            self._apart(2)
            self.marks.append(Mark(Style.BOLD))
        else:
            self.marks.pop()

    def _blockquote(self, _token: Token, opens: bool) -> None:
        if opens:
            self._apart(2)
            self.quotes += 1
            self.marks.append(Mark(Style.QUOTE, str(self.quotes)))
        else:
            self.marks.pop()

    def _bullet_list(self, token: Token, opens: bool) -> None:
        self._list(None if opens else 0, opens)

    def _ordered_list(self, token: Token, opens: bool) -> None:
        self._list(int(token.attrGet("start") or 1) if opens else 0, opens)

    def _list(self, number: int | None, opens: bool) -> None:
        if opens:
            self._apart(1 if self.lists else 2)
            self.lists.append(_List(number))
        else:
            self.lists.pop()
            self.gap = 1 if self.lists else 2

    def _list_item(self, _token: Token, opens: bool) -> None:
        if not opens:
            return
        self.gap = max(self.gap, 1)
        around = self.lists[-1]
        depth = len(self.lists) - 1
        sign = BULLETS[min(depth, len(BULLETS) - 1)]
        if around.number is not None:
            sign, around.number = f"{around.number}.", around.number + 1
        self._write(f"{INDENT * depth}{sign} ")
        self.gap = -1  # the item's own first block begins on this line

    def _tr(self, _token: Token, opens: bool) -> None:
        if opens:
            self.row = []
        else:
            self.rows.append(self.row)

    def _table(self, _token: Token, opens: bool) -> None:
        if not opens:
            self._block(_aligned(self.rows), "")
            self.rows, self.row = [], []

    def _th(self, _token: Token, opens: bool) -> None:
        self._cell(opens)

    def _td(self, _token: Token, opens: bool) -> None:
        self._cell(opens)

    def _cell(self, opens: bool) -> None:
        """Filled by the inline text that follows."""
        if opens:
            self.row.append("")

    def _inline(self, children: Sequence[Token]) -> None:
        if self.row and self.row[-1] == "" and children:
            inner = _Writer()
            inner._inline(children)
            self.row[-1] = plain(inner.done).replace("\n", " ")
            return
        links: list[tuple[str, int]] = []
        for child in children:
            if child.type == "link_open":
                links.append((str(child.attrGet("href") or ""), len(self.done)))
                self.marks.append(Mark(Style.LINK, links[-1][0]))
            elif child.type == "link_close":
                self.marks.pop()
                self._where(*links.pop())
            else:
                self._piece(child)

    def _piece(self, child: Token) -> None:
        name, _, end = child.type.rpartition("_")
        if name in EMPHASIS:
            if end == "open":
                self.marks.append(Mark(EMPHASIS[name]))
            else:
                self.marks.pop()
        elif child.type in ("softbreak", "hardbreak"):
            self._write("\n")
        elif child.type == "code_inline":
            self._write(child.content, Mark(Style.CODE))
        elif child.type == "image":
            address, before = str(child.attrGet("src") or ""), len(self.done)
            self._write(child.content or "picture", Mark(Style.LINK, address))
            self._where(address, before)
        else:
            self._write(child.content)

    def _where(self, address: str, before: int) -> None:
        """A label may say anything, so a link shows where it goes, unless the label is the address itself."""
        label = plain(self.done[before:]).strip()
        target = urlsplit(address)
        place = target.hostname or target.path
        if not address.startswith(WEB):  # no platform opens it: the address stands there to be copied
            self._write(f" ({address.removeprefix('mailto:')})" if address.removeprefix("mailto:") != label else "")
        elif label.rstrip("/") not in (address.rstrip("/"), place) or "@" in target.netloc:
            self._write(f" ({place} {OUT})")

    def _block(self, content: str, language: str) -> None:
        self._apart(2)
        self._write(content, Mark(Style.BLOCK, language))

    def _apart(self, lines: int) -> None:
        self.gap = 0 if self.gap < 0 else max(self.gap, lines)

    def _write(self, text: str, own: Mark | None = None) -> None:
        marks = tuple(_nestable([*self.marks, own] if own else self.marks))
        if self.gap > 0 and self.done:
            around = tuple(mark for mark in self.done[-1].marks if mark.style is Style.QUOTE and mark in marks)
            self.done.append(Span("\n" * self.gap, around))
        self.gap = 0
        if text:
            self.done.append(Span(text, marks))


def _nestable(marks: Sequence[Mark]) -> Iterator[Mark]:
    """Without what may not stand inside the other: a quote or link in its like, emphasis in code, code in a link."""
    styles = {mark.style for mark in marks}
    linked, coded = Style.LINK in styles, styles & ALONE
    seen: set[Style] = set()
    for mark in marks:
        dead = mark.style is Style.LINK and not mark.detail.startswith(WEB)
        inside_code = coded and not linked and mark.style in (Style.BOLD, Style.ITALIC, Style.STRIKE)
        if mark.style in seen or dead or inside_code or (linked and mark.style in ALONE):
            continue
        seen.add(mark.style)
        yield mark


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """A table as lines of equal columns; the first row is its head."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines[:1], "  ".join("─" * width for width in widths), *lines[1:]])
