"""What all tables are built from: the metadata, the owner of a row, the usual columns.

Column names are the field names of the records in `bot`, so that `memory.rows` needs no list of them.
"""

from __future__ import annotations

from enum import Enum

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Integer, MetaData, Table, text
from sqlalchemy.sql.schema import SchemaItem

from memory.columns import Id, Json, Moment, Words

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
        "uq": "%(table_name)s_%(column_0_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s",
    }
)
NOW = text("now()")
UNSEEN = {"export": False}  # a column that means nothing to the person, or that must not leave: keys, hashes, vectors
DERIVED = {"derived": True}  # a table that triggers keep: it is not exported, and goes with what it is made from
MOST_BYTES = 25 * 1024 * 1024


def owned(name: str, *parts: SchemaItem, keyed: bool = False, info: dict[str, bool] | None = None) -> Table:
    """A table whose rows each belong to one person. `keyed`: its own key is unique for each person only."""
    owner = ForeignKeyConstraint(["org_id", "user_id"], ["users.org_id", "users.id"], ondelete="CASCADE")
    user = needed("user_id", Id(), primary_key=keyed)
    return Table(name, metadata, needed("org_id", Id()), user, *parts, owner, info=info)


def needed(name: str, kind: object, **more: object) -> Column[object]:
    return Column(name, kind, nullable=False, **more)  # type: ignore[arg-type]


def row_id() -> Column[str]:
    return Column("id", Id(), primary_key=True)


def words(*names: str) -> tuple[Column[object], ...]:
    return tuple(needed(name, Words()) for name in names)


def json(*names: str) -> tuple[Column[object], ...]:
    return tuple(needed(name, Json) for name in names)


def made() -> Column[object]:
    return needed("created_at", Moment, server_default=NOW)


def version() -> Column[object]:
    return needed("version", Integer())


def one_of(column: str, kind: type[Enum]) -> CheckConstraint:
    values = ", ".join(f"'{member.value}'" for member in kind)
    return CheckConstraint(f"{column} IN ({values})", name=column)
