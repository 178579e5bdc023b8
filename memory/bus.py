"""Ephemeral news between processes over LISTEN/NOTIFY: growing text, "stop", "changed". It may be lost, never wrong.

One channel, one connection of its own. A subscriber in the publishing process is told at once and directly.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections import deque

import asyncpg  # type: ignore[import-untyped]
import structlog

from bot.action import Json
from bot.ids import new_id
from memory.columns import dumps
from memory.connect import connect
from memory.news_board import NewsBoard

log = structlog.get_logger(__name__)

CHANNEL = "aurelius"
PIECE = 7000  # bytes of payload in one notification, which holds 8,000 with what we add
UNSENT = 1024  # notifications that wait for the connection; then the oldest are dropped
UNFINISHED = 64  # split payloads that are being put together
NOTIFICATION = re.compile(r"(?P<sender>\S+) (?P<message>\S+) \d+ (?P<count>\d{1,6}) (?P<piece>.*)", re.DOTALL)
RECONNECT_SECONDS = (0.05, 0.2, 0.5, 1.0, 2.0)
# The last of them: the server has said its last word, and the connection is not closed yet.
GONE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class PostgresBus(NewsBoard):
    """Fulfils `bot.ports.Bus`. Before `start` and while the database is away, news stay inside this process."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url, self._me = url, new_id()
        self._unsent: deque[str] = deque(maxlen=UNSENT)
        self._something, self._lost = asyncio.Event(), asyncio.Event()
        self._pieces: dict[str, list[str]] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises OSError or asyncpg.PostgresError when the database cannot be reached."""
        connection = await self._listen()
        self._task = asyncio.create_task(self._run(connection), name="bus")

    async def stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def publish(self, topic: str, news: Json) -> None:
        self.tell(topic, news)
        if self._task is not None:
            self._unsent.extend(_split(self._me, dumps([topic, news])))
            self._something.set()

    async def _listen(self) -> asyncpg.Connection:
        connection = await connect(self._url)
        self._lost.clear()
        connection.add_termination_listener(lambda _: self._lose())
        await connection.add_listener(CHANNEL, lambda _c, _pid, _channel, payload: self._receive(payload))
        return connection

    def _lose(self) -> None:
        self._lost.set()
        self._something.set()

    async def _run(self, connection: asyncpg.Connection) -> None:
        try:
            while True:
                with contextlib.suppress(*GONE):
                    await self._send(connection)
                log.warning("bus connection lost, reconnecting")
                connection.terminate()
                connection = await self._reconnect()
        finally:
            connection.terminate()

    async def _send(self, connection: asyncpg.Connection) -> None:
        """Until the connection is lost: everything that waits, several notifications in one round trip."""
        while not self._lost.is_set():
            await self._something.wait()
            self._something.clear()
            while self._unsent:
                some = [self._unsent.popleft() for _ in range(min(len(self._unsent), 64))]
                await connection.execute("SELECT pg_notify($1, news) FROM unnest($2::text[]) AS news", CHANNEL, some)

    async def _reconnect(self) -> asyncpg.Connection:
        attempt = 0
        while True:
            await asyncio.sleep(RECONNECT_SECONDS[min(attempt, len(RECONNECT_SECONDS) - 1)])
            attempt += 1
            with contextlib.suppress(*GONE):
                return await self._listen()

    def _receive(self, payload: str) -> None:
        found = NOTIFICATION.fullmatch(payload)
        if found is None or found["sender"] == self._me:
            return
        pieces = self._pieces.setdefault(found["message"], [])
        pieces.append(found["piece"])
        if len(pieces) < int(found["count"]):
            self._forget_oldest()
            return
        del self._pieces[found["message"]]
        self._hear("".join(pieces))

    def _hear(self, text: str) -> None:
        try:
            topic, news = json.loads(text)
        except (ValueError, TypeError):  # somebody else's, on our channel
            return
        self.tell(str(topic), news)

    def _forget_oldest(self) -> None:
        while len(self._pieces) > UNFINISHED:
            del self._pieces[next(iter(self._pieces))]


def _split(sender: str, text: str) -> list[str]:
    """Notifications that together carry the text: "sender message number count piece", in order. The number
    keeps equal pieces apart, which PostgreSQL would send once. Our JSON is ASCII: a character is a byte."""
    message = new_id()
    pieces = [text[i : i + PIECE] for i in range(0, len(text), PIECE)]
    return [f"{sender} {message} {number} {len(pieces)} {piece}" for number, piece in enumerate(pieces)]
