"""Which platform account belongs to whom, and the codes by which a stranger becomes somebody we know."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.codec import decode, encode
from bot.ids import new_id
from bot.message import Address
from bot.people import Person, Scope, User
from bot.repositories import Locked
from bot.web import web_person
from memory.hashing import hashed
from memory.rows import Shape
from memory.tables import link_codes, orgs, persons, users, wrong_codes

USER = Shape(User, users, elsewhere={"org"})
PERSON = Shape(Person, persons)
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # nothing that looks like something else
LENGTH = 8
HOUR = timedelta(hours=1)
PENDING = 3
WRONG = 5


class LinkedPersons:
    """Fulfils `bot.repositories.Persons`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self.tx = tx

    async def user_of(self, person: Person) -> User | None:
        belongs = persons.c.user_id == users.c.id
        return _user(
            (await self.tx.execute(_select_user().join(persons, belongs).where(is_account(person)))).one_or_none()
        )

    async def link(self, person: Person, user: User) -> None:
        """From now on the account is this user's, whoever had it before."""
        owner = {"org_id": user.org, "user_id": user.id, "name": person.name, "linked_at": func.now()}
        row = upsert(persons).values(**{**PERSON.row(person), **owner})
        await self.tx.execute(row.on_conflict_do_update(index_elements=["platform", "tenant", "id"], set_=owner))

    async def reached(self, person: Person, at: Address) -> None:
        here = {"at": encode(at), "reached_at": func.now()}
        await self.tx.execute(update(persons).where(is_account(person)).values(here))

    async def code_for(self, person: Person, at: Address, now: datetime) -> str | None:
        """A fresh code of 8 characters (1 hour, 3 pending at most); None when the person must wait."""
        owner = f"{person.platform}\x1f{person.tenant}\x1f{person.id}"
        await self._one_at_a_time(owner)
        pending = select(func.count()).where(link_codes.c.owner == owner, link_codes.c.expires_at > now)
        if (await self.tx.execute(pending)).scalar_one() >= PENDING:
            return None
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        row = {"hash": hashed(code), "owner": owner, "expires_at": now + HOUR}
        await self.tx.execute(insert(link_codes).values(**row, person=encode(person), at=encode(at)))
        return code

    async def look_up(self, code: str, now: datetime) -> tuple[Person, Address] | None:
        """Whose code it is, without spending it; None and Locked as in `redeem`."""
        return await self._whose(select(link_codes.c.person, link_codes.c.at), code, now)

    async def redeem(self, code: str, now: datetime) -> tuple[Person, Address] | None:
        """Whose code it is, once; None when unknown, used or expired (commit it: wrong tries count).
        After 5 wrong tries within an hour, by whomever: Locked."""
        return await self._whose(delete(link_codes).returning(link_codes.c.person, link_codes.c.at), code, now)

    async def _whose(self, statement: Any, code: str, now: datetime) -> tuple[Person, Address] | None:
        await self._one_at_a_time("redeem")
        wrong = select(func.count()).where(wrong_codes.c.at > now - HOUR)
        if (await self.tx.execute(wrong)).scalar_one() >= WRONG:
            raise Locked("too many wrong codes; try again in an hour")
        known = (link_codes.c.hash == hashed(_plain(code))) & (link_codes.c.expires_at > now)
        row = (await self.tx.execute(statement.where(known))).one_or_none()
        if row is None:
            await self.tx.execute(insert(wrong_codes).values(id=new_id(), at=now))
            return None
        return decode(Person, row.person), decode(Address, row.at)

    async def owner(self) -> User | None:
        """The first user there was. While there is none, whoever asks first may add one before the next is answered."""
        first = _select_user().order_by(users.c.created_at, users.c.id).limit(1)
        if (row := (await self.tx.execute(first)).first()) is None:
            await self._one_at_a_time("owner")
            row = (await self.tx.execute(first)).first()
        return _user(row)

    async def add_user(self, user: User) -> None:
        """With their organisation where it is new, and as who they are on page and terminal; idempotent by id."""
        await self.tx.execute(upsert(orgs).values(id=user.org, name=user.name).on_conflict_do_nothing())
        await self.tx.execute(upsert(users).values(**USER.row(user), org_id=user.org).on_conflict_do_nothing())
        await self.link(web_person(user), user)

    async def get(self, scope: Scope) -> User | None:
        mine = (users.c.org_id == scope.org) & (users.c.id == scope.user)
        return _user((await self.tx.execute(_select_user().where(mine))).one_or_none())

    async def _one_at_a_time(self, what: str) -> None:
        """Until commit, so that counting and inserting cannot be overtaken."""
        await self.tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(what, 0))))


def is_account(person: Person) -> ColumnElement[bool]:
    same_place = (persons.c.platform == person.platform) & (persons.c.tenant == person.tenant)
    return same_place & (persons.c.id == person.id)


def _select_user() -> Any:
    return USER.select().add_columns(users.c.org_id)


def _user(row: Row[Any] | None) -> User | None:
    return None if row is None else USER.record(row, org=row.org_id)


def _plain(code: str) -> str:
    """As it was made, however it was typed: "abcd-efgh" is ABCDEFGH."""
    return "".join(character for character in code.upper() if character.isalnum())
