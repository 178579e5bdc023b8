"""Facts that were learned have their evidence; a conversation knows how far it was learned from."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"

STATEMENTS = (
    """
    ALTER TABLE facts
        ADD COLUMN who TEXT NOT NULL DEFAULT '',
        ADD COLUMN quote TEXT NOT NULL DEFAULT '',
        ADD COLUMN message UUID,
        ADD COLUMN due DATE,
        ADD COLUMN confidence DOUBLE PRECISION NOT NULL DEFAULT 1,
        ADD COLUMN seen_at TIMESTAMPTZ
    """,
    """
    ALTER TABLE facts
        ALTER COLUMN who DROP DEFAULT, ALTER COLUMN quote DROP DEFAULT, ALTER COLUMN confidence DROP DEFAULT
    """,
    "ALTER TABLE users ADD COLUMN learns BOOLEAN NOT NULL DEFAULT true",
    "ALTER TABLE users ALTER COLUMN learns DROP DEFAULT",
    "ALTER TABLE conversations ADD COLUMN learned BIGINT NOT NULL DEFAULT 0",
    "UPDATE conversations SET learned = seq",  # what was said before there was learning is not gone through
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
