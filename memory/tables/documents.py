"""Files that people sent in: what became of reading each, and the pieces of its text."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, UniqueConstraint

from bot.message import Kind
from memory.columns import Id, Moment, Words
from memory.tables.parts import UNSEEN, needed, one_of, owned, row_id, words

documents = owned(
    "documents",
    row_id(),
    needed("hash", LargeBinary(), info=UNSEEN),  # of the content
    needed("kind", Words()),
    *words("mime", "name"),
    needed("size", Integer()),
    needed("at", Moment),
    *words("platform"),
    Column("message", Id()),
    *words("caption"),
    Column("file", Id()),  # where the content is, unless it was too large to be kept
    Column("pages", Integer()),  # none: not read yet
    *words("problem"),
    one_of("kind", Kind),
    UniqueConstraint("user_id", "hash", name="documents_hash_key"),
    Index("documents_owner", "user_id", "at"),
)

# A piece of a file's text: written once, never changed. `about`: the file's name and the words it came with.
extracts = owned(
    "extracts",
    row_id(),
    Column("document", Id(), ForeignKey("documents.id", ondelete="CASCADE"), nullable=False),
    needed("number", Integer()),
    needed("page", Integer()),
    *words("label", "text", "about"),
    needed("at", Moment),
    Index("extracts_place", "document", "number", unique=True),
    Index("extracts_owner", "user_id"),
)
