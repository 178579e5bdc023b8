"""Drafts, newest first."""

from __future__ import annotations

import builtins

from bot.records import Draft
from memory.rows import Shape, Versioned
from memory.tables import drafts


class OwnDrafts(Versioned[Draft]):
    shape = Shape(Draft, drafts)

    async def list(self, limit: int = 50) -> builtins.list[Draft]:
        return await self._list(order=[drafts.c.created_at.desc(), drafts.c.id.desc()], limit=limit)
