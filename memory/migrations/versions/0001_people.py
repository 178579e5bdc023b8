"""Who there is and how they get in."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = (
    """
    CREATE TABLE leases (
        name TEXT NOT NULL,
        holder TEXT NOT NULL,
        until TIMESTAMPTZ NOT NULL,
        CONSTRAINT leases_pk PRIMARY KEY (name)
    )
    """,
    """
    CREATE TABLE link_codes (
        hash BYTEA NOT NULL,
        person JSONB NOT NULL,
        at JSONB NOT NULL,
        owner TEXT NOT NULL,
        expires_at TIMESTAMPTZ NOT NULL,
        CONSTRAINT link_codes_pk PRIMARY KEY (hash)
    )
    """,
    "CREATE INDEX link_codes_owner ON link_codes (owner)",
    """
    CREATE TABLE orgs (
        id UUID NOT NULL,
        name TEXT NOT NULL,
        created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
        CONSTRAINT orgs_pk PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE wrong_codes (
        id UUID NOT NULL,
        at TIMESTAMPTZ NOT NULL,
        CONSTRAINT wrong_codes_pk PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX wrong_codes_at ON wrong_codes (at)",
    """
    CREATE TABLE users (
        id UUID NOT NULL,
        org_id UUID NOT NULL,
        name TEXT NOT NULL,
        zone TEXT,
        language TEXT,
        paused BOOLEAN NOT NULL,
        quiet_from TIME,
        quiet_until TIME,
        digest_at TIME NOT NULL,
        dollars_per_day DOUBLE PRECISION NOT NULL,
        dollars_per_month DOUBLE PRECISION NOT NULL,
        fast_only_until TIMESTAMPTZ,
        created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
        CONSTRAINT users_pk PRIMARY KEY (id),
        CONSTRAINT users_org_id_fk FOREIGN KEY(org_id) REFERENCES orgs (id) ON DELETE CASCADE,
        CONSTRAINT users_org_id_key UNIQUE (org_id, id)
    )
    """,
    """
    CREATE TABLE persons (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        platform TEXT NOT NULL,
        tenant TEXT NOT NULL,
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        linked_at TIMESTAMPTZ DEFAULT now() NOT NULL,
        CONSTRAINT persons_pk PRIMARY KEY (platform, tenant, id),
        CONSTRAINT persons_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX persons_owner ON persons (user_id)",
    """
    CREATE TABLE secrets (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        name TEXT NOT NULL,
        key_id TEXT NOT NULL,
        sealed BYTEA NOT NULL,
        created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
        CONSTRAINT secrets_pk PRIMARY KEY (user_id, name),
        CONSTRAINT secrets_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE sessions (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        hash BYTEA NOT NULL,
        created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
        used_at TIMESTAMPTZ NOT NULL,
        CONSTRAINT sessions_pk PRIMARY KEY (hash),
        CONSTRAINT sessions_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX sessions_owner ON sessions (user_id)",
    """
    CREATE TABLE sign_in_links (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        hash BYTEA NOT NULL,
        expires_at TIMESTAMPTZ NOT NULL,
        CONSTRAINT sign_in_links_pk PRIMARY KEY (hash),
        CONSTRAINT sign_in_links_org_id_fk FOREIGN KEY(org_id, user_id)
            REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX sign_in_links_owner ON sign_in_links (user_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
