"""The virus scanner: asks ClamAV's `clamd`, where one is set up, about what people send in."""

from __future__ import annotations

from adapters.scanner.clamd import Scanner, Unscanned
from adapters.scanner.screen import screen

__all__ = ["Scanner", "Unscanned", "connect", "screen"]


def connect(clamd: str | None) -> Scanner | None:
    """`clamd` is `host:port` or the path of a socket; None where there is no scanner. Checks nothing."""
    return Scanner(clamd) if clamd else None
