"""Who in this process wants which news: subscribers by topic, each with a bounded queue of its own."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.action import Json

QUEUE = 256  # news that a slow subscriber may be behind; then the oldest are dropped


class Subscriber:
    """A bounded queue; whoever reads too slowly misses the oldest."""

    def __init__(self) -> None:
        self._news: asyncio.Queue[Json] = asyncio.Queue(QUEUE)

    def tell(self, news: Json) -> None:
        if self._news.full():
            self._news.get_nowait()
        self._news.put_nowait(news)

    def __aiter__(self) -> AsyncIterator[Json]:
        return self

    async def __anext__(self) -> Json:
        return await self._news.get()


class NewsBoard:
    """The part of a bus that needs no network."""

    def __init__(self) -> None:
        self._subscribers: defaultdict[str, set[Subscriber]] = defaultdict(set)

    @asynccontextmanager
    async def subscribe(self, topic: str) -> AsyncIterator[AsyncIterator[Json]]:
        subscriber = Subscriber()
        self._subscribers[topic].add(subscriber)
        try:
            yield subscriber
        finally:
            self._subscribers[topic].discard(subscriber)
            if not self._subscribers[topic]:
                del self._subscribers[topic]

    def tell(self, topic: str, news: Json) -> None:
        for subscriber in self._subscribers.get(topic, ()):
            subscriber.tell(news)
