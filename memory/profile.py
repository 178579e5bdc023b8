"""What the person chose: name, zone, language, quiet hours, budgets."""

from __future__ import annotations

from sqlalchemy import update

from bot.people import User
from memory.persons import USER
from memory.rows import Owned
from memory.tables import users


class OwnProfile(Owned):
    async def get(self) -> User:
        """Raises LookupError when the person is not known (any more)."""
        mine = USER.select().where(users.c.id == self.scope.user, users.c.org_id == self.scope.org)
        row = (await self.tx.execute(mine)).one_or_none()
        if row is None:
            raise LookupError("there is no such user")
        return USER.record(row, org=self.scope.org)

    async def put(self, user: User) -> None:
        if user.scope != self.scope:
            raise ValueError("this profile is somebody else's")
        mine = update(users).where(users.c.id == self.scope.user, users.c.org_id == self.scope.org)
        await self.tx.execute(mine.values(USER.row(user)))
