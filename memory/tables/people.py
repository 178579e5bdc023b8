"""Who there is and how they get in: organisations, users, their accounts, codes, sessions, keys."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Table,
    Time,
    UniqueConstraint,
)

from memory.columns import Id, Json, Moment, Words
from memory.tables.parts import NOW, UNSEEN, json, made, metadata, needed, owned, row_id, words

orgs = Table("orgs", metadata, row_id(), *words("name"), made())

users = Table(
    "users",
    metadata,
    row_id(),
    needed("org_id", Id()),
    *words("name"),
    Column("zone", Words()),
    Column("language", Words()),
    needed("paused", Boolean()),
    Column("quiet_from", Time()),
    Column("quiet_until", Time()),
    needed("digest_at", Time()),
    needed("dollars_per_day", Double()),
    needed("dollars_per_month", Double()),
    Column("fast_only_until", Moment),
    *json("voice"),
    *words("prefers"),
    needed("learns", Boolean()),
    made(),
    ForeignKeyConstraint(["org_id"], ["orgs.id"], ondelete="CASCADE"),
    UniqueConstraint("org_id", "id"),
)

persons = owned(
    "persons",
    Column("platform", Words(), primary_key=True),
    Column("tenant", Words(), primary_key=True),
    Column("id", Words(), primary_key=True),
    *words("name"),
    needed("linked_at", Moment, server_default=NOW),
    Column("at", Json),  # where they write to us alone
    Column("reached_at", Moment),
    Index("persons_owner", "user_id"),
)

installations = Table(
    "installations",
    metadata,
    Column("platform", Words(), primary_key=True),
    Column("tenant", Words(), primary_key=True),
    needed("about", Json),
    needed("key_id", Words()),
    needed("sealed", LargeBinary()),
    made(),
)

link_codes = Table(
    "link_codes",
    metadata,
    Column("hash", LargeBinary(), primary_key=True),
    *json("person", "at"),
    needed("owner", Words()),  # the person in one word, to count pending codes
    needed("expires_at", Moment),
    Index("link_codes_owner", "owner"),
)

wrong_codes = Table("wrong_codes", metadata, row_id(), needed("at", Moment), Index("wrong_codes_at", "at"))

sign_in_links = owned(
    "sign_in_links",
    Column("hash", LargeBinary(), primary_key=True, info=UNSEEN),
    needed("expires_at", Moment),
    Index("sign_in_links_owner", "user_id"),
)

sessions = owned(
    "sessions",
    Column("hash", LargeBinary(), primary_key=True, info=UNSEEN),
    made(),
    needed("used_at", Moment),
    Index("sessions_owner", "user_id"),
)

secrets = owned(
    "secrets",
    Column("name", Words(), primary_key=True),
    needed("key_id", Words(), info=UNSEEN),
    needed("sealed", LargeBinary(), info=UNSEEN),
    made(),
    keyed=True,
)

cursors = Table("cursors", metadata, Column("name", Words(), primary_key=True), needed("value", Json))

leases = Table(
    "leases",
    metadata,
    Column("name", Words(), primary_key=True),
    needed("holder", Words()),
    needed("until", Moment),
)
