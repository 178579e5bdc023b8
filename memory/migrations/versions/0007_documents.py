"""Files that people send in: what became of reading each, and the pieces of its text, which recall looks through."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"

FILE_SIDE = 5

TABLES = (
    """
    CREATE TABLE documents (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        id UUID NOT NULL,
        hash BYTEA NOT NULL,
        kind TEXT NOT NULL,
        mime TEXT NOT NULL,
        name TEXT NOT NULL,
        size INTEGER NOT NULL,
        at TIMESTAMPTZ NOT NULL,
        platform TEXT NOT NULL,
        message UUID,
        caption TEXT NOT NULL,
        file UUID,
        pages INTEGER,
        problem TEXT NOT NULL,
        CONSTRAINT documents_pk PRIMARY KEY (id),
        CONSTRAINT documents_hash_key UNIQUE (user_id, hash),
        CONSTRAINT documents_kind CHECK (kind IN ('voice', 'image', 'video', 'file')),
        CONSTRAINT documents_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX documents_owner ON documents (user_id, at)",
    """
    CREATE TABLE extracts (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        id UUID NOT NULL,
        document UUID NOT NULL,
        number INTEGER NOT NULL,
        page INTEGER NOT NULL,
        label TEXT NOT NULL,
        text TEXT NOT NULL,
        about TEXT NOT NULL,
        at TIMESTAMPTZ NOT NULL,
        CONSTRAINT extracts_pk PRIMARY KEY (id),
        CONSTRAINT extracts_document_fk FOREIGN KEY(document) REFERENCES documents (id) ON DELETE CASCADE,
        CONSTRAINT extracts_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE UNIQUE INDEX extracts_place ON extracts (document, number)",
    "CREATE INDEX extracts_owner ON extracts (user_id)",
    "ALTER TABLE passages DROP CONSTRAINT passages_kind",
    "ALTER TABLE passages ADD CONSTRAINT passages_kind CHECK (kind IN ('fact', 'note', 'message', 'file'))",
)

# A piece is written once and never changed. Those of one file stand beside each other, as the turns of a talk do.
KEEP = f"""
    CREATE FUNCTION keep_passages_of_extracts() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            INSERT INTO passages
                (org_id, user_id, kind, record, side, thread, position, at, asks, dated, length, terms, hash)
            SELECT org_id, user_id, 'file', id, {FILE_SIDE}, document::text, number, at, false, false,
                (SELECT coalesce(sum(coalesce(array_length(positions, 1), 1)), 0) FROM unnest(terms)), terms,
                sha256(convert_to(said, 'UTF8'))
            FROM fresh, LATERAL (SELECT about || E'\\n' || text AS said) AS told,
                LATERAL recall_terms(said) AS terms;
        ELSE
            DELETE FROM passages USING gone WHERE record = gone.id AND kind = 'file';
        END IF;
        RETURN NULL;
    END $$
"""  # noqa: S608

TRIGGERS = [
    f"CREATE TRIGGER keep_passages_of_extracts_{event.lower()} AFTER {event} ON extracts REFERENCING {rows} "
    "FOR EACH STATEMENT EXECUTE FUNCTION keep_passages_of_extracts()"
    for event, rows in (("INSERT", "NEW TABLE AS fresh"), ("DELETE", "OLD TABLE AS gone"))
]


def upgrade() -> None:
    for statement in (*TABLES, KEEP, *TRIGGERS):
        op.execute(statement)
