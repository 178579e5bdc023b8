"""What stands in the chat of a message of ours, kept as its ref: the ids under which WhatsApp knows it, oldest first,
and a fingerprint of its words, by which the next change tells what is new. "wamid.A,wamid.B,#120.9f3c21aa"."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

KEPT = 20  # ids; a message that changes more often is known by its newest


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """`size` and `seal` are of the words that were shown last; a size of -1 fits none."""

    ids: tuple[str, ...] = ()
    size: int = -1
    seal: str = ""

    @classmethod
    def read(cls, ref: str) -> Shown:
        parts = ref.split(",")
        size, _, seal = parts[-1].removeprefix("#").partition(".") if parts[-1].startswith("#") else ("-1", "", "")
        return cls(ids=tuple(part for part in parts if not part.startswith("#")), size=int(size), seal=seal)

    def now(self, ids: tuple[str, ...], text: str) -> Shown:
        """After further messages were sent, so that it reads `text`."""
        return Shown(ids=(*self.ids, *ids)[-KEPT:], size=len(text), seal=_seal(text))

    def added(self, text: str) -> str | None:
        """What the text has behind the words that are shown; None when it does not begin with them."""
        begins = 0 <= self.size <= len(text) and _seal(text[: self.size]) == self.seal
        return text[self.size :] if begins else None

    def __str__(self) -> str:
        return ",".join([*self.ids, f"#{self.size}.{self.seal}"])


def _seal(text: str) -> str:
    return f"{zlib.crc32(text.encode(errors='replace')):08x}"
