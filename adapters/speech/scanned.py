"""No recording leaves this machine before the virus scanner, where there is one, has seen it."""

from __future__ import annotations

import structlog

from adapters.scanner import Scanner, Unscanned
from bot.message import Upload
from bot.people import User
from bot.ports import Speech, Unheard
from bot.records import Heard

INFECTED = "The virus scanner found something harmful in this recording, so I did not open it. Please write it to me."
NOT_SCANNED = (
    "The virus scanner does not answer, so I did not open this recording. Please try again later, or write it to me."
)

log = structlog.get_logger()


class Scanned:
    """A Speech that hears only what is clean. While the scanner is down it hears nothing."""

    def __init__(self, speech: Speech, scanner: Scanner) -> None:
        self._speech, self._scanner = speech, scanner

    async def hear(self, user: User, sound: bytes) -> Heard:
        try:
            found = await self._scanner.scan(sound)
        except Unscanned as error:
            log.warning("recording not scanned", why=str(error))
            raise Unheard(NOT_SCANNED) from error
        if found is not None:
            log.warning("recording infected", found=found)
            raise Unheard(INFECTED)
        return await self._speech.hear(user, sound)

    async def speak(self, user: User, text: str) -> Upload:
        return await self._speech.speak(user, text)
