"""Files that are text: plain and Markdown as they are, tables, web pages, JSON, mails, calendars."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import BinaryIO

from adapters.documents import mail
from adapters.documents.parts import parts, rows
from adapters.documents.unreadable import Unreadable
from bot.records import Page

MOST = 4 * 1024 * 1024  # bytes; more letters than that are not read of any file
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
RTF = "{\\rtf"
HTML = re.compile(r"\s*(<!--.*?-->\s*)*<(!doctype html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
HEADERS = re.compile(r"(?:[A-Z][A-Za-z-]{1,40}: .*\r?\n(?:[ \t].*\r?\n)*){3}")
OF_A_MAIL = re.compile(r"^(From|Received|Return-Path|Message-ID|MIME-Version|Delivered-To): ", re.MULTILINE | re.I)
DELIMITERS = ",;\t|"
LOOKED_AT = 20  # lines
INDENTED = 500_000  # letters of JSON that are laid out anew


def pages(file: BinaryIO) -> Iterator[Page]:
    """Raises Unreadable when it is no text."""
    content = file.read(MOST)
    text = _decoded(content)
    if text.startswith(RTF):
        raise Unreadable(Unreadable.OLD)
    if text.lstrip().startswith("BEGIN:VCALENDAR"):
        return mail.calendar(text)
    if HTML.match(text):
        return parts(html_text(text))
    if HEADERS.match(text) and OF_A_MAIL.search(text[:4_000]):
        return mail.letter(content, html_text)
    if (delimiter := _delimiter(text)) is not None:
        return _table(text, delimiter)
    return parts(_laid_out(text) if text.lstrip()[:1] in ("{", "[") else text)


def _decoded(content: bytes) -> str:
    mark = next((name for mark, name in MARKS if content.startswith(mark)), None)
    if mark is not None:
        return content.decode(mark, "replace")
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(content)  # the last letter may be cut in two
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    if len(CONTROL.findall(text[:10_000])) > len(text[:10_000]) // 200:
        raise Unreadable(Unreadable.UNKNOWN)
    return text


def _delimiter(text: str) -> str | None:
    """What stands equally often, at least once, in each of the first lines; the first of them names the columns."""
    lines = [line for line in text[:50_000].splitlines() if line.strip()][:LOOKED_AT]
    if len(lines) < 2:
        return None

    def is_one(delimiter: str) -> bool:
        table = list(csv.reader(lines, delimiter=delimiter))
        spaced = sum(cell.startswith(" ") for row in table for cell in row[1:])  # as after the commas of a sentence
        same = len(table[0]) > 1 and all(len(row) == len(table[0]) for row in table)
        return same and all(table[0]) and 2 * spaced < len(table) * (len(table[0]) - 1)

    try:
        return next((delimiter for delimiter in DELIMITERS if is_one(delimiter)), None)
    except csv.Error:
        return None


def _table(text: str, delimiter: str) -> Iterator[Page]:
    csv.field_size_limit(MOST)
    try:
        yield from rows(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise Unreadable(Unreadable.DAMAGED) from error


def _laid_out(text: str) -> str:
    if len(text) > INDENTED:
        return text
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=1)
    except ValueError:
        return text


class _Text(HTMLParser):
    """The text of a page as a person sees it. Nothing that it names is fetched."""

    HIDDEN = frozenset({"script", "style", "template", "noscript", "svg", "object"})
    BLOCKS = frozenset("p div br li tr h1 h2 h3 h4 h5 h6 table section article title dt dd blockquote pre hr".split())

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._hidden += tag in self.HIDDEN
        self._edge(tag)

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in self.HIDDEN and self._hidden > 0
        self._edge(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(re.sub(r"\s+", " ", data))

    def _edge(self, tag: str) -> None:
        if tag in self.BLOCKS:
            self.pieces.append("\n")
        elif tag in ("td", "th"):
            self.pieces.append(" ")


HtmlText = Callable[[str], str]


def html_text(html: str) -> str:
    parser = _Text()
    parser.feed(html)
    parser.close()
    lines = (line.strip() for line in "".join(parser.pieces).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
