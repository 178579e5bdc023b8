"""Notes, newest first, and searched by their words."""

from __future__ import annotations

import builtins

from bot.records import Note
from memory.rows import Shape, Versioned
from memory.search import matching, rank
from memory.tables import notes


class OwnNotes(Versioned[Note]):
    shape = Shape(Note, notes)

    async def list(self, limit: int = 100) -> builtins.list[Note]:
        return await self._list(order=[notes.c.created_at.desc(), notes.c.id.desc()], limit=limit)

    async def search(self, query: str, limit: int = 20) -> builtins.list[Note]:
        order = [rank(notes, query).desc(), notes.c.created_at.desc()]
        return await self._list(matching(notes, query), order=order, limit=limit)
