"""All we hold about one person: taken along, or deleted for good."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, and_, delete, literal, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.action import Json
from bot.codec import encode
from bot.ids import new_id
from bot.people import Scope, User
from bot.records import InboundState
from bot.web import WEB
from memory.persons import USER
from memory.rows import Owned
from memory.tables import audit, conversations, inbound, metadata, persons, users

# Told in the transaction that deletes everything of a person: whose it is, and the ids of what had arrived from them.
Deleted = Callable[[AsyncConnection, Scope, Sequence[str]], Awaitable[None]]
HIDDEN = ("org_id", "user_id")
WIPED = {"text": "", "attachments": [], "values": []}


class OwnEverything(Owned):
    def __init__(self, tx: AsyncConnection, scope: Scope, deleted: Deleted | None = None) -> None:
        super().__init__(tx, scope)
        self._deleted = deleted

    async def export(self) -> Json:
        """By table, oldest first. Not in it: keys, hashes, and the contents of files (they are listed)."""
        kept = {table.name: await self._rows(table, self.mine(table)) for table in _told_tables()}
        return {
            "profile": await self._rows(users, users.c.id == self.scope.user),
            **kept,
            "audit": await self._rows(audit, self.mine(audit)),
        }

    async def _rows(self, table: Table, where: ColumnElement[bool]) -> list[dict[str, Json]]:
        shown = [c for c in table.c if c.name not in HIDDEN and c.info.get("export", True)]
        rows = await self.tx.execute(select(*shown).where(where).order_by(*table.primary_key))
        return [{c.name: _json(c, value) for c, value in zip(shown, row, strict=True)} for row in rows]

    async def delete(self) -> None:
        """All of it, for good; the audit log keeps that it happened.

        What stays is an empty user and their own web chat, so that the turn which asked for this can end and answer."""
        await self.alone()
        arrived = await self._forget_arrivals()
        for table in _told_tables():
            await self.tx.execute(delete(table).where(self.mine(table), *self._not_kept(table)))
        titles = update(conversations).where(self.mine(conversations))
        await self.tx.execute(titles.values(title=""))
        blank = USER.row(User(id=self.scope.user, org=self.scope.org, name=""))
        await self.tx.execute(update(users).where(users.c.id == self.scope.user).values(blank))
        line = {"id": new_id(), "at": datetime.now(UTC), "kind": "deleted everything", "about": {}}
        await self.tx.execute(audit.insert().values(**line, **self.owner))
        if self._deleted is not None:
            await self._deleted(self.tx, self.scope, arrived)

    def _not_kept(self, table: Table) -> list[ColumnElement[bool]]:
        """Their own web account and the counter of its conversation stay: an open page still sees the answer."""
        if table is persons:
            return [persons.c.platform != WEB]
        return [~conversations.c.key.startswith(f"{WEB}\x1f")] if table is conversations else []

    async def _forget_arrivals(self) -> list[str]:
        """What arrived from this person's accounts. The one being worked on is only emptied: it must still end.
        Returns the ids of all of it."""
        accounts = select(persons.c.platform, persons.c.tenant, persons.c.id).where(self.mine(persons)).subquery()
        linked = and_(
            inbound.c.platform == accounts.c.platform,
            inbound.c.tenant == accounts.c.tenant,
            inbound.c.sender == accounts.c.id,
        )
        web = and_(inbound.c.platform == WEB, inbound.c.sender == self.scope.user)
        mine = or_(select(accounts.c.id).where(linked).exists(), web)
        working = inbound.c.state == InboundState.WORKING.value
        gone = await self.tx.execute(delete(inbound).where(mine, ~working).returning(inbound.c.id))
        emptied = inbound.c.payload.op("||")(literal(WIPED, JSONB))
        left = await self.tx.execute(
            update(inbound).where(mine, working).values(payload=emptied).returning(inbound.c.id)
        )
        return [*gone.scalars(), *left.scalars()]


def tables_of_people() -> list[Table]:
    """All tables whose rows belong to a person and go with them; those that refer to others first."""
    return [table for table in reversed(metadata.sorted_tables) if "user_id" in table.c and table is not audit]


def _told_tables() -> list[Table]:
    """Those of them that hold what was told and done; triggers keep the others in step with these."""
    return [table for table in tables_of_people() if not table.info.get("derived")]


def _json(column: Column[Any], value: Any) -> Json:
    return value if isinstance(column.type, JSONB) else encode(value)
