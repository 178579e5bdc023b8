"""No recording leaves this machine before the virus scanner, where there is one, has seen it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.message import Upload
from bot.people import User
from bot.ports import Speech, Unheard
from bot.records import Heard

NOT_OPENED = "I did not open this recording: {}. Please write it to me."


class Scanned:
    """A Speech that hears only what is clean. While the scanner is down it hears nothing. `screen` says why a content
    must not be opened."""

    def __init__(self, speech: Speech, screen: Callable[[bytes], Awaitable[str | None]]) -> None:
        self._speech, self._screen = speech, screen

    async def hear(self, user: User, sound: bytes) -> Heard:
        why = await self._screen(sound)
        if why is not None:
            raise Unheard(NOT_OPENED.format(why))
        return await self._speech.hear(user, sound)

    async def speak(self, user: User, text: str) -> Upload:
        return await self._speech.speak(user, text)
