"""Speech: voice notes are heard and answers spoken, through ElevenLabs."""

from __future__ import annotations

from bot.message import Upload
from bot.people import User
from bot.ports import Speech, Unheard
from bot.records import Heard

__all__ = ["NoSpeech", "connect"]

UNHEARD = (
    "I cannot listen to voice notes here: that needs an ElevenLabs key (ELEVENLABS_API_KEY). Please write it to me."
)
UNSPOKEN = "I cannot speak here: that needs an ElevenLabs key (ELEVENLABS_API_KEY)."


class NoSpeech:
    """Where there is no key."""

    async def hear(self, user: User, sound: bytes) -> Heard:
        raise Unheard(UNHEARD)

    async def speak(self, user: User, text: str) -> Upload:
        raise Unheard(UNSPOKEN)


def connect() -> Speech:
    return NoSpeech()
