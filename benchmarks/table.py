"""The table: what was measured, the bar it must pass, the floor of the same run and the ratio to it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HEAD = ("what", "measured", "bar", "floor, same run", "ratio", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line. `passed` is None where there is no bar."""

    what: str
    measured: str
    bar: str = ""
    floor: str = ""
    ratio: float | None = None
    passed: bool | None = None

    def cells(self) -> tuple[str, ...]:
        verdict = {True: "passes", False: "MISSES", None: ""}[self.passed]
        ratio = "" if self.ratio is None else f"{self.ratio:.1f}"
        return (self.what, self.measured, self.bar, self.floor, ratio, verdict)


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank: the value that `share` (0 to 1) of all values do not exceed."""
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def markdown(rows: Iterable[Row]) -> str:
    lines = [HEAD, tuple("---" for _ in HEAD), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
