"""Ephemeral news between processes over Redis, where there is one: it spares PostgreSQL the traffic."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

import structlog

from bot.action import Json
from bot.ids import new_id
from memory.columns import dumps
from memory.news_board import NewsBoard

if TYPE_CHECKING:
    from redis.asyncio import Redis

log = structlog.get_logger(__name__)

CHANNEL = "aurelius"
UNSENT = 1024  # news that wait for the connection; then the oldest are dropped
PAUSE = 0.5  # seconds before a lost connection is tried again
TIMEOUT = 5.0  # seconds


class RedisBus(NewsBoard):
    """Fulfils `bot.ports.Bus`. Before `start` and while Redis is away, news stay inside this process."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url, self._me = url, new_id()
        self._unsent: asyncio.Queue[str] = asyncio.Queue(UNSENT)
        self._client: Redis | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Raises redis.exceptions.RedisError when the server cannot be reached."""
        from redis.asyncio import Redis

        self._client = Redis.from_url(self._url, socket_connect_timeout=TIMEOUT, health_check_interval=15)
        listening = await self._listen()
        self._tasks = [
            asyncio.create_task(self._hear(listening), name="redis bus, hearing"),
            asyncio.create_task(self._send(), name="redis bus, sending"),
        ]

    async def stop(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    async def publish(self, topic: str, news: Json) -> None:
        self.tell(topic, news)
        if self._tasks:
            if self._unsent.full():
                self._unsent.get_nowait()
            self._unsent.put_nowait(dumps([self._me, topic, news]))

    async def _listen(self) -> Any:
        listening = self._redis().pubsub(ignore_subscribe_messages=True)
        await listening.subscribe(CHANNEL)
        return listening

    def _redis(self) -> Redis:
        if self._client is None:
            raise RuntimeError("start first")
        return self._client

    async def _hear(self, listening: Any) -> None:
        from redis.exceptions import RedisError

        try:
            while True:
                try:
                    async for message in listening.listen():
                        self._receive(message["data"])
                except (RedisError, OSError) as error:
                    log.warning("redis_bus_lost", why=str(error))
                await asyncio.sleep(PAUSE)
                with contextlib.suppress(RedisError, OSError):
                    await listening.aclose()
                    listening = await self._listen()
        finally:
            await listening.aclose()

    def _receive(self, data: bytes) -> None:
        try:
            sender, topic, news = json.loads(data)
        except (ValueError, TypeError):  # somebody else's, on our channel
            return
        if sender != self._me:
            self.tell(str(topic), news)

    async def _send(self) -> None:
        from redis.exceptions import RedisError

        while True:
            news = await self._unsent.get()
            try:
                await self._redis().publish(CHANNEL, news)
            except (RedisError, OSError) as error:  # news may be lost; the rows are the truth
                log.debug("news_not_sent", why=str(error))
