"""What a person asked us to keep: tasks, reminders, notes, facts, contacts, drafts, files."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Double, Index, Integer, LargeBinary, text

from bot.message import Kind
from memory.columns import Id, Json, Moment, Words
from memory.tables.parts import (
    MOST_BYTES,
    NOW,
    UNSEEN,
    json,
    made,
    needed,
    one_of,
    owned,
    row_id,
    version,
    words,
)

tasks = owned(
    "tasks",
    row_id(),
    *words("title", "notes"),
    Column("due", Date()),
    needed("priority", Words()),
    *json("labels"),
    Column("parent", Id()),  # no foreign key: a parent that is removed and restored finds its children again
    Column("done_at", Moment),
    made(),
    version(),
    CheckConstraint("priority IN ('low', 'normal', 'high')", name="priority"),
    Index("tasks_open", "user_id", "done_at", "due"),
)

reminders = owned(
    "reminders",
    row_id(),
    *words("text"),
    needed("zone", Words()),
    Column("next_at", Moment),
    Column("rule", Words()),
    Column("where", Json),
    made(),
    Index("reminders_due", "next_at", postgresql_where=text("next_at IS NOT NULL")),
    Index("reminders_owner", "user_id", "next_at"),
)

notes = owned(
    "notes",
    row_id(),
    *words("title", "text"),
    made(),
    version(),
    Index("notes_owner", "user_id", "created_at"),
)

facts = owned(
    "facts",
    row_id(),
    *words("text", "category", "source"),
    needed("at", Moment),
    needed("favourite", Boolean()),
    Column("replaced_by", Id()),
    *words("who", "quote"),
    Column("message", Id()),
    Column("due", Date()),
    needed("confidence", Double()),
    Column("seen_at", Moment),
    Index("facts_owner", "user_id", "at"),
)

heard = owned(
    "heard",
    Column("sound", Words(), primary_key=True, info=UNSEEN),  # its hash
    *words("text", "language"),
    Column("confidence", Double()),
    needed("duration", Double()),
    *json("segments"),
    needed("at", Moment),
    Index("heard_at", "at"),
    keyed=True,
)

spoken = owned(
    "spoken",
    Column("words", Words(), primary_key=True, info=UNSEEN),  # the hash of the text, the voice and its settings
    needed("sound", LargeBinary(), info=UNSEEN),
    needed("at", Moment),
    Index("spoken_at", "at"),
    keyed=True,
)

forgotten = owned(
    "forgotten",
    Column("hash", LargeBinary(), primary_key=True, info=UNSEEN),
    needed("at", Moment, server_default=NOW),
    keyed=True,
)

contacts = owned(
    "contacts",
    row_id(),
    *words("name", "email", "phone", "about"),
    *json("called"),
    version(),
    made(),
    Index("contacts_owner", "user_id"),
)

drafts = owned(
    "drafts",
    row_id(),
    *words("to", "subject", "text"),
    made(),
    version(),
    Index("drafts_owner", "user_id", "created_at"),
)

files = owned(
    "files",
    row_id(),
    needed("kind", Words()),
    needed("mime", Words()),
    *words("name"),
    needed("size", Integer()),
    Column("duration", Double()),
    needed("content", LargeBinary(), info=UNSEEN),
    made(),
    one_of("kind", Kind),
    CheckConstraint(f"octet_length(content) <= {MOST_BYTES}", name="content"),
    Index("files_owner", "user_id"),
)
