"""Suggestions and their revisions: one row, moved from state to state by one atomic UPDATE."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, exists, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from bot.message import Address
from bot.suggestion import State, Suggestion
from memory.rows import Owned, Shape
from memory.tables import messages, suggestion_revisions, suggestions

SHAPE = Shape(Suggestion, suggestions, elsewhere={"scope"})


class OwnSuggestions(Owned):
    async def add(self, suggestion: Suggestion) -> None:
        """Idempotent by id."""
        row = upsert(suggestions).values(**SHAPE.row(suggestion), **self.owner).on_conflict_do_nothing()
        if (await self.tx.execute(row)).rowcount:
            await self._add_revision(suggestion)

    async def _add_revision(self, suggestion: Suggestion) -> None:
        same = {name: value for name, value in SHAPE.row(suggestion).items() if name in suggestion_revisions.c}
        await self.tx.execute(insert(suggestion_revisions).values(**same, suggestion=suggestion.id, **self.owner))

    async def get(self, suggestion: str) -> Suggestion | None:
        return await self._one(suggestions.c.id == suggestion)

    async def by_nonce(self, nonce: str) -> Suggestion | None:
        """By the nonce of any of its revisions; the row is always the newest revision."""
        named = select(suggestion_revisions.c.suggestion).where(suggestion_revisions.c.nonce == nonce)
        return await self._one(suggestions.c.id == named.scalar_subquery())

    async def open(self, at: Address | None = None) -> Sequence[Suggestion]:
        """Those waiting for an answer, oldest first; `at`: with a card in that conversation."""
        waiting = suggestions.c.state == State.OPEN.value
        if at is not None:
            card = (messages.c.suggestion == suggestions.c.id) & (messages.c.conversation == at.conversation)
            waiting &= exists().where(card, self.mine(messages))
        return await self._list(waiting, order=suggestions.c.created_at, limit=200)

    async def recent(self, limit: int = 20) -> Sequence[Suggestion]:
        """Newest first."""
        return await self._list(order=suggestions.c.created_at.desc(), limit=limit)

    async def in_state(self, state: State, limit: int = 50) -> Sequence[Suggestion]:
        """Oldest first."""
        return await self._list(suggestions.c.state == state.value, order=suggestions.c.created_at, limit=limit)

    async def move(self, before: Suggestion, after: Suggestion) -> bool:
        """False when somebody else was first: the row is no longer in the state and revision of `before`."""
        expected = (suggestions.c.state == before.state.value) & (suggestions.c.revision == before.revision)
        row = update(suggestions).where(self.mine(suggestions), suggestions.c.id == before.id, expected)
        if (await self.tx.execute(row.values(SHAPE.row(after)))).rowcount == 0:
            return False
        if after.revision != before.revision:
            await self._add_revision(after)
        return True

    async def _one(self, where: ColumnElement[bool]) -> Suggestion | None:
        found = await self._list(where, order=suggestions.c.created_at, limit=1)
        return found[0] if found else None

    async def _list(self, *where: ColumnElement[bool], order: Any, limit: int) -> builtins.list[Suggestion]:
        statement = SHAPE.select().where(self.mine(suggestions), *where).order_by(order).limit(limit)
        return [SHAPE.record(row, scope=self.scope) for row in await self.tx.execute(statement)]
