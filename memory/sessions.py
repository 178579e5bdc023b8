"""Signed-in browsers and one-time sign-in links."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.people import Scope
from memory.hashing import hashed, new_secret
from memory.tables import sessions, sign_in_links

LINK = timedelta(minutes=15)
IDLE = timedelta(days=30)
TOUCH = timedelta(hours=1)  # the last use is written down once an hour, not with every request


class SignedIn:
    """Fulfils `bot.repositories.Sessions`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self.tx = tx

    async def new_link(self, scope: Scope, now: datetime) -> str:
        """The secret of a fresh link: good once, for 15 minutes."""
        secret = new_secret()
        row = {"org_id": scope.org, "user_id": scope.user, "hash": hashed(secret), "expires_at": now + LINK}
        await self.tx.execute(insert(sign_in_links).values(row))
        return secret

    async def redeem_link(self, secret: str, now: datetime) -> Scope | None:
        link = delete(sign_in_links).where(sign_in_links.c.hash == hashed(secret), sign_in_links.c.expires_at > now)
        return _scope((await self.tx.execute(link.returning(*_owner(sign_in_links)))).one_or_none())

    async def open(self, scope: Scope, now: datetime) -> str:
        """The opaque id for the cookie, good for 30 days after its last use."""
        secret = new_secret()
        row = {"org_id": scope.org, "user_id": scope.user, "hash": hashed(secret), "used_at": now, "created_at": now}
        await self.tx.execute(insert(sessions).values(row))
        return secret

    async def get(self, session: str, now: datetime) -> Scope | None:
        mine = sessions.c.hash == hashed(session)
        found = select(*_owner(sessions), sessions.c.used_at).where(mine, sessions.c.used_at > now - IDLE)
        row = (await self.tx.execute(found)).one_or_none()
        if row is not None and now - row.used_at > TOUCH:
            await self.tx.execute(update(sessions).where(mine).values(used_at=now))
        return _scope(row)

    async def close(self, session: str) -> None:
        await self.tx.execute(delete(sessions).where(sessions.c.hash == hashed(session)))


def _owner(table: Table) -> tuple[Column[str], Column[str]]:
    return table.c.org_id, table.c.user_id


def _scope(row: Any) -> Scope | None:
    return None if row is None else Scope(org=row.org_id, user=row.user_id)
