"""What recall looks through. Triggers make all of it from facts, notes, messages and files, in the same transaction."""

from __future__ import annotations

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR

from memory.columns import Id, Moment, Words
from memory.tables.parts import DERIVED, metadata, needed, owned, words

# One row per fact that counts today, note, message and piece of a file: where it stands and what it is made of.
passages = owned(
    "passages",
    Column("id", BigInteger(), Identity(always=True), primary_key=True),
    *words("kind"),
    needed("record", Id()),  # the fact, note, message or extract
    needed("side", SmallInteger()),  # memory.passages.Side
    *words("thread"),  # the conversation of a message, the file of an extract, else empty
    needed("position", BigInteger()),
    needed("at", Moment),
    needed("asks", Boolean()),  # ends with a question mark
    needed("dated", Boolean()),  # speaks of a time
    needed("length", Integer()),  # words that count
    needed("terms", TSVECTOR()),
    needed("hash", LargeBinary()),  # of the text
    Column("embedded", Words()),  # the model of its vector; none until it has one
    CheckConstraint("kind IN ('fact', 'note', 'message', 'file')", name="kind"),
    UniqueConstraint("record", "kind"),
    Index("passages_thread", "user_id", "thread", "position"),
    Index("passages_at", "user_id", "at"),
    Index("passages_hash", "user_id", "hash"),
    Index("passages_embedded", "embedded"),
    info=DERIVED,
)

# Which passages of a person have a term and how often: how many there are is the term's document frequency.
postings = Table(
    "postings",
    metadata,
    Column("user_id", Id(), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("term", Text(collation="C"), primary_key=True),
    Column("passage", BigInteger(), primary_key=True),
    needed("times", SmallInteger()),
    needed("side", SmallInteger()),
    needed("length", Integer()),
    info=DERIVED,
)

# How many passages and words a person has: the sum of their rows.
tallies = owned(
    "tallies",
    Column("id", BigInteger(), Identity(always=True), primary_key=True),
    needed("passages", BigInteger()),
    needed("words", BigInteger()),
    Index("tallies_owner", "user_id"),
    info=DERIVED,
)

# Equal texts of a person have one vector. It goes with the last passage that says this.
vectors = owned(
    "vectors",
    Column("model", Words(), primary_key=True),
    Column("hash", LargeBinary(), primary_key=True),
    needed("dimension", Integer()),
    needed("vector", HALFVEC()),
    *(
        Index(
            f"vectors_near_{dimension}",
            text(f"(vector::halfvec({dimension})) halfvec_cosine_ops"),
            postgresql_using="hnsw",
            postgresql_where=text(f"dimension = {dimension}"),
        )
        for dimension in (384, 1024, 1536)  # of the models we know
    ),
    keyed=True,
    info=DERIVED,
)
