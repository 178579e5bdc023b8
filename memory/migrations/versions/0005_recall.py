"""What recall looks through: a passage for every fact, note and message, its words, and the vectors of what it says.

Triggers keep all of it in the transaction that writes or deletes the row, whoever writes it.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

# Scripts that write without spaces are found by pairs of letters.
UNSPACED = r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]+"

TABLES = (
    """
    CREATE TABLE passages (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        kind TEXT NOT NULL,
        record UUID NOT NULL,
        side SMALLINT NOT NULL,
        thread TEXT NOT NULL,
        position BIGINT NOT NULL,
        at TIMESTAMPTZ NOT NULL,
        asks BOOLEAN NOT NULL,
        dated BOOLEAN NOT NULL,
        length INTEGER NOT NULL,
        terms TSVECTOR NOT NULL,
        hash BYTEA NOT NULL,
        embedded TEXT,
        CONSTRAINT passages_pk PRIMARY KEY (id),
        CONSTRAINT passages_kind CHECK (kind IN ('fact', 'note', 'message')),
        CONSTRAINT passages_record_key UNIQUE (record, kind),
        CONSTRAINT passages_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX passages_thread ON passages (user_id, thread, position)",
    "CREATE INDEX passages_at ON passages (user_id, at)",
    "CREATE INDEX passages_hash ON passages (user_id, hash)",
    "CREATE INDEX passages_embedded ON passages (embedded)",
    """
    CREATE TABLE postings (
        user_id UUID NOT NULL,
        term TEXT COLLATE "C" NOT NULL,
        passage BIGINT NOT NULL,
        times SMALLINT NOT NULL,
        side SMALLINT NOT NULL,
        length INTEGER NOT NULL,
        CONSTRAINT postings_pk PRIMARY KEY (user_id, term, passage) INCLUDE (times, side, length),
        CONSTRAINT postings_user_id_fk FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE tallies (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        passages BIGINT NOT NULL,
        words BIGINT NOT NULL,
        CONSTRAINT tallies_pk PRIMARY KEY (id),
        CONSTRAINT tallies_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX tallies_owner ON tallies (user_id)",
    """
    CREATE TABLE vectors (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        hash BYTEA NOT NULL,
        model TEXT NOT NULL,
        dimension INTEGER NOT NULL,
        vector HALFVEC NOT NULL,
        CONSTRAINT vectors_pk PRIMARY KEY (user_id, model, hash),
        CONSTRAINT vectors_org_id_fk FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    )
    """,
    # Of the models we know; for whom has little it costs nothing, because what is near is then looked for exactly.
    *(
        f"""
        CREATE INDEX vectors_near_{dimension} ON vectors
        USING hnsw ((vector::halfvec({dimension})) halfvec_cosine_ops) WHERE dimension = {dimension}
        """
        for dimension in (384, 1024, 1536)
    ),
)

TERMS = f"""
    CREATE FUNCTION recall_terms(said TEXT) RETURNS TSVECTOR LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT to_tsvector('english'::regconfig, translate(left(said, 100000), '/_-.@:''’', '        '))
            || CASE WHEN octet_length(said) = length(said) THEN ''::tsvector ELSE array_to_tsvector(ARRAY(
                SELECT DISTINCT substr(run[1], n, 2)
                FROM regexp_matches(left(said, 20000), '{UNSPACED}', 'g') AS run,
                    generate_series(1, greatest(length(run[1]) - 1, 1)) AS n
            )) END
    $$
"""  # noqa: S608

# The counts of a person are the sum over their rows here. Whoever changes them takes the rows that nobody else holds
# and leaves one with the sum: nobody waits for another, so nobody can deadlock, and the sum is exact at every moment.
TALLY = """
    CREATE FUNCTION tally(org UUID, person UUID, more BIGINT, more_words BIGINT) RETURNS void LANGUAGE sql AS $$
        WITH free AS (
            SELECT id FROM tallies WHERE user_id = person FOR UPDATE SKIP LOCKED
        ), taken AS (
            DELETE FROM tallies WHERE id IN (SELECT id FROM free) RETURNING passages, words
        ), total AS (
            SELECT more + coalesce(sum(passages), 0) AS passages, more_words + coalesce(sum(words), 0) AS words
            FROM taken
        )
        INSERT INTO tallies (org_id, user_id, passages, words)
        SELECT org, person, passages, words FROM total
        WHERE (passages <> 0 OR words <> 0) AND EXISTS (SELECT FROM users WHERE id = person)
    $$
"""

KEEP_WORDS = """
    CREATE FUNCTION keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            INSERT INTO postings (user_id, term, passage, times, side, length)
            SELECT user_id, lexeme, id, coalesce(array_length(positions, 1), 1), side, length
            FROM fresh, unnest(terms) WHERE length(lexeme) <= 64;
            PERFORM tally(org_id, user_id, count(*), sum(length)) FROM fresh GROUP BY org_id, user_id;
        ELSE
            DELETE FROM postings USING gone, unnest(gone.terms)
            WHERE postings.user_id = gone.user_id AND term = lexeme AND passage = gone.id;
            DELETE FROM vectors USING gone WHERE vectors.user_id = gone.user_id AND vectors.hash = gone.hash
                AND NOT EXISTS (
                    SELECT FROM passages WHERE passages.user_id = gone.user_id AND passages.hash = gone.hash
                );
            PERFORM tally(org_id, user_id, -count(*), -sum(length)) FROM gone GROUP BY org_id, user_id;
        END IF;
        RETURN NULL;
    END $$
"""

# By table: the kind of its passages, then columns and conditions as SQL.
SOURCES = {
    "facts": {
        "kind": "fact",
        "side": "0",
        "thread": "''",
        "position": "0",
        "at": "at",
        "text": "text",
        "where": "replaced_by IS NULL",
        "same": "text, at, replaced_by",
    },
    "notes": {
        "kind": "note",
        "side": "1",
        "thread": "''",
        "position": "0",
        "at": "created_at",
        "text": "title || E'\\n' || text",
        "where": "true",
        "same": "title, text, created_at",
    },
    "messages": {
        "kind": "message",
        "side": "CASE WHEN outside THEN 4 WHEN author = 'user' THEN 2 ELSE 3 END",
        "thread": "conversation",
        "position": "position",
        "at": "sent_at",
        "text": "text",
        "where": "text <> ''",
        "same": "text, author, outside, sent_at",
    },
}

# Words that say when something is or was.
DATED = (
    r"\m(yesterday|today|tonight|tomorrow|ago|since|recently|soon|weekends?|(last|next|this|past) "
    r"(week|night|month|year|morning|summer|winter|spring|fall|autumn)|(few|couple of) (days|weeks|months|years)|"
    r"january|february|march|april|may \d+|june|july|august|september|october|november|december|"
    r"(mon|tues|wednes|thurs|fri|satur|sun)days?|\d{1,2}(st|nd|rd|th)|(19|20)\d\d|days?|weeks?|months?|years?|"
    r"gestern|heute|morgen|vorgestern|letzte[nrms]?|nächste[nrms]?|vor (zwei|drei|\d+)|"
    r"montags?|dienstags?|mittwochs?|donnerstags?|freitags?|samstags?|sonntags?)\M"
)

ADD = """
    INSERT INTO passages
        (org_id, user_id, kind, record, side, thread, position, at, asks, dated, length, terms, hash)
    SELECT org_id, user_id, '{kind}', id, {side}, {thread}, {position}, {at},
        rtrim(said) LIKE '%?', left(said, 2000) ~* '{dated}',
        (SELECT coalesce(sum(coalesce(array_length(positions, 1), 1)), 0) FROM unnest(terms)), terms,
        sha256(convert_to(said, 'UTF8'))
    FROM {rows} AS source, LATERAL (SELECT {text} AS said) AS told, LATERAL recall_terms(said) AS terms
    WHERE {where}
"""

KEEP_PASSAGES = """
    CREATE FUNCTION keep_passages_of_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            {add_fresh};
        ELSIF TG_OP = 'DELETE' THEN
            DELETE FROM passages USING gone WHERE record = gone.id AND kind = '{kind}';
        ELSIF EXISTS (SELECT FROM ({changed}) AS any_change) THEN
            DELETE FROM passages USING ({changed}) AS changed WHERE record = changed.id AND kind = '{kind}';
            {add_changed};
        END IF;
        RETURN NULL;
    END $$
"""


def functions(table: str, source: dict[str, str]) -> str:
    changed = f"SELECT {source['same']}, id FROM fresh EXCEPT SELECT {source['same']}, id FROM gone"  # noqa: S608
    rows = f"(SELECT fresh.* FROM fresh JOIN ({changed}) AS changed ON changed.id = fresh.id)"  # noqa: S608
    return KEEP_PASSAGES.format(
        table=table,
        kind=source["kind"],
        changed=changed,
        add_fresh=ADD.format(rows="fresh", dated=DATED, **source),
        add_changed=ADD.format(rows=rows, dated=DATED, **source),
    )


def triggers(table: str, function: str, *events: str) -> list[str]:
    tables = {"INSERT": "NEW TABLE AS fresh", "DELETE": "OLD TABLE AS gone"}
    tables["UPDATE"] = "OLD TABLE AS gone NEW TABLE AS fresh"
    return [
        f"CREATE TRIGGER {function}_{event.lower()} AFTER {event} ON {table} REFERENCING {tables[event]} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        for event in events
    ]


def upgrade() -> None:
    for statement in (*TABLES, TERMS, TALLY, KEEP_WORDS, *triggers("passages", "keep_words", "INSERT", "DELETE")):
        op.execute(statement)
    for table, source in SOURCES.items():
        op.execute(functions(table, source))
        for statement in triggers(table, f"keep_passages_of_{table}", "INSERT", "UPDATE", "DELETE"):
            op.execute(statement)
        op.execute(ADD.format(rows=table, dated=DATED, **source))
        op.execute(f"ALTER TABLE {table} DROP COLUMN words")  # with its index
    op.execute("ALTER TABLE facts DROP COLUMN embedding, DROP COLUMN embedding_model")
