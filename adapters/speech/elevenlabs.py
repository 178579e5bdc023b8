"""ElevenLabs through its official client: one recording is heard, one text is spoken.

The client never retries by itself: its own repetition of an upload forgets the form's fields. `tries.py` does, and
knows when. It is imported at the first use, in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

from adapters.speech.failure import BROKEN, PERMISSION, REJECTED, VOICE, Failed, failure
from adapters.speech.hearing import heard
from adapters.speech.languages import hint
from adapters.speech.note import upload
from adapters.speech.sound import LARGEST, OGG, container_of, voice_note
from adapters.speech.tries import Tries
from adapters.speech.voices import PAGE, Voices
from bot.message import Upload
from bot.people import User
from bot.ports import Unheard
from bot.records import Heard

if TYPE_CHECKING:
    from elevenlabs.base_client import AsyncBaseElevenLabs

T = TypeVar("T")

PROVIDER = "https://api.elevenlabs.io"
EARS = "scribe_v3"
MOUTH = "eleven_flash_v2_5"  # half the price of the others, quick, and it minds speed and language
FORMAT = "opus_48000_32"
SPEEDS = (0.7, 1.2)  # the service takes nothing slower or faster
CONNECTING = 10.0  # seconds
LISTENING = 180.0  # seconds for one recording
SPEAKING = 60.0  # seconds for one text
LOOKING = 20.0  # seconds for the list of voices
OPTIONS: Any = {"max_retries": 0}

NO_WORDS = "I heard no words in this recording. Please record it again, or write it to me."
UNHEARD = "I could not listen to this: {}. Please write it to me."
UNSPOKEN = "I could not speak: {}."


def client(api_key: str, base_url: str | None, *, seconds: float) -> AsyncBaseElevenLabs:
    """The vendor's client, with all of it that is needed imported: that takes a second, so call it in a thread. (The
    larger AsyncElevenLabs around it takes another, for films, music and telephones.) It keeps no connection open, so
    that there is nothing to close; to this machine itself no proxy is used, whatever the environment says."""
    import httpx
    from elevenlabs import VoiceSettings
    from elevenlabs.base_client import AsyncBaseElevenLabs

    here = urlsplit(base_url or "").hostname in ("127.0.0.1", "localhost", "::1")
    timeout = httpx.Timeout(seconds, connect=min(CONNECTING, seconds))
    transport = httpx.AsyncClient(
        trust_env=not here, follow_redirects=True, limits=httpx.Limits(max_keepalive_connections=0)
    )
    made = AsyncBaseElevenLabs(
        api_key=api_key,  # left out, it is read from the environment as it was when the client was imported
        base_url=base_url or PROVIDER,
        timeout=cast(float, timeout),  # handed on to the transport as it is
        httpx_client=transport,
    )
    _ = (made.speech_to_text, made.text_to_speech, made.voices, VoiceSettings)  # each is imported when it is looked at
    return made


class ElevenLabs:
    """A Speech at the end of its wrappers: the sound was checked, the text is speakable as it stands."""

    def __init__(self, *, key: str, base_url: str | None, tries: Tries | None = None, seconds: float | None = None):
        """`seconds` replaces what one call may take."""
        self._key, self._base_url = key, base_url
        self._tries, self._seconds = tries or Tries(), seconds
        self._voices = Voices(self._page)
        self._made: AsyncBaseElevenLabs | None = None

    async def hear(self, user: User, sound: bytes) -> Heard:
        service = await self._client()
        kind = container_of(sound) or OGG
        language = hint(user.voice.language)
        more: Any = {"language_code": language} if language else {}

        async def attempt() -> Heard:
            transcript = await service.speech_to_text.convert(
                model_id=EARS,
                file=(kind.name, sound, kind.mime),
                timestamps_granularity="word",
                tag_audio_events=False,
                request_options=OPTIONS,
                **more,
            )
            return heard(transcript)

        found = await self._asked(UNHEARD, "hear", attempt, LISTENING)
        if not found.text:
            raise Unheard(NO_WORDS)
        return found

    async def speak(self, user: User, text: str) -> Upload:
        service = await self._client()
        voice = await self._asked(UNSPOKEN, "voices", lambda: self._voices.id_of(user.voice.name), LOOKING)

        async def attempt() -> bytes:
            sound = bytearray()
            pieces = service.text_to_speech.convert(
                voice, text=text, model_id=MOUTH, output_format=FORMAT, request_options=OPTIONS, **_settings(user)
            )
            async for piece in pieces:
                sound += piece
                if len(sound) > LARGEST:
                    raise Failed(BROKEN, "the sound does not end")
            return bytes(sound)

        sound = await self._asked(UNSPOKEN, "speak", attempt, SPEAKING)
        try:
            note, duration = await asyncio.to_thread(voice_note, sound)
        except Unheard as error:
            raise Unheard(UNSPOKEN.format(BROKEN)) from error
        return upload(note, duration)

    async def _asked(self, told: str, what: str, attempt: Callable[[], Awaitable[T]], seconds: float) -> T:
        try:
            return await self._tries(what, attempt, self._seconds or seconds)
        except Failed as failed:
            raise Unheard(told.format(failed.why)) from failed

    async def _page(self, token: str | None) -> Any:
        more: Any = {"next_page_token": token} if token else {}
        return await (await self._client()).voices.search(page_size=PAGE, request_options=OPTIONS, **more)

    async def _client(self) -> AsyncBaseElevenLabs:
        if self._made is None:
            self._made = await asyncio.to_thread(client, self._key, self._base_url, seconds=self._seconds or LISTENING)
        return self._made


def _settings(user: User) -> dict[str, Any]:
    """What of the user's choices goes into the request; what is not chosen stays as the voice's owner set it."""
    from elevenlabs import VoiceSettings

    slowest, fastest = SPEEDS
    speed = min(fastest, max(slowest, user.voice.speed))
    language = hint(user.voice.language)
    settings = {"voice_settings": VoiceSettings(speed=speed)} if speed != 1.0 else {}
    return {**settings, **({"language_code": language} if language else {})}


async def check_key(key: str, base_url: str | None = None, *, seconds: float = 10.0) -> str | None:
    """None when the key may listen and speak, else why not, in words for people. Costs nothing: both requests name
    something that is not there, and what counts is whether that is the reason for the refusal."""
    service = await asyncio.to_thread(client, key, base_url, seconds=seconds)

    async def speak() -> None:
        async for _ in service.text_to_speech.convert("nobody", text=".", model_id=MOUTH, request_options=OPTIONS):
            return

    async def listen() -> None:
        file = ("nothing.ogg", b"nothing", OGG.mime)
        await service.speech_to_text.convert(model_id=EARS, file=file, request_options=OPTIONS)

    for permission, probe in (("Text to Speech", speak), ("Speech to Text", listen)):
        why = await _refusal(probe, seconds)
        if why is not None:
            return f"{why} ({permission})" if why == PERMISSION else why
    return None


async def _refusal(probe: Callable[[], Awaitable[None]], seconds: float) -> str | None:
    from elevenlabs.core.api_error import ApiError
    from httpx import HTTPError

    try:
        async with asyncio.timeout(seconds):
            await probe()
    except (ApiError, HTTPError, TimeoutError) as error:
        why = failure(error).why
        return None if why in (VOICE, REJECTED) else why
    return None
