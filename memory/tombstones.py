"""What the person asked to forget, as hashes: it is neither learned again nor shown again, word for word."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import LargeBinary, any_, bindparam, delete, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from bot.learning.statement import statement
from bot.records import Found
from memory.rows import Owned
from memory.tables import forgotten
from memory.words import words_of

SPAN = 40  # words of the longest forgotten text that is looked for inside another
LOOKED_AT = 200  # words
SOURCE, STATED = "source:", "stated:"  # no word has a colon: a hash of this kind is none of a text


class Tombstones(Owned):
    async def lay(self, texts: Iterable[str]) -> None:
        await self._lay({stone for text in texts for stone in self._of(text)})

    async def close(self, messages: Iterable[str]) -> None:
        """Nothing is learned from these messages any more."""
        await self._lay({self._hash((SOURCE, message)) for message in messages})

    async def _lay(self, stones: Collection[bytes]) -> None:
        rows = [{**self.owner, "hash": stone} for stone in stones]
        if rows:
            await self.tx.execute(insert(forgotten).values(rows).on_conflict_do_nothing())

    async def lift(self, text: str) -> None:
        same = forgotten.c.hash.in_(self._of(text))
        await self.tx.execute(delete(forgotten).where(self.mine(forgotten), same))

    async def cover(self, texts: Sequence[str], message: str | None) -> bool:
        """Whether one of the texts states or holds what was forgotten, or the message is closed."""
        stones = {stone for text in texts for stone in (*self._of(text), *map(self._hash, _spans(words_of(text))))}
        return bool(await self._among(stones | ({self._hash((SOURCE, message))} if message else set())))

    def _of(self, text: str) -> list[bytes]:
        """Its words, and what they state however they are put."""
        stated = statement(text)
        return [self._hash(words_of(text)), *([self._hash((STATED, *stated))] if stated else [])]

    async def has(self, text: str) -> bool:
        return await self.since(text) is not None

    async def since(self, text: str) -> datetime | None:
        """When it was forgotten."""
        same = forgotten.c.hash == self._hash(words_of(text))
        return await self.tx.scalar(select(forgotten.c.at).where(self.mine(forgotten), same))

    async def without(self, found: Sequence[Found]) -> list[Found]:
        """Without those that hold, word for word, what the person asked to forget."""
        any_stone = select(forgotten.c.hash).where(self.mine(forgotten)).limit(1)
        if not found or await self.tx.scalar(any_stone) is None:
            return list(found)
        spans = [{self._hash(span) for span in _spans(words_of(each.text))} for each in found]
        stones = await self._among(set().union(*spans))
        return [each for each, inside in zip(found, spans, strict=True) if not inside & stones]

    async def _among(self, hashes: Collection[bytes]) -> set[bytes]:
        given = bindparam("hashes", list(hashes), type_=ARRAY(LargeBinary()))
        mine = select(forgotten.c.hash).where(self.mine(forgotten), forgotten.c.hash == any_(given))
        return {bytes(row.hash) for row in await self.tx.execute(mine)}

    def _hash(self, words: Sequence[str]) -> bytes:
        """Of the words alone: case, spaces and marks make no difference; different for each person."""
        return hashlib.sha256("\x1f".join((self.scope.user, *words)).encode()).digest()


def _spans(words: Sequence[str]) -> list[Sequence[str]]:
    """Every run of words, up to a bound."""
    words = words[:LOOKED_AT]
    ends = range(len(words) + 1)
    return [words[i:j] for i in ends for j in ends[i + 1 : i + 1 + SPAN]]
