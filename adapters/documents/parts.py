"""A growing text, cut into pages where the author broke them, or into parts of about the same length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot.records import Page

LENGTH = 3_000  # letters of a part
ROWS = 100  # of a table on one page
WIDEST = 4_000  # letters of a row


class Parts:
    """`numbered`: `turn` says where a page ends; else a part ends after a line, once it is long enough."""

    def __init__(self, name: str, *, numbered: bool = False) -> None:
        self._name, self._numbered = name, numbered
        self._number, self._length = 1, 0
        self._pieces: list[str] = []
        self._ready: list[Page] = []

    def add(self, text: str) -> None:
        self._pieces.append(text)
        self._length += len(text)
        if not self._numbered and self._length >= LENGTH and text.endswith("\n"):
            self.turn()

    def turn(self) -> None:
        text = "".join(self._pieces).strip()
        if text or self._numbered:
            self._ready.append(Page(label=f"{self._name} {self._number}", text=text))
            self._number += 1
        self._pieces, self._length = [], 0

    def take(self) -> Iterator[Page]:
        """Those that are whole."""
        ready, self._ready = self._ready, []
        yield from ready

    def rest(self) -> Iterator[Page]:
        self.turn()
        yield from self.take()


def parts(text: str) -> Iterator[Page]:
    growing = Parts("part")
    for line in text.splitlines(keepends=True):
        for begin in range(0, len(line), LENGTH):
            growing.add(line[begin : begin + LENGTH])
        yield from growing.take()
    yield from growing.rest()


def rows(table: Iterable[Sequence[object]], name: str = "") -> Iterator[Page]:
    """The rows of a table that are not empty, ROWS of them on a page, each page below the first row."""
    head, shown, first, last = "", list[str](), 1, 0
    for last, row in enumerate(table, start=1):
        line = " | ".join("" if cell is None else " ".join(str(cell).split()) for cell in row)[:WIDEST].rstrip(" |")
        if not line:
            continue
        head, first = head or line, first if shown else last
        shown.append(line)
        if len(shown) == ROWS:
            yield _table(name, head, shown, first, last)
            shown = []
    if shown:
        yield _table(name, head, shown, first, last)


def _table(name: str, head: str, shown: list[str], first: int, last: int) -> Page:
    lines = shown if shown[0] == head else [head, *shown]
    return Page(label=", ".join(part for part in (name, f"rows {first} to {last}") if part), text="\n".join(lines))
