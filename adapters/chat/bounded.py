"""What is remembered for a while, and never more than so much of it."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def remember(kept: dict[str, T], key: str, value: T, most: int) -> None:
    """What was put there first goes first."""
    kept[key] = value
    while len(kept) > most:
        del kept[next(iter(kept))]
