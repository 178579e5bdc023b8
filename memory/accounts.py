"""The platform accounts that are one person's."""

from __future__ import annotations

from sqlalchemy import delete

from bot.codec import decode
from bot.message import Address
from bot.people import Person
from bot.records import Linked
from memory.persons import PERSON, is_account
from memory.rows import Owned
from memory.tables import persons


class OwnAccounts(Owned):
    """Fulfils `bot.repositories.Accounts`."""

    async def list(self) -> list[Linked]:
        """The one they wrote from last first."""
        statement = PERSON.select().add_columns(persons.c.linked_at, persons.c.at).where(self.mine(persons))
        order = (persons.c.reached_at.desc().nulls_last(), persons.c.linked_at, persons.c.platform)
        rows = await self.tx.execute(statement.order_by(*order).limit(100))
        return [
            Linked(person=PERSON.record(row), since=row.linked_at, at=decode(Address | None, row.at)) for row in rows
        ]

    async def unlink(self, person: Person) -> bool:
        statement = delete(persons).where(self.mine(persons), is_account(person))
        return (await self.tx.execute(statement)).rowcount > 0
