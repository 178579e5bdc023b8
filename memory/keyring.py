"""Keys and tokens that people gave us, sealed by the vault."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.people import Scope
from memory.tables import secrets
from memory.vault import Sealed, Vault


class SealedSecrets:
    """Fulfils `bot.repositories.Secrets`."""

    def __init__(self, tx: AsyncConnection, vault: Vault) -> None:
        self.tx, self.vault = tx, vault

    async def put(self, scope: Scope, name: str, value: str) -> None:
        sealed = self.vault.seal(value, _context(scope.org, scope.user, name))
        changes = {"key_id": sealed.key_id, "sealed": sealed.data, "created_at": func.now()}
        row = insert(secrets).values(org_id=scope.org, user_id=scope.user, name=name, **changes)
        await self.tx.execute(row.on_conflict_do_update(index_elements=["user_id", "name"], set_=changes))

    async def get(self, scope: Scope, name: str) -> str | None:
        """Raises Unreadable when it is there and cannot be opened."""
        row = (await self.tx.execute(select(secrets).where(_is(scope.org, scope.user, name)))).one_or_none()
        return None if row is None else self._open(row)

    async def remove(self, scope: Scope, name: str) -> None:
        await self.tx.execute(delete(secrets).where(_is(scope.org, scope.user, name)))

    async def rotate(self) -> int:
        """Seal everybody's secrets with the first key again; returns how many were under an older one."""
        old = (
            await self.tx.execute(select(secrets).where(secrets.c.key_id != self.vault.current).with_for_update())
        ).all()
        for row in old:
            sealed = self.vault.seal(self._open(row), _context(row.org_id, row.user_id, row.name))
            mine = update(secrets).where(_is(row.org_id, row.user_id, row.name))
            await self.tx.execute(mine.values(key_id=sealed.key_id, sealed=sealed.data))
        return len(old)

    def _open(self, row: Row[Any]) -> str:
        sealed = Sealed(key_id=row.key_id, data=bytes(row.sealed))
        return self.vault.open(sealed, _context(row.org_id, row.user_id, row.name))


def _is(org: str, user: str, name: str) -> ColumnElement[bool]:
    return (secrets.c.org_id == org) & (secrets.c.user_id == user) & (secrets.c.name == name)


def _context(org: str, user: str, name: str) -> str:
    return f"{org}|{user}|{name}"
