"""Vectors of what was told and of what is asked. They are made in the background: recall goes by words meanwhile."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import LargeBinary, Row, delete, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from bot.ids import new_id
from bot.ports import Embeddings, Memory, Unembedded
from memory.columns import Id
from memory.tables import passages, vectors

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 2.0  # of a question for its vector: then it goes by words alone
KEPT_QUESTIONS = 256
AT_ONCE = 64  # passages
ROUND_SECONDS = 60.0  # of a round, after which another process may have its turn
LEASE = "embeddings"

# Passages whose vector is missing or of another model, the newest first.
BARE = text(
    """
    WITH bare AS (
        (SELECT id FROM passages WHERE embedded IS NULL LIMIT :most)
        UNION ALL (SELECT id FROM passages WHERE embedded < :model LIMIT :most)
        UNION ALL (SELECT id FROM passages WHERE embedded > :model LIMIT :most)
        LIMIT :most
    )
    SELECT passages.id, passages.org_id, passages.user_id, passages.hash,
        left(coalesce(
            facts.text, messages.text, notes.title || E'\\n' || notes.text, extracts.about || E'\\n' || extracts.text
        ), 20000) AS said,
        EXISTS (
            SELECT FROM vectors
            WHERE vectors.user_id = passages.user_id AND model = :model AND vectors.hash = passages.hash
        ) AS known
    FROM bare JOIN passages ON passages.id = bare.id
        LEFT JOIN facts ON passages.kind = 'fact' AND facts.id = record
        LEFT JOIN notes ON passages.kind = 'note' AND notes.id = record
        LEFT JOIN messages ON passages.kind = 'message' AND messages.id = record
        LEFT JOIN extracts ON passages.kind = 'file' AND extracts.id = record
    ORDER BY passages.id DESC
    """
).columns(org_id=Id(), user_id=Id(), hash=LargeBinary())

Key = tuple[str, bytes]  # whose, and the hash of the text


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a question means, as a vector of length 1 by a model. `near`: see `bot.ports.Embeddings`."""

    model: str
    near: float
    vector: Sequence[float]


class Meanings:
    """Of questions. Asked again, the provider is not."""

    def __init__(self, provider: Embeddings | None = None) -> None:
        self._provider = provider
        self._known: OrderedDict[str, Meaning] = OrderedDict()

    async def of(self, question: str) -> Meaning | None:
        """None: there is no provider, or it does not answer in time."""
        if self._provider is None or not question.strip():
            return None
        if question in self._known:
            self._known.move_to_end(question)
            return self._known[question]
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                vector = (await self._provider.embed([question], asked=True))[0]
        except (Unembedded, TimeoutError) as error:
            log.warning("recall_by_words_alone", why=str(error) or "the embeddings took too long")
            return None
        meaning = Meaning(model=self._provider.name, near=self._provider.near, vector=vector)
        self._known[question] = meaning
        if len(self._known) > KEPT_QUESTIONS:
            self._known.popitem(last=False)
        return meaning


class Embedder:
    """Gives every passage the vector that the present model makes of it. One process at a time does it."""

    def __init__(self, memory: Memory, provider: Embeddings, now: Callable[[], datetime]) -> None:
        self._memory, self._provider, self._now = memory, provider, now
        self._holder = new_id()

    async def once(self) -> int:
        """Until all passages have theirs, or the round is over. Returns how many got one."""
        begin = asyncio.get_running_loop().time()
        done = 0
        while asyncio.get_running_loop().time() - begin < ROUND_SECONDS and await self._our_turn():
            rows = await self._bare()
            if not rows:
                break
            try:
                await self._keep(rows, await self._vectors(rows))
            except Unembedded as error:
                log.warning("not_embedded", why=str(error))
                break
            done += len(rows)
        return done

    async def _our_turn(self) -> bool:
        async with self._memory.door() as door:
            return await door.leases.take(LEASE, self._holder, self._now(), 2 * ROUND_SECONDS)

    async def _bare(self) -> Sequence[Row[Any]]:
        async with self._memory.door() as door:
            found = await door.tx.execute(BARE, {"model": self._provider.name, "most": AT_ONCE})
            return list(found)

    async def _vectors(self, rows: Sequence[Row[Any]]) -> dict[Key, list[float]]:
        """Of each text that has none: once, however often a person said it."""
        said = {_key(row): row.said or "" for row in rows if not row.known}
        try:
            return dict(zip(said, await self._provider.embed(list(said.values())), strict=True)) if said else {}
        except Unembedded:
            if len(said) == 1:
                raise
        return await self._one_by_one(said)

    async def _one_by_one(self, said: dict[Key, str]) -> dict[Key, list[float]]:
        """A text that the provider refuses stays without a vector, and does not hold up the others. Raises Unembedded
        when it refuses all."""
        made: dict[Key, list[float]] = {}
        why: Unembedded | None = None
        for key, words in said.items():
            try:
                made[key] = (await self._provider.embed([words]))[0]
            except Unembedded as error:
                why = error
                if not made:
                    break
        if why is not None and not made:
            raise why
        return made

    async def _keep(self, rows: Sequence[Row[Any]], made: dict[Key, list[float]]) -> None:
        model, keys = self._provider.name, {_key(row) for row in rows}
        async with self._memory.door() as door:
            ids = [row.id for row in rows]
            held = select(passages.c.id).where(passages.c.id.in_(ids)).with_for_update(key_share=True)
            still = set((await door.tx.execute(held)).scalars())  # what was deleted meanwhile gets no vector
            new = {
                _key(row): {"org_id": row.org_id, "user_id": row.user_id, "hash": row.hash, "vector": made[_key(row)]}
                for row in rows
                if row.id in still and _key(row) in made
            }
            if new:
                values = [{**each, "model": model, "dimension": self._provider.dimension} for each in new.values()]
                await door.tx.execute(insert(vectors).on_conflict_do_nothing(), values)
            old = (vectors.c.model != model) & tuple_(vectors.c.user_id, vectors.c.hash).in_(list(keys))
            await door.tx.execute(delete(vectors).where(old))
            await door.tx.execute(update(passages).where(passages.c.id.in_(still)).values(embedded=model))


def _key(row: Row[Any]) -> Key:
    return row.user_id, bytes(row.hash)
