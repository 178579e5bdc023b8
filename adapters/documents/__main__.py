"""Reads the file that is its standard input and writes its pages; see `adapters.documents.process`."""

from __future__ import annotations

import json
import sys
from typing import BinaryIO

from adapters.documents.kinds import pages_of
from adapters.documents.unreadable import Unreadable

MEMORY = 160 * 1024 * 1024  # bytes of its own that it may have; an ordinary file needs a third
PROCESSOR_SECONDS = 60
MOST_PAGES, MOST_LETTERS = 1_000, 2_000_000
CUT = "It is so long that I read only the first {pages} pages or parts of it."


def main() -> None:
    _hold()
    try:
        problem = _write(sys.stdin.buffer)
    except Unreadable as error:
        problem = str(error)
    except RecursionError:  # nested deeper than anybody writes
        problem = Unreadable.DAMAGED
    print(json.dumps({"problem": problem}))  # noqa: T201


def _write(file: BinaryIO) -> str:
    letters = 0
    for number, page in enumerate(pages_of(file), start=1):
        print(json.dumps({"label": page.label, "text": page.text}), flush=True)  # noqa: T201
        letters += len(page.text)
        if number == MOST_PAGES or letters >= MOST_LETTERS:
            return CUT.format(pages=f"{number:,}")
    return ""


def _hold() -> None:
    """Where the system can do it, it gets no more memory and time than this."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
