"""A Word document: its paragraphs and tables in their order, as a stream of XML that is never held as a tree.

Page numbers are those at which Word itself last broke the pages (ECMA-376, 17.3.3.13 lastRenderedPageBreak), and
breaks that the author made; a document without either comes in parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO
from xml.parsers import expat
from zipfile import ZipFile

from adapters.documents.parts import Parts
from adapters.documents.unreadable import Unreadable
from bot.records import Page

TEXT = "word/document.xml"
PIECE = 64 * 1024  # bytes
BREAK = b"lastRenderedPageBreak"
SPACES = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


def pages(archive: ZipFile) -> Iterator[Page]:
    """Raises Unreadable."""
    with archive.open(TEXT) as file:
        numbered = any(BREAK in piece or b'w:type="page"' in piece for piece in iter(lambda: file.read(PIECE), b""))
    with archive.open(TEXT) as file:
        yield from _pages(file, numbered)


def _pages(file: IO[bytes], numbered: bool) -> Iterator[Page]:
    body = _Body(numbered)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler, parser.EndElementHandler = body.begin, body.end
    parser.CharacterDataHandler = body.words
    try:
        while piece := file.read(PIECE):
            parser.Parse(piece)
            yield from body.parts.take()
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Unreadable(Unreadable.DAMAGED) from error
    yield from body.parts.rest()


def _refuse(*_: object) -> None:
    """No document of Word's declares entities; who does wants to make it grow, or us to fetch something."""
    raise Unreadable(Unreadable.DAMAGED)


class _Body:
    """What the elements mean for the text."""

    def __init__(self, numbered: bool) -> None:
        self.parts = Parts("page" if numbered else "part", numbered=numbered)
        self._texts, self._cells = 0, 0

    def begin(self, name: str, given: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if tag in ("t", "tc"):
            self._texts += tag == "t"
            self._cells += tag == "tc"
        elif tag == "lastRenderedPageBreak" or (tag == "br" and "page" in given.values()):
            self.parts.turn()
        elif tag in SPACES:
            self.parts.add(SPACES[tag])

    def end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "t":
            self._texts -= 1
        elif tag == "p":
            self.parts.add(" " if self._cells else "\n")
        elif tag == "tc":
            self._cells -= 1
            self.parts.add("| ")
        elif tag == "tr":
            self.parts.add("\n")

    def words(self, text: str) -> None:
        if self._texts:
            self.parts.add(text)
