"""The recall of `memory` on real PostgreSQL under a public yardstick for conversation memory.

    .venv/bin/python HARNESS/run.py HARNESS/locomo_dev.json --adapter benchmarks/memory_recall.py:make

The harness and its data stay where they are (their licence forbids copying them). `--opt embeddings=none` measures
words alone; `local` (the default) the vectors of the local model, which are kept in `--opt cache=FOLDER`.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bot.ids import derived_id, new_id
from bot.message import Address
from bot.people import Scope, User
from bot.records import Author, Message
from memory import embedded
from memory.database import Database
from memory.migrate import migrate
from memory.question import Side
from memory.recollection import SAID, Recollection
from memory.vault import Vault, new_key

SPEAKERS = ((Author.USER, Side.PERSON), (Author.ASSISTANT, Side.AURELIUS))
OWN_NAMES = {"user", "assistant"}  # who is called so has no name that a question could say


class Person:
    """The memory of one conversation's first speaker, who talks with the second."""

    def __init__(self, database: Database, scope: Scope) -> None:
        self.database, self.scope = database, scope
        self.at = Address(platform="web", tenant="", place=scope.user)
        self.sides: dict[str, int] = {}
        self.turns: dict[str, str] = {}

    async def ingest(self, turns: Sequence[Mapping[str, Any]]) -> None:
        async with self.database.work(self.scope) as work:
            for number, turn in enumerate(turns):
                side = self.sides.setdefault(turn["speaker"], min(len(self.sides), 1))
                at = moment(turn["time"]) + timedelta(seconds=number)
                text = turn["text"] + (f" [photo: {turn['photo']}]" if turn.get("photo") else "")
                message = Message(id=new_id(), at=self.at, author=SPEAKERS[side][0], text=text, sent_at=at)
                await work.messages.put(message)
                self.turns[message.id] = turn["id"]

    async def search(self, query: str, k: int, now: str | None = None) -> list[str]:
        names = {name.lower(): SPEAKERS[side][1] for name, side in self.sides.items() if name not in OWN_NAMES}
        async with self.database.work(self.scope) as work:
            recollection = Recollection(work.tx, self.scope, lambda: moment(now) if now else datetime.now(UTC))
            question = await recollection.question(query, names)
            ranked = await recollection.ranked(question, SAID)
        return [self.turns.get(each.candidate.record, "foreign") for each in ranked[:k]]


def moment(iso: str) -> datetime:
    return datetime.fromisoformat(iso).replace(tzinfo=UTC)


_shared: dict[str, Database] = {}


async def make(scope: str, embeddings: str = "local", cache: str = "") -> Person:
    """Everybody is in one database. It goes with the process."""
    if "database" not in _shared:
        folder = Path(tempfile.mkdtemp(prefix="recall-"))
        server = await embedded.start(folder, durable=False)
        url = await server.create_database("recall")
        await migrate(url)
        _shared["database"] = Database(url, Vault(new_key()))
    user = User(id=new_id(), org=derived_id("recall"), name="")
    async with _shared["database"].door() as door:
        await door.persons.add_user(user)
    return Person(_shared["database"], user.scope)
