"""The part of a long text that a question is about, so that what is shown stays small."""

from __future__ import annotations

import re
from collections.abc import Sequence

from memory.words import stem, words_of

LONGEST = 600  # characters
LOOKED_AT = 20_000
PIECE = re.compile(r".+?(?:[.!?:;。]+(?=\s|$)|\n+|$)\s*", re.DOTALL)


def excerpt(text: str, terms: Sequence[str], longest: int = LONGEST) -> str:
    """The text, or where it is long the run of whole sentences that has most of the terms, with … where it is cut."""
    if len(text) <= longest:
        return text
    pieces = [piece[:longest] for piece in PIECE.findall(text[:LOOKED_AT])]
    stems = {stem(word) for term in terms for word in words_of(term)}
    worth = [len({stem(word) for word in words_of(piece)} & stems) for piece in pieces]
    begin, end = _best_run(pieces, worth, longest)
    shown = "".join(pieces[begin:end]).strip()
    return f"{'… ' if begin else ''}{shown}{' …' if end < len(pieces) or len(text) > LOOKED_AT else ''}"


def _best_run(pieces: Sequence[str], worth: Sequence[int], longest: int) -> tuple[int, int]:
    """The pieces from `begin` to before `end` that fit and are worth most; of equal ones the first."""
    best, chosen = -1, (0, 1)
    size = value = begin = 0
    for end, piece in enumerate(pieces, start=1):
        size, value = size + len(piece), value + worth[end - 1]
        while size > longest and begin < end - 1:
            size, value, begin = size - len(pieces[begin]), value - worth[begin], begin + 1
        if value > best:
            best, chosen = value, (begin, end)
    return chosen
