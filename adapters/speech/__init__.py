"""Speech: voice notes are heard and answers spoken, through ElevenLabs."""

from __future__ import annotations

from adapters.scanner import connect as scanner_at
from adapters.scanner import screen
from adapters.speech.checked import Checked
from adapters.speech.elevenlabs import FORMAT, MOUTH, ElevenLabs, check_key
from adapters.speech.kept import Kept
from adapters.speech.scanned import Scanned
from bot.message import Upload
from bot.people import User
from bot.ports import Clock, Memory, Speech, Unheard
from bot.records import Heard

__all__ = ["NoSpeech", "check_key", "connect"]

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


def connect(*, key: str | None, base_url: str | None, clamd: str | None, memory: Memory, clock: Clock) -> Speech:
    """`clamd` is where the virus scanner is, if there is one. Nothing is imported, sent or checked before it is
    needed. A sound is checked first, then looked up, then scanned, then sent."""
    if not key:
        return NoSpeech()
    speech: Speech = ElevenLabs(key=key, base_url=base_url)
    scanner = scanner_at(clamd)
    if scanner is not None:
        speech = Scanned(speech, screen(scanner))
    return Checked(Kept(speech, memory, clock, made_with=f"{MOUTH} {FORMAT}"))
