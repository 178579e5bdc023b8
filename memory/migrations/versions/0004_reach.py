"""Where people are reached, how they are spoken to, and workspaces that installed our app."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = (
    """
    ALTER TABLE users
        ADD COLUMN voice JSONB NOT NULL DEFAULT '{}',
        ADD COLUMN prefers TEXT NOT NULL DEFAULT ''
    """,
    "ALTER TABLE users ALTER COLUMN voice DROP DEFAULT, ALTER COLUMN prefers DROP DEFAULT",
    "ALTER TABLE messages ADD COLUMN asks UUID",
    "ALTER TABLE persons ADD COLUMN at JSONB, ADD COLUMN reached_at TIMESTAMPTZ",
    """
    CREATE TABLE installations (
        platform TEXT NOT NULL,
        tenant TEXT NOT NULL,
        about JSONB NOT NULL,
        key_id TEXT NOT NULL,
        sealed BYTEA NOT NULL,
        created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
        CONSTRAINT installations_pk PRIMARY KEY (platform, tenant)
    )
    """,
    "CREATE TABLE cursors (name TEXT NOT NULL, value JSONB NOT NULL, CONSTRAINT cursors_pk PRIMARY KEY (name))",
    """
    CREATE TABLE heard (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        sound TEXT NOT NULL,
        text TEXT NOT NULL,
        language TEXT NOT NULL,
        confidence DOUBLE PRECISION,
        duration DOUBLE PRECISION NOT NULL,
        segments JSONB NOT NULL,
        at TIMESTAMPTZ NOT NULL,
        CONSTRAINT heard_pk PRIMARY KEY (user_id, sound),
        CONSTRAINT heard_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX heard_at ON heard (at)",
    """
    CREATE TABLE spoken (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        words TEXT NOT NULL,
        sound BYTEA NOT NULL,
        at TIMESTAMPTZ NOT NULL,
        CONSTRAINT spoken_pk PRIMARY KEY (user_id, words),
        CONSTRAINT spoken_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX spoken_at ON spoken (at)",
    "ALTER TABLE deliveries DROP CONSTRAINT deliveries_state",
    """
    ALTER TABLE deliveries ADD CONSTRAINT deliveries_state
        CHECK (state IN ('pending', 'attempting', 'delivered', 'read', 'waiting', 'failed'))
    """,
    "CREATE INDEX deliveries_address ON deliveries (address)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
