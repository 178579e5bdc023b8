"""How long recall takes with very much in memory, beside a bare full-text query of the same rows in the same run.

    .venv/bin/python -m benchmarks.recall_speed [--turns 100000] [--people 1] [--vectors]

The words are drawn as they come in languages (Zipf), the questions of 2 to 5 words among all but the rarest.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from bot.ids import derived_id, new_id
from bot.people import Scope, User
from memory import embedded
from memory.connect import connect
from memory.database import Database
from memory.meanings import Meaning
from memory.migrate import migrate
from memory.recollection import SAID, Recollection
from memory.tables import messages
from memory.vault import Vault, new_key

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
VOCABULARY = 30_000
AT_ONCE = 2_000
DIMENSION = 384
MODEL = "local/random"
ROUNDS = 40

BARE = """
    CREATE TABLE bare AS SELECT id, user_id, to_tsvector('english', text) AS words FROM messages;
    CREATE INDEX ON bare USING gin (words);
    CREATE INDEX ON bare (user_id);
"""
BARE_QUERY = text(
    "SELECT id, ts_rank_cd(words, q) AS score FROM bare, to_tsquery('english', :query) AS q "
    "WHERE user_id = CAST(:user AS uuid) AND words @@ q ORDER BY score DESC LIMIT 10"
)
VECTORS = f"""
    INSERT INTO vectors (org_id, user_id, hash, model, dimension, vector)
    SELECT DISTINCT ON (user_id, hash) org_id, user_id, hash, '{MODEL}', {DIMENSION},
        (SELECT array_agg(random() - 0.5) FROM generate_series(1, {DIMENSION}) WHERE id > 0)::halfvec FROM passages
"""


def word(number: int) -> str:
    """A word of its own for each number, which no stemmer changes much."""
    letters = "bcdfgklmnprtvz"
    made = ""
    while number or not made:
        number, left = divmod(number, len(letters) * 5)
        made += letters[left // 5] + "aiouo"[left % 5]
    return made + "k"


class Talk:
    def __init__(self) -> None:
        self._random = random.Random(7)
        self._words = [word(n) for n in range(VOCABULARY)]
        self._weights = [1 / (n + 3) for n in range(VOCABULARY)]

    def turn(self) -> str:
        return " ".join(self._random.choices(self._words, self._weights, k=self._random.randint(4, 24)))

    def question(self) -> str:
        some = self._random.choices(self._words[20:8_000], self._weights[20:8_000], k=self._random.randint(2, 5))
        return " ".join(dict.fromkeys(some))


async def fill(database: Database, people: int, turns: int, talk: Talk) -> list[Scope]:
    scopes = [Scope(org=derived_id("speed"), user=new_id()) for _ in range(people)]
    for scope in scopes:
        async with database.door() as door:
            await door.persons.add_user(User(id=scope.user, org=scope.org, name=""))
        each = turns // people
        for start in range(0, each, AT_ONCE):
            rows = [_row(scope, n, talk.turn()) for n in range(start, min(start + AT_ONCE, each))]
            async with database.work(scope) as work:
                await work.tx.execute(text("SET LOCAL statement_timeout = 0"))
                await work.tx.execute(insert(messages), rows)
    return scopes


def _row(scope: Scope, number: int, said: str) -> dict[str, Any]:
    empty: dict[str, Any] = {
        "choices": [],
        "files": [],
        "actions": [],
        "suggestion": None,
        "state": "",
        "outside": False,
    }
    author = "user" if number % 2 else "assistant"
    where = {"org_id": scope.org, "user_id": scope.user, "conversation": "web", "position": number, "seq": number}
    at = NOW - timedelta(minutes=10 * number)
    return {"id": new_id(), "author": author, "text": said, "sent_at": at, **where, **empty}


async def finish(url: str, vectors: bool) -> None:
    """What is left to be done in the background, and by autovacuum."""
    connection = await connect(url)
    await connection.execute("SET statement_timeout = 0")
    await connection.execute(BARE, timeout=3600)
    if vectors:
        await connection.execute(VECTORS, timeout=3600)
    await connection.execute("VACUUM ANALYZE", timeout=3600)
    await connection.close()


async def timed(
    ask: Callable[[str, Scope], Awaitable[object]], questions: Sequence[str], whose: Sequence[Scope]
) -> list[float]:
    took = []
    for number, question in enumerate(questions):
        begin = time.perf_counter()
        await ask(question, whose[number % len(whose)])
        took.append((time.perf_counter() - begin) * 1000)
    return took


async def measure(turns: int, people: int, vectors: bool) -> None:
    server = await embedded.start(Path(tempfile.mkdtemp(prefix="recall-speed-")), durable=False)
    url = await server.create_database("speed")
    await migrate(url)
    database, talk = Database(url, Vault(new_key())), Talk()
    begin = time.perf_counter()
    scopes = await fill(database, people, turns, talk)
    print(f"{turns} turns of {people} kept in {time.perf_counter() - begin:.0f} s")
    await finish(url, vectors)
    vector = [random.random() - 0.5 for _ in range(DIMENSION)]
    meaning = Meaning(model=MODEL, near=0.9, vector=vector) if vectors else None

    class Known:
        async def of(self, question: str) -> Meaning | None:
            return meaning

    async def bare(query: str, scope: Scope) -> object:
        async with database.work(scope) as work:
            given = {"query": " | ".join(query.split()), "user": scope.user}
            return (await work.tx.execute(BARE_QUERY, given)).all()

    async def ours(query: str, scope: Scope) -> object:
        async with database.work(scope) as work:
            recollection = Recollection(work.tx, scope, lambda: NOW, Known())  # type: ignore[arg-type]
            question = await recollection.question(query)
            return await recollection.found("", question, await recollection.ranked(question, SAID), 10)

    questions, whose = [talk.question() for _ in range(ROUNDS)], scopes[:: max(1, len(scopes) // ROUNDS)]
    for name, ask in (("bare full text", bare), ("recall", ours)) * 2:  # the first time warms
        took = await timed(ask, questions, whose)
        print(f"{name:16} p50 {statistics.median(took):7.1f} ms  p90 {sorted(took)[int(0.9 * len(took))]:7.1f} ms")
    await database.close()
    await server.stop()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--turns", type=int, default=100_000)
    arguments.add_argument("--people", type=int, default=1)
    arguments.add_argument("--vectors", action="store_true")
    given = arguments.parse_args()
    asyncio.run(measure(given.turns, given.people, given.vectors))


if __name__ == "__main__":
    main()
