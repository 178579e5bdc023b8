"""What memory keeps of the files that people send in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.records import Document, Extract, Found


class Documents(Protocol):
    """Files that the person sent in, with what was read in them: pieces that recall finds, as words of others."""

    async def take(self, document: Document, content: bytes) -> Document | None:
        """Keep it with its content, which stays where it is if `file` names it already, and is not kept above 25 MB.
        Sent before: that one, as sent now. None: the person had it forgotten after they sent this."""

    async def get(self, document: str) -> Document | None: ...
    async def list(self, limit: int = 100) -> Sequence[Document]:
        """The last that were sent come first."""

    async def write(self, document: str, extracts: Sequence[Extract], *, pages: int, problem: str = "") -> None:
        """What was read in it, once: what is there already stays."""

    async def extracts(self, document: str, first: int = 1, last: int | None = None) -> Sequence[Extract]:
        """Those of these pages, in their order."""

    async def find(self, query: str, limit: int = 8) -> Sequence[Found]: ...
    async def forget(self, document: str) -> None:
        """Its content and all that was read in it; nothing but the person brings it back."""
