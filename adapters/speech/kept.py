"""Nothing is paid for twice: a recording is understood once a day, the same words are spoken once a week."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from adapters.speech.note import upload
from adapters.speech.sound import voice_note
from bot.message import Upload
from bot.people import User
from bot.ports import Clock, Memory, Speech
from bot.records import Heard

T = TypeVar("T")

HEARD_FOR = timedelta(hours=24)
SPOKEN_FOR = timedelta(days=7)


class Kept:
    """A Speech that remembers, for each user apart. Two who ask at once in this process for the same wait for one
    answer; it comes to its end, and is kept, even when those who asked have gone."""

    def __init__(self, speech: Speech, memory: Memory, clock: Clock, *, made_with: str) -> None:
        """`made_with` names what speaks: with another model or format the same words are spoken anew."""
        self._speech, self._memory, self._clock, self._made_with = speech, memory, clock, made_with
        self._running: dict[tuple[str, str], asyncio.Task[Any]] = {}

    async def hear(self, user: User, sound: bytes) -> Heard:
        key = hashlib.sha256(sound).hexdigest()
        return await self._once((user.id, key), lambda: self._hear(user, sound, key))

    async def speak(self, user: User, text: str) -> Upload:
        voice = user.voice
        about = json.dumps([text, voice.name, voice.speed, voice.language, self._made_with])
        key = hashlib.sha256(about.encode()).hexdigest()
        return await self._once((user.id, key), lambda: self._speak(user, text, key))

    async def _hear(self, user: User, sound: bytes, key: str) -> Heard:
        async with self._memory.work(user.scope) as work:
            known = await work.voices.heard(key, self._clock.now() - HEARD_FOR)
        if known is not None:
            return known
        heard = await self._speech.hear(user, sound)
        async with self._memory.work(user.scope) as work:
            await work.voices.put_heard(key, heard, self._clock.now())
        return heard

    async def _speak(self, user: User, text: str, key: str) -> Upload:
        async with self._memory.work(user.scope) as work:
            known = await work.voices.spoken(key, self._clock.now() - SPOKEN_FOR)
        if known is not None:
            return upload(*await asyncio.to_thread(voice_note, known))
        spoken = await self._speech.speak(user, text)
        async with self._memory.work(user.scope) as work:
            await work.voices.put_spoken(key, spoken.content, self._clock.now())
        return spoken

    async def _once(self, key: tuple[str, str], ask: Callable[[], Awaitable[T]]) -> T:
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.ensure_future(ask())
            task.add_done_callback(lambda done: self._over(key, done))
        found: T = await asyncio.shield(task)
        return found

    def _over(self, key: tuple[str, str], done: asyncio.Future[Any]) -> None:
        del self._running[key]
        if not done.cancelled():
            done.exception()  # read here too, for when nobody waits any more
