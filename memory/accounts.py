"""The platform accounts that are one person's."""

from __future__ import annotations

from sqlalchemy import delete

from bot.people import Linked, Person
from memory.persons import PERSON, is_account
from memory.rows import Owned
from memory.tables import persons


class OwnAccounts(Owned):
    """Fulfils `bot.repositories.Accounts`."""

    async def list(self) -> list[Linked]:
        statement = PERSON.select().add_columns(persons.c.linked_at).where(self.mine(persons))
        rows = await self.tx.execute(statement.order_by(persons.c.linked_at, persons.c.platform).limit(100))
        return [Linked(person=PERSON.record(row), since=row.linked_at) for row in rows]

    async def unlink(self, person: Person) -> bool:
        statement = delete(persons).where(self.mine(persons), is_account(person))
        return (await self.tx.execute(statement)).rowcount > 0
