"""Recall by meaning: vectors come in the background, once for each text, and go with what they were made of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest
import pytest_asyncio
from sqlalchemy import delete, func, select

from bot.ids import new_id
from bot.message import Address
from bot.people import Scope
from bot.ports import Unembedded
from bot.records import Fact
from memory import meanings
from memory.database import Database
from memory.meanings import Embedder
from memory.tables import facts, passages, vectors
from memory.vault import Vault, new_key
from tests.memory_world import NOW, chat_of, new_user
from tests.test_memory_messages import put, said

TOPICS = (("puppy", "dog", "pet"), ("car", "vehicle", "drive"), ("flat", "apartment", "home"))


class Topics:
    """A provider: a number for each topic that a text is about. It can be down, slow, or refuse."""

    def __init__(self, name: str = "topics/1", dimension: int = 4) -> None:
        self.name, self.dimension, self.near = name, dimension, 0.9
        self.asked: list[str] = []
        self.down = False
        self.slow = 0.0
        self.refused = ""

    async def embed(self, texts: Sequence[str], *, asked: bool = False) -> list[list[float]]:
        await asyncio.sleep(self.slow)
        if self.down or any(self.refused and self.refused in text for text in texts):
            raise Unembedded("no")
        self.asked += texts
        return [self._vector(text.lower()) for text in texts]

    async def close(self) -> None: ...

    def _vector(self, text: str) -> list[float]:
        about = [float(any(word in text for word in topic)) for topic in TOPICS]
        return ([0.0] * (self.dimension - 4) + [*about, 0.0 if any(about) else 1.0])[-self.dimension :]


class Mind:
    """A database with a provider, and the round that makes vectors."""

    def __init__(self, url: str, provider: Topics) -> None:
        self.provider = provider
        self.database = Database(url, Vault(new_key()), now=lambda: NOW, embeddings=provider)
        self.embedder = Embedder(self.database, provider, lambda: NOW)

    async def recalled(self, scope: Scope, query: str) -> list[str]:
        async with self.database.work(scope) as work:
            return [found.text for found in await work.facts.recall(query)]


@pytest_asyncio.fixture
async def mind(migrated_url: str) -> AsyncIterator[Mind]:
    mind = Mind(migrated_url, Topics())
    yield mind
    await mind.database.close()


@pytest_asyncio.fixture
async def ann(mind: Mind) -> Scope:
    return await new_user(mind.database, "Ann")


def fact(words: str) -> Fact:
    return Fact(id=new_id(), text=words, category="", source="you", at=NOW)


async def tell(mind: Mind, scope: Scope, *told: str) -> list[Fact]:
    made = [fact(words) for words in told]
    async with mind.database.work(scope) as work:
        for each in made:
            await work.facts.put(each)
    return made


async def kept(mind: Mind, scope: Scope) -> list[str]:
    """The models of the vectors there are."""
    async with mind.database.work(scope) as work:
        found = await work.tx.execute(select(vectors.c.model).where(vectors.c.user_id == scope.user))
        return sorted(found.scalars())


async def test_other_words_for_the_same_are_found_once_there_is_a_vector(mind: Mind, ann: Scope) -> None:
    await tell(mind, ann, "Rex is my puppy", "I sold the car")
    assert await mind.recalled(ann, "do I have a pet?") == []
    assert await mind.embedder.once() == 2
    assert await mind.recalled(ann, "do I have a pet?") == ["Rex is my puppy"]
    assert await mind.recalled(ann, "what do I know about volcanoes?") == []


async def test_equal_texts_of_a_person_have_one_vector_and_each_person_their_own(mind: Mind, ann: Scope) -> None:
    bob = await new_user(mind.database, "Bob")
    await tell(mind, ann, "Rex is my puppy")
    await put(mind.database, ann, said(chat_of(ann), "Rex is my puppy"), said(chat_of(ann), "Rex is my puppy"))
    await tell(mind, bob, "Rex is my puppy")
    await mind.embedder.once()
    assert mind.provider.asked == ["Rex is my puppy"] * 2
    assert (len(await kept(mind, ann)), len(await kept(mind, bob))) == (1, 1)


async def test_a_vector_goes_with_the_last_that_says_this(mind: Mind, ann: Scope, here: Address) -> None:
    (told,) = await tell(mind, ann, "Rex is my puppy")
    (message,) = await put(mind.database, ann, said(chat_of(ann), "Rex is my puppy"))
    await mind.embedder.once()
    async with mind.database.work(ann) as work:
        await work.facts.forget(told.id)
    assert await kept(mind, ann) == ["topics/1"]
    await put(mind.database, ann, replace(message, text="Never mind"))
    assert await kept(mind, ann) == []
    assert await mind.recalled(ann, "do I have a pet?") == []


async def test_another_provider_takes_over_in_the_background(mind: Mind, ann: Scope, migrated_url: str) -> None:
    await tell(mind, ann, "Rex is my puppy", "I sold the car")
    await mind.embedder.once()
    other = Mind(migrated_url, Topics("others/2", dimension=6))
    assert await other.recalled(ann, "Rex?") == ["Rex is my puppy"]  # by words, meanwhile
    assert await other.recalled(ann, "do I have a pet?") == []
    await mind.database.close()
    assert await other.embedder.once() == 0  # the first process holds the lease still
    async with other.database.door() as door:
        await door.leases.release(meanings.LEASE, mind.embedder._holder)
    assert await other.embedder.once() == 2
    assert await kept(other, ann) == ["others/2", "others/2"]
    assert await other.recalled(ann, "do I have a pet?") == ["Rex is my puppy"]
    await other.database.close()


async def test_a_provider_that_is_down_costs_nothing_but_the_meaning(mind: Mind, ann: Scope) -> None:
    await tell(mind, ann, "Rex is my puppy", "I sold the car")
    mind.provider.down = True
    assert await mind.embedder.once() == 0
    assert await mind.recalled(ann, "who is Rex?") == ["Rex is my puppy"]
    mind.provider.down = False
    assert await mind.embedder.once() == 2


async def test_a_question_does_not_wait_for_a_slow_provider(
    mind: Mind, ann: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell(mind, ann, "Rex is my puppy")
    await mind.embedder.once()
    monkeypatch.setattr(meanings, "PATIENCE_SECONDS", 0.01)
    mind.provider.slow = 5.0
    assert await mind.recalled(ann, "who is Rex?") == ["Rex is my puppy"]


async def test_a_question_asked_again_is_not_embedded_again(mind: Mind, ann: Scope) -> None:
    await tell(mind, ann, "Rex is my puppy")
    for _ in range(3):
        await mind.recalled(ann, "who is Rex?")
    assert mind.provider.asked == ["who is Rex?"]


async def test_a_text_that_the_provider_refuses_does_not_hold_up_the_others(mind: Mind, ann: Scope) -> None:
    mind.provider.refused = "unspeakable"
    await tell(mind, ann, "Rex is my puppy", "something unspeakable", "I sold the car")
    assert await mind.embedder.once() == 3
    assert len(await kept(mind, ann)) == 2
    assert await mind.embedder.once() == 0
    assert await mind.recalled(ann, "what was unspeakable?") == ["something unspeakable"]


async def test_what_is_deleted_while_its_vector_is_made_gets_none(mind: Mind, ann: Scope) -> None:
    told, _ = await tell(mind, ann, "Rex is my puppy", "I sold the car")

    class Deleting(Topics):
        async def embed(self, texts: Sequence[str], *, asked: bool = False) -> list[list[float]]:
            async with mind.database.work(ann) as work:
                await work.tx.execute(delete(facts).where(facts.c.id == told.id))
            return await super().embed(texts, asked=asked)

    await Embedder(mind.database, Deleting(), lambda: NOW).once()
    assert len(await kept(mind, ann)) == 1
    async with mind.database.work(ann) as work:
        assert await work.tx.scalar(select(func.count()).where(passages.c.embedded.is_(None))) == 0


async def test_a_very_many_texts_are_made_in_batches(mind: Mind, ann: Scope) -> None:
    await tell(mind, ann, *(f"car number {n}" for n in range(meanings.AT_ONCE + 5)))
    assert await mind.embedder.once() == meanings.AT_ONCE + 5
