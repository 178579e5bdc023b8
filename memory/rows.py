"""How a record of `bot` becomes a row and back, and the shelf: put, get, list and remove for one person's records."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import fields
from enum import Enum
from typing import Any, Generic, TypeVar, get_origin, get_type_hints

from sqlalchemy import Column, ColumnElement, Row, Table, delete, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.codec import decode, encode
from bot.people import Scope
from bot.repositories import Stale
from memory.columns import Id, is_id

T = TypeVar("T")


class Shape(Generic[T]):
    """A record type and its table: fields and columns of the same name belong together.

    `elsewhere`: fields that have no column of their name, because whoever uses the shape keeps them in another way.
    Raises TypeError for any other field without a column: it would be lost without a word."""

    def __init__(self, kind: type[T], table: Table, elsewhere: Collection[str] = ()) -> None:
        hints = get_type_hints(kind)
        names = [field.name for field in fields(kind) if field.name not in elsewhere]  # type: ignore[arg-type]
        lost = [name for name in names if name not in table.c]
        if lost:
            raise TypeError(f"{kind.__name__} has no place in {table.name} for {', '.join(lost)}")
        self.kind, self.table = kind, table
        self.columns: list[tuple[Column[Any], Any]] = [(table.c[name], hints[name]) for name in names]
        self._select = select(*(column for column, _ in self.columns))
        self._loaders = [(column.name, _loader(column, hints[column.name])) for column, _ in self.columns]

    def row(self, record: T) -> dict[str, Any]:
        """The values of the columns; what is None and has a default in the database is left out."""
        values = {column.name: _stored(column, getattr(record, column.name)) for column, _ in self.columns}
        return {k: v for k, v in values.items() if v is not None or self.table.c[k].server_default is None}

    def record(self, row: Row[Any], **more: Any) -> T:
        """The record; `more` are the fields that have no column of their name."""
        values = row._mapping
        return self.kind(**{name: load(values[name]) if load else values[name] for name, load in self._loaders}, **more)

    def select(self) -> Any:
        return self._select


def _stored(column: Column[Any], value: Any) -> Any:
    if isinstance(column.type, JSONB):
        return encode(value)
    if isinstance(column.type, Id) and value is not None and not is_id(value):
        raise ValueError(f"{column} needs an id, not {value!r}")
    return value.value if isinstance(value, Enum) else value


def _loader(column: Column[Any], hint: Any) -> Callable[[Any], Any] | None:
    """What makes the field of a column's value; None where they are the same. Chosen once: histories have many rows."""
    if isinstance(column.type, JSONB):
        return lambda value: () if value == [] and get_origin(hint) is tuple else decode(hint, value)
    return hint if isinstance(hint, type) and issubclass(hint, Enum) else None


class Owned:
    """Something bound to one transaction and one person; all its statements carry the scope."""

    def __init__(self, tx: AsyncConnection, scope: Scope) -> None:
        self.tx, self.scope = tx, scope

    def mine(self, table: Table) -> ColumnElement[bool]:
        return (table.c.org_id == self.scope.org) & (table.c.user_id == self.scope.user)

    async def alone(self) -> None:
        """Until commit nobody else learns or forgets of this person."""
        key = func.hashtextextended(f"facts of {self.scope.user}", 0)
        await self.tx.execute(select(func.pg_advisory_xact_lock(key)))

    @property
    def owner(self) -> dict[str, str]:
        """The columns that say whose row it is."""
        return {"org_id": self.scope.org, "user_id": self.scope.user}


class Shelf(Owned, Generic[T]):
    """One person's records of one kind. Subclasses name the `shape` and add how they are listed."""

    shape: Shape[Any]

    async def put(self, record: T) -> None:
        """Insert, or change the row of this id. Raises Stale when the id is somebody else's."""
        table, row = self.shape.table, self.shape.row(record)
        changes = {name: value for name, value in row.items() if name != "id"}
        statement = insert(table).values(**row, **self.owner)
        statement = statement.on_conflict_do_update(index_elements=["id"], set_=changes, where=self.mine(table))
        if (await self.tx.execute(statement)).rowcount == 0:
            raise Stale(f"{table.name}: {row['id']} is taken")

    async def get(self, id: str) -> T | None:
        found = await self._list(self.shape.table.c.id == id, limit=1)
        return found[0] if found else None

    async def remove(self, id: str) -> None:
        table = self.shape.table
        await self.tx.execute(delete(table).where(self.mine(table), table.c.id == id))

    async def _list(self, *where: ColumnElement[bool], order: Sequence[Any] = (), limit: int) -> list[T]:
        statement = self.shape.select().where(self.mine(self.shape.table), *where).order_by(*order).limit(limit)
        return [self.shape.record(row) for row in await self.tx.execute(statement)]


class Versioned(Shelf[T]):
    """Records that two may change at once: each change names the version it was made from."""

    async def put(self, record: T) -> None:
        """Insert at version 1, else update the row whose version is one less. Raises Stale."""
        table, row = self.shape.table, self.shape.row(record)
        statement: Any
        if row["version"] == 1:
            statement = insert(table).values(**row, **self.owner).on_conflict_do_nothing()
        else:
            before = (table.c.id == row["id"]) & (table.c.version == row["version"] - 1)
            statement = update(table).where(self.mine(table), before).values(row)
        if (await self.tx.execute(statement)).rowcount == 0:
            raise Stale(f"{table.name}: {row['id']} was changed by somebody else")
