"""The requests the stand-in has seen, for tests that ask what was really sent and when."""

from __future__ import annotations

import json
import time
import zlib
from collections import deque
from dataclasses import dataclass
from typing import Any

MOST = 2_000
MOST_BYTES = 8 * 1024 * 1024  # of packed bodies: the stand-in stays small whatever is sent to it


@dataclass(slots=True, kw_only=True)
class Seen:
    """One request. Times are seconds since the epoch; `left` says when the other side went away before the end."""

    number: int
    path: str
    packed: bytes
    size: int
    started: float
    status: int = 0
    completed: float | None = None
    left: float | None = None

    def view(self) -> dict[str, Any]:
        body = _unpack(self.packed) if self.packed else None
        times = {"started": self.started, "completed": self.completed, "left": self.left}
        return {
            "number": self.number,
            "path": self.path,
            "status": self.status,
            "size": self.size,
            "body": body,
        } | times


class Record:
    def __init__(self) -> None:
        self._seen: deque[Seen] = deque(maxlen=MOST)
        self._bytes = 0
        self._count = 0

    def begin(self, path: str, raw: bytes) -> Seen:
        started = time.time()
        packed = zlib.compress(raw, 1)
        self._count += 1
        seen = Seen(number=self._count, path=path, packed=packed, size=len(raw), started=started)
        if len(self._seen) == MOST:
            self._bytes -= len(self._seen[0].packed)
        self._seen.append(seen)
        self._bytes += len(packed)
        for old in self._seen:
            if self._bytes <= MOST_BYTES:
                break
            self._bytes -= len(old.packed)
            old.packed = b""
        return seen

    def views(self, since: int = 0) -> list[dict[str, Any]]:
        return [seen.view() for seen in self._seen if seen.number > since]

    def clear(self) -> None:
        self._seen.clear()
        self._bytes = 0


def _unpack(packed: bytes) -> Any:
    raw = zlib.decompress(packed)
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode(errors="replace")
