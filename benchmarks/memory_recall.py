"""The recall of `memory` on real PostgreSQL under a public yardstick for conversation memory.

    .venv/bin/python HARNESS/run.py HARNESS/locomo_dev.json --adapter benchmarks/memory_recall.py:make

The harness and its data stay where they are (their licence forbids copying them). `--opt embeddings=none` measures
words alone; `local` (the default) adds the vectors of the local model, which `--opt cache=FILE` keeps for the next run.
`--opt text=excerpt` counts what a prompt would be given of a long turn, not the whole turn.
"""

from __future__ import annotations

import pickle
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from adapters.embeddings.local import LocalEmbeddings
from bot.ids import derived_id, new_id
from bot.message import Address
from bot.people import Scope, User
from bot.records import Author, Message
from memory import embedded
from memory.database import Database
from memory.meanings import Meanings
from memory.migrate import migrate
from memory.question import Side
from memory.recollection import SAID, Recollection
from memory.vault import Vault, new_key

SPEAKERS = ((Author.USER, Side.PERSON), (Author.ASSISTANT, Side.AURELIUS))
OWN_NAMES = {"user", "assistant"}  # who is called so has no name that a question could say


class KeptVectors(LocalEmbeddings):
    """The local model, which is not asked again for what it said in an earlier run."""

    def __init__(self, file: Path | None) -> None:
        super().__init__()
        self._file = file
        self._kept: dict[str, list[float]] = pickle.loads(file.read_bytes()) if file and file.exists() else {}

    async def embed(self, texts: Sequence[str], *, asked: bool = False) -> list[list[float]]:
        new = [text for text in dict.fromkeys(texts) if text not in self._kept]
        if new:
            self._kept |= zip(new, await super().embed(new), strict=True)
        return [self._kept[text] for text in texts]

    def save(self) -> None:
        if self._file:
            self._file.write_bytes(pickle.dumps(self._kept))


class Person:
    """The memory of one conversation's first speaker, who talks with the second."""

    def __init__(self, database: Database, scope: Scope, embeddings: KeptVectors, excerpts: bool) -> None:
        self.database, self.scope, self.embeddings, self.excerpts = database, scope, embeddings, excerpts
        self.meanings = Meanings(embeddings if database.embedder else None)
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

    async def search(self, query: str, k: int, now: str | None = None) -> list[Any]:
        """By turns, or with what the prompt would be given of them."""
        while self.database.embedder is not None and await self.database.embedder.once():
            self.embeddings.save()
        names = {name.lower(): SPEAKERS[side][1] for name, side in self.sides.items() if name not in OWN_NAMES}
        async with self.database.work(self.scope) as work:
            time = moment(now) if now else datetime.now(UTC)
            recollection = Recollection(work.tx, self.scope, lambda: time, self.meanings)
            question = await recollection.question(query, names)
            ranked = await recollection.ranked(question, SAID)
            found = await recollection.found("", question, ranked, k) if self.excerpts else []
        if self.excerpts:
            return [
                {"ids": [self.turns.get(hit.id, "foreign")], "text": f"[{hit.at:%Y-%m-%d}] {hit.text}"} for hit in found
            ]
        return [self.turns.get(each.candidate.record, "foreign") for each in ranked[:k]]


def moment(iso: str) -> datetime:
    return datetime.fromisoformat(iso).replace(tzinfo=UTC)


_shared: list[tuple[Database, KeptVectors]] = []


async def make(scope: str, embeddings: str = "local", cache: str = "", text: str = "turn") -> Person:
    """Everybody is in one database. It goes with the process."""
    if not _shared:
        vectors = KeptVectors(Path(cache) if cache else None)
        server = await embedded.start(Path(tempfile.mkdtemp(prefix="recall-")), durable=False)
        url = await server.create_database("recall")
        await migrate(url)
        provider = vectors if embeddings == "local" else None
        _shared.append((Database(url, Vault(new_key()), embeddings=provider), vectors))
    database, vectors = _shared[0]
    user = User(id=new_id(), org=derived_id("recall"), name="")
    async with database.door() as door:
        await door.persons.add_user(user)
    return Person(database, user.scope, vectors, excerpts=text == "excerpt")
