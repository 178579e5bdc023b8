"""Notes, newest first, and searched by their words."""

from __future__ import annotations

import builtins

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.people import Scope
from bot.records import Note
from memory.question import Side
from memory.recollection import Recollection
from memory.rows import Shape, Versioned
from memory.tables import notes


class OwnNotes(Versioned[Note]):
    shape = Shape(Note, notes)

    def __init__(self, tx: AsyncConnection, scope: Scope, recollection: Recollection) -> None:
        super().__init__(tx, scope)
        self._recollection = recollection

    async def list(self, limit: int = 100) -> builtins.list[Note]:
        return await self._list(order=[notes.c.created_at.desc(), notes.c.id.desc()], limit=limit)

    async def search(self, query: str, limit: int = 20) -> builtins.list[Note]:
        found = [hit.id for hit in await self._recollection.search(query, limit, {Side.NOTE})]
        kept = {note.id: note for note in await self._list(notes.c.id.in_(found), limit=limit)}
        return [kept[each] for each in found]
