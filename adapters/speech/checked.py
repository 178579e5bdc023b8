"""What comes first: is this a recording that can be understood, is there anything to say aloud?"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from adapters.speech.sound import listen
from adapters.speech.speakable import speakable
from bot.message import Upload
from bot.people import User
from bot.ports import Speech, Unheard
from bot.records import Heard

AT_ONCE = 2  # recordings looked at; each takes a thread and a processor
NOTHING = "There is nothing in this answer that could be read aloud."


class Checked:
    """A Speech to which only proper sound and speakable text get through."""

    def __init__(self, speech: Speech) -> None:
        self._speech = speech
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def hear(self, user: User, sound: bytes) -> Heard:
        async with self._turns:
            seconds = await asyncio.to_thread(listen, sound)
        return replace(await self._speech.hear(user, sound), duration=seconds)

    async def speak(self, user: User, text: str) -> Upload:
        words = speakable(text)
        if not words:
            raise Unheard(NOTHING)
        return await self._speech.speak(user, words)
