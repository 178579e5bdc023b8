"""What was said and what came of it."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    """
    CREATE TABLE audit (
        id UUID NOT NULL,
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        at TIMESTAMPTZ NOT NULL,
        kind TEXT NOT NULL,
        about JSONB NOT NULL,
        CONSTRAINT audit_pk PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX audit_at ON audit (user_id, at)",
    """
    CREATE TABLE inbound (
        id UUID NOT NULL,
        platform TEXT NOT NULL,
        tenant TEXT NOT NULL,
        delivery TEXT NOT NULL,
        conversation TEXT NOT NULL,
        sender TEXT NOT NULL,
        kind TEXT NOT NULL,
        payload JSONB NOT NULL,
        state TEXT NOT NULL,
        turn UUID,
        received_at TIMESTAMPTZ NOT NULL,
        CONSTRAINT inbound_pk PRIMARY KEY (id),
        CONSTRAINT inbound_platform_key UNIQUE (platform, tenant, delivery),
        CONSTRAINT inbound_state CHECK (state IN ('received', 'working', 'merged', 'answered', 'stopped', 'dead'))
    )
    """,
    "CREATE INDEX inbound_received_at ON inbound (received_at)",
    "CREATE INDEX inbound_sender ON inbound (platform, tenant, sender)",
    "CREATE INDEX inbound_waiting ON inbound (conversation, id) WHERE state IN ('received', 'working')",
    """
    CREATE TABLE conversations (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        key TEXT NOT NULL,
        title TEXT NOT NULL,
        seq BIGINT NOT NULL,
        last_at TIMESTAMPTZ NOT NULL,
        CONSTRAINT conversations_pk PRIMARY KEY (user_id, key),
        CONSTRAINT conversations_org_id_fk FOREIGN KEY(org_id, user_id)
            REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE deliveries (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        message TEXT NOT NULL,
        address TEXT NOT NULL,
        state TEXT NOT NULL,
        ref TEXT,
        revision INTEGER NOT NULL,
        changed_at TIMESTAMPTZ DEFAULT now() NOT NULL,
        CONSTRAINT deliveries_pk PRIMARY KEY (user_id, message, address),
        CONSTRAINT deliveries_state CHECK (state IN ('pending', 'attempting', 'delivered', 'failed')),
        CONSTRAINT deliveries_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX deliveries_changed_at ON deliveries (changed_at)",
    """
    CREATE TABLE events (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        id UUID NOT NULL,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        at TIMESTAMPTZ NOT NULL,
        payload JSONB,
        CONSTRAINT events_pk PRIMARY KEY (id),
        CONSTRAINT events_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX events_at ON events (at)",
    "CREATE INDEX events_of ON events (user_id, kind, at)",
    """
    CREATE TABLE executions (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        key TEXT NOT NULL,
        action TEXT NOT NULL,
        outcome JSONB,
        began_at TIMESTAMPTZ DEFAULT now() NOT NULL,
        ended_at TIMESTAMPTZ,
        CONSTRAINT executions_pk PRIMARY KEY (user_id, key),
        CONSTRAINT executions_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE messages (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        id UUID NOT NULL,
        conversation TEXT NOT NULL,
        position BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        author TEXT NOT NULL,
        text TEXT NOT NULL,
        sent_at TIMESTAMPTZ NOT NULL,
        choices JSONB NOT NULL,
        files JSONB NOT NULL,
        actions JSONB NOT NULL,
        suggestion UUID,
        state TEXT NOT NULL,
        outside BOOLEAN NOT NULL,
        words TSVECTOR GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, left(text, 100000))) STORED,
        CONSTRAINT messages_pk PRIMARY KEY (id),
        CONSTRAINT messages_author CHECK (author IN ('user', 'assistant')),
        CONSTRAINT messages_user_id_key UNIQUE (user_id, conversation, seq),
        CONSTRAINT messages_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX messages_position ON messages (user_id, conversation, position)",
    "CREATE INDEX messages_sent_at ON messages (user_id, sent_at)",
    "CREATE INDEX messages_suggestion ON messages (suggestion) WHERE suggestion IS NOT NULL",
    "CREATE INDEX messages_words ON messages USING gin (words)",
    """
    CREATE TABLE suggestions (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        id UUID NOT NULL,
        revision INTEGER NOT NULL,
        trigger TEXT NOT NULL,
        title TEXT NOT NULL,
        steps JSONB NOT NULL,
        risk SMALLINT NOT NULL,
        state TEXT NOT NULL,
        digest TEXT NOT NULL,
        nonce TEXT NOT NULL,
        created_at TIMESTAMPTZ NOT NULL,
        expires_at TIMESTAMPTZ NOT NULL,
        why TEXT NOT NULL,
        evidence JSONB NOT NULL,
        alternatives JSONB NOT NULL,
        impact TEXT NOT NULL,
        confidence SMALLINT NOT NULL,
        undo JSONB NOT NULL,
        undo_until TIMESTAMPTZ,
        result TEXT NOT NULL,
        failed BOOLEAN NOT NULL,
        pressed TEXT NOT NULL,
        CONSTRAINT suggestions_pk PRIMARY KEY (id),
        CONSTRAINT suggestions_state
            CHECK (state IN ('open', 'snoozed', 'scheduled', 'running', 'done', 'undoing', 'undone',
                'compensated', 'failed', 'denied', 'expired', 'unknown')),
        CONSTRAINT suggestions_trigger CHECK (trigger IN ('asked', 'clock', 'event', 'pattern')),
        CONSTRAINT suggestions_risk CHECK (risk BETWEEN 0 AND 4),
        CONSTRAINT suggestions_confidence CHECK (confidence BETWEEN 0 AND 100),
        CONSTRAINT suggestions_org_id_fk FOREIGN KEY(org_id, user_id)
            REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX suggestions_state ON suggestions (user_id, state)",
    """
    CREATE TABLE trusts (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        id UUID NOT NULL,
        action TEXT NOT NULL,
        account TEXT,
        targets JSONB NOT NULL,
        until TIMESTAMPTZ NOT NULL,
        never BOOLEAN NOT NULL,
        at_most JSONB,
        used INTEGER NOT NULL,
        created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
        CONSTRAINT trusts_pk PRIMARY KEY (id),
        CONSTRAINT trusts_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX trusts_owner ON trusts (user_id)",
    """
    CREATE TABLE usage (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        id UUID NOT NULL,
        at TIMESTAMPTZ NOT NULL,
        purpose TEXT NOT NULL,
        model TEXT NOT NULL,
        tier TEXT NOT NULL,
        input_tokens BIGINT NOT NULL,
        output_tokens BIGINT NOT NULL,
        cache_read_tokens BIGINT NOT NULL,
        cache_write_tokens BIGINT NOT NULL,
        dollars DOUBLE PRECISION NOT NULL,
        seconds DOUBLE PRECISION NOT NULL,
        CONSTRAINT usage_pk PRIMARY KEY (id),
        CONSTRAINT usage_tier CHECK (tier IN ('fast', 'standard', 'deep')),
        CONSTRAINT usage_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX usage_at ON usage (user_id, at)",
    """
    CREATE TABLE suggestion_revisions (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        nonce TEXT NOT NULL,
        suggestion UUID NOT NULL,
        revision INTEGER NOT NULL,
        steps JSONB NOT NULL,
        digest TEXT NOT NULL,
        created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
        CONSTRAINT suggestion_revisions_pk PRIMARY KEY (nonce),
        CONSTRAINT suggestion_revisions_suggestion_fk FOREIGN KEY(suggestion)
            REFERENCES suggestions (id) ON DELETE CASCADE,
        CONSTRAINT suggestion_revisions_suggestion_key UNIQUE (suggestion, revision),
        CONSTRAINT suggestion_revisions_org_id_fk FOREIGN KEY(org_id, user_id)
            REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX suggestion_revisions_owner ON suggestion_revisions (user_id)",
    # The log is append-only, for everybody who uses the application's role.
    """
    CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$
    """,
    """
    CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
