"""Workspaces that installed our app by themselves: the token of each, sealed by the vault."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.repositories import Installation
from memory.tables import installations
from memory.vault import Sealed, Vault


class InstalledApps:
    """Fulfils `bot.repositories.Installations`."""

    def __init__(self, tx: AsyncConnection, vault: Vault) -> None:
        self.tx, self.vault = tx, vault

    async def put(self, platform: str, installation: Installation) -> None:
        sealed = self.vault.seal(installation.token, _context(platform, installation.tenant))
        changes = {
            "about": installation.about,
            "key_id": sealed.key_id,
            "sealed": sealed.data,
            "created_at": func.now(),
        }
        row = insert(installations).values(platform=platform, tenant=installation.tenant, **changes)
        await self.tx.execute(row.on_conflict_do_update(index_elements=["platform", "tenant"], set_=changes))

    async def get(self, platform: str, tenant: str) -> Installation | None:
        """Raises Unreadable when it is there and cannot be opened."""
        row = (await self.tx.execute(select(installations).where(_is(platform, tenant)))).one_or_none()
        if row is None:
            return None
        sealed = Sealed(key_id=row.key_id, data=bytes(row.sealed))
        return Installation(tenant=tenant, token=self.vault.open(sealed, _context(platform, tenant)), about=row.about)

    async def remove(self, platform: str, tenant: str) -> None:
        await self.tx.execute(delete(installations).where(_is(platform, tenant)))

    async def rotate(self) -> int:
        """Seal every token with the first key again; returns how many were under an older one."""
        aged = select(installations).where(installations.c.key_id != self.vault.current).with_for_update()
        rows = (await self.tx.execute(aged)).all()
        for row in rows:
            context = _context(row.platform, row.tenant)
            token = self.vault.open(Sealed(key_id=row.key_id, data=bytes(row.sealed)), context)
            sealed = self.vault.seal(token, context)
            mine = update(installations).where(_is(row.platform, row.tenant))
            await self.tx.execute(mine.values(key_id=sealed.key_id, sealed=sealed.data))
        return len(rows)


def _is(platform: str, tenant: str) -> ColumnElement[bool]:
    return (installations.c.platform == platform) & (installations.c.tenant == tenant)


def _context(platform: str, tenant: str) -> str:
    return f"installation|{platform}|{tenant}"
