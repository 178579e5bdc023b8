"""What a person asked us to keep."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = (
    """
    CREATE TABLE contacts (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        id UUID NOT NULL,
        name TEXT NOT NULL,
        email TEXT NOT NULL,
        phone TEXT NOT NULL,
        about TEXT NOT NULL,
        called JSONB NOT NULL,
        version INTEGER NOT NULL,
        created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
        CONSTRAINT contacts_pk PRIMARY KEY (id),
        CONSTRAINT contacts_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX contacts_owner ON contacts (user_id)",
    """
    CREATE TABLE drafts (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        id UUID NOT NULL,
        "to" TEXT NOT NULL,
        subject TEXT NOT NULL,
        text TEXT NOT NULL,
        created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
        version INTEGER NOT NULL,
        CONSTRAINT drafts_pk PRIMARY KEY (id),
        CONSTRAINT drafts_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX drafts_owner ON drafts (user_id, created_at)",
    """
    CREATE TABLE facts (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        id UUID NOT NULL,
        text TEXT NOT NULL,
        category TEXT NOT NULL,
        source TEXT NOT NULL,
        at TIMESTAMPTZ NOT NULL,
        favourite BOOLEAN NOT NULL,
        replaced_by UUID,
        embedding HALFVEC,
        embedding_model TEXT,
        words TSVECTOR GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, left(text, 100000))) STORED,
        CONSTRAINT facts_pk PRIMARY KEY (id),
        CONSTRAINT facts_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX facts_owner ON facts (user_id, at)",
    "CREATE INDEX facts_words ON facts USING gin (words)",
    """
    CREATE TABLE files (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        id UUID NOT NULL,
        kind TEXT NOT NULL,
        mime TEXT NOT NULL,
        name TEXT NOT NULL,
        size INTEGER NOT NULL,
        duration DOUBLE PRECISION,
        content BYTEA NOT NULL,
        created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
        CONSTRAINT files_pk PRIMARY KEY (id),
        CONSTRAINT files_kind CHECK (kind IN ('voice', 'image', 'video', 'file')),
        CONSTRAINT files_content CHECK (octet_length(content) <= 26214400),
        CONSTRAINT files_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX files_owner ON files (user_id)",
    """
    CREATE TABLE forgotten (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        hash BYTEA NOT NULL,
        at TIMESTAMPTZ DEFAULT now() NOT NULL,
        CONSTRAINT forgotten_pk PRIMARY KEY (user_id, hash),
        CONSTRAINT forgotten_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE notes (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        id UUID NOT NULL,
        title TEXT NOT NULL,
        text TEXT NOT NULL,
        created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
        version INTEGER NOT NULL,
        words TSVECTOR
            GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, left(title || ' '::text || text, 100000))) STORED,
        CONSTRAINT notes_pk PRIMARY KEY (id),
        CONSTRAINT notes_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX notes_owner ON notes (user_id, created_at)",
    "CREATE INDEX notes_words ON notes USING gin (words)",
    """
    CREATE TABLE reminders (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        id UUID NOT NULL,
        text TEXT NOT NULL,
        zone TEXT NOT NULL,
        next_at TIMESTAMPTZ,
        rule TEXT,
        "where" JSONB,
        created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
        CONSTRAINT reminders_pk PRIMARY KEY (id),
        CONSTRAINT reminders_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX reminders_due ON reminders (next_at) WHERE next_at IS NOT NULL",
    "CREATE INDEX reminders_owner ON reminders (user_id, next_at)",
    """
    CREATE TABLE tasks (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        id UUID NOT NULL,
        title TEXT NOT NULL,
        notes TEXT NOT NULL,
        due DATE,
        priority TEXT NOT NULL,
        labels JSONB NOT NULL,
        parent UUID,
        done_at TIMESTAMPTZ,
        created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
        version INTEGER NOT NULL,
        CONSTRAINT tasks_pk PRIMARY KEY (id),
        CONSTRAINT tasks_priority CHECK (priority IN ('low', 'normal', 'high')),
        CONSTRAINT tasks_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX tasks_open ON tasks (user_id, done_at, due)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
