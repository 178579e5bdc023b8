"""A voice note is heard: through the vendor's own client, against its stand-in, with a real database behind it."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
import pytest_asyncio

from adapters import speech
from adapters.speech.elevenlabs import ElevenLabs
from adapters.speech.sound import LARGEST
from bot.people import Scope
from bot.ports import Speech, Unheard
from memory.database import Database
from tests.elevenlabs_stand_in import Elevenlabs
from tests.sounds import FORMATS, encoded, film, recording, silence, tone, words
from tests.speech_stage import Hands, clock, service, talking, user  # noqa: F401 - fixtures
from tests.stand_ins.clamd import VIRUS, clamd


@pytest_asyncio.fixture
async def calls(service: Elevenlabs) -> AsyncIterator[list[object]]:
    """The calls made so far; compare their number afterwards."""
    await service.act("forget_faults")
    yield await service.calls("speech-to-text")


def digest(sound: bytes) -> str:
    return hashlib.sha256(sound).hexdigest()


@pytest.mark.parametrize("format", FORMATS)
async def test_every_format_is_heard(talking: Speech, service: Elevenlabs, ann: Scope, format: str) -> None:
    sound = recording(format, 2.0)
    await service.hears(f"Buy milk, says {format}.", sha256=digest(sound))
    heard = await talking.hear(user(ann), sound)
    assert heard.text == f"Buy milk, says {format}."
    assert heard.language == "en"
    assert heard.duration == pytest.approx(2.0, abs=0.1)
    assert heard.confidence == pytest.approx(0.951, abs=0.001)


async def test_real_words_are_heard(talking: Speech, service: Elevenlabs, ann: Scope) -> None:
    sound = words("Remind me to call the dentist tomorrow.")
    await service.hears("Remind me to call the dentist tomorrow.")
    assert (await talking.hear(user(ann), sound)).duration > 1.5


async def test_sentences_have_their_times(talking: Speech, service: Elevenlabs, ann: Scope) -> None:
    sound = recording("ogg", 4.0, pitch=300)
    await service.hears("Buy milk. Call Bob tomorrow! And then", sha256=digest(sound))
    heard = await talking.hear(user(ann), sound)
    assert [segment.text for segment in heard.segments] == ["Buy milk.", "Call Bob tomorrow!", "And then"]
    assert heard.segments[0].begin == 0.0
    assert heard.segments[0].end < heard.segments[1].begin < heard.segments[1].end < heard.segments[2].begin
    assert heard.segments[2].end == pytest.approx(4.0, abs=0.1)


async def test_the_request_says_what_the_service_must_know(talking: Speech, service: Elevenlabs, ann: Scope) -> None:
    await talking.hear(user(ann, language="de-CH"), recording("m4a", pitch=310))
    given = (await service.calls("speech-to-text"))[-1]["given"]
    assert given.pop("file").endswith("bytes, audio/mp4)")
    asked = {name: value for name, value in given.items() if value != "null"}
    assert asked == {
        "model_id": "scribe_v3",
        "language_code": "de",
        "timestamps_granularity": "word",
        "tag_audio_events": "false",
    }


async def test_the_language_that_was_heard_is_told_in_two_letters(
    talking: Speech, service: Elevenlabs, ann: Scope
) -> None:
    sound = recording(pitch=320)
    await service.hears("Guten Morgen.", language="de", sha256=digest(sound))
    assert (await talking.hear(user(ann), sound)).language == "de"


UNHEARD: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (bytes, "is empty"),
    "eleven megabytes": (lambda: b"OggS" + bytes(LARGEST), "larger than 10 MB"),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(200), "no recording"),
    "a text": (lambda: b"Dear Bob, this is a letter.", "no recording"),
    "a list of other files": (lambda: b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "no recording"),
    "a film in MP4": (lambda: film("mp4"), "is a video"),
    "a film in WebM": (lambda: film("webm"), "is a video"),
    "the begin of an OGG": (lambda: recording("ogg")[:60], "damaged"),
    "half a WebM": (lambda: recording("webm", 4.0)[:15_000], "damaged"),
    "half an M4A": (lambda: recording("m4a", 4.0)[:15_000], "damaged"),
    "half a WAV": (lambda: recording("wav", 4.0)[:15_000], "damaged"),
    "the begin of an MP3": (lambda: recording("mp3")[:40], "damaged"),
    "noise that calls itself OGG": (lambda: b"OggS" + bytes(range(256)) * 40, "damaged"),
    "a click in WAV": (lambda: recording("wav", 0.05), "too short"),
    "a click in OGG": (lambda: recording("ogg", 0.02), "too short"),
    "silence in OGG": (lambda: silence("ogg"), "nothing to hear"),
    "silence in M4A": (lambda: silence("m4a"), "nothing to hear"),
    "silence in WAV": (lambda: silence("wav"), "nothing to hear"),
}


@pytest.mark.parametrize("what", UNHEARD)
async def test_what_cannot_be_heard_is_told_and_never_sent(
    talking: Speech, service: Elevenlabs, ann: Scope, calls: list[object], what: str
) -> None:
    make, words = UNHEARD[what]
    with pytest.raises(Unheard, match=words) as caught:
        await talking.hear(user(ann), make())
    assert "Please" in str(caught.value)
    assert len(await service.calls("speech-to-text")) == len(calls)


async def test_a_recording_of_more_than_two_hours_is_refused(talking: Speech, ann: Scope) -> None:
    with pytest.raises(Unheard, match="longer than two hours"):
        await talking.hear(user(ann), encoded(tone(1.0), "webm", slower=3 * 3600))


async def test_a_recording_in_which_nobody_speaks_is_told(talking: Speech, service: Elevenlabs, ann: Scope) -> None:
    sound = recording(pitch=330)
    await service.hears(" ", sha256=digest(sound))
    with pytest.raises(Unheard, match="no words"):
        await talking.hear(user(ann), sound)


async def test_the_same_recording_is_sent_once_a_day(
    talking: Speech, service: Elevenlabs, ann: Scope, bob: Scope, clock: Hands, calls: list[object]
) -> None:
    sound = recording(pitch=340)
    await service.hears("Once.", sha256=digest(sound))
    first = await talking.hear(user(ann), sound)
    clock.at += timedelta(hours=23, minutes=59)
    assert await talking.hear(user(ann), sound) == first
    assert len(await service.calls("speech-to-text")) == len(calls) + 1
    await talking.hear(user(bob), sound)  # what Ann's recording said is hers
    assert len(await service.calls("speech-to-text")) == len(calls) + 2
    clock.at += timedelta(minutes=2)
    await talking.hear(user(ann), sound)
    assert len(await service.calls("speech-to-text")) == len(calls) + 3


async def test_two_who_ask_at_once_for_the_same_make_one_call(
    talking: Speech, service: Elevenlabs, ann: Scope, calls: list[object]
) -> None:
    sound = recording(pitch=350)
    first, second = await asyncio.gather(talking.hear(user(ann), sound), talking.hear(user(ann), sound))
    assert first == second
    assert len(await service.calls("speech-to-text")) == len(calls) + 1


async def test_what_was_paid_for_is_kept_even_when_nobody_waits_any_more(
    talking: Speech, service: Elevenlabs, ann: Scope, calls: list[object]
) -> None:
    sound = recording(pitch=360)
    await service.fault("speech-to-text", status=503)  # the second try comes when nobody waits any more
    hearing = asyncio.create_task(talking.hear(user(ann), sound))
    await service.called("speech-to-text", status=503)
    hearing.cancel()
    await asyncio.gather(hearing, return_exceptions=True)
    await service.until(lambda events: len(events) >= len(calls) + 2)
    await talking.hear(user(ann), sound)
    assert len(await service.calls("speech-to-text")) == len(calls) + 2


async def test_an_infected_recording_is_never_sent(
    service: Elevenlabs, database: Database, clock: Hands, ann: Scope, calls: list[object]
) -> None:
    async with clamd() as daemon:
        talking = speech.connect(
            key=service.key, base_url=service.url, clamd=daemon.address, memory=database, clock=clock
        )
        clean = recording(pitch=370)
        await talking.hear(user(ann), clean)
        assert daemon.scanned == [clean]
        with pytest.raises(Unheard, match="harmful"):
            await talking.hear(user(ann), recording("mp3", pitch=370) + VIRUS)
    with pytest.raises(Unheard, match="virus scanner does not answer"):
        await talking.hear(user(ann), recording(pitch=380))
    assert (await talking.hear(user(ann), clean)).text  # it was looked at
    assert len(await service.calls("speech-to-text")) == len(calls) + 1


async def test_without_a_key_the_person_is_told_what_is_missing(database: Database, clock: Hands, ann: Scope) -> None:
    nothing = speech.connect(key=None, base_url=None, clamd=None, memory=database, clock=clock)
    with pytest.raises(Unheard, match="ELEVENLABS_API_KEY"):
        await nothing.hear(user(ann), recording())
    with pytest.raises(Unheard, match="ELEVENLABS_API_KEY"):
        await nothing.speak(user(ann), "Hello")


async def test_a_service_that_never_answers_is_given_up(service: Elevenlabs, ann: Scope, calls: list[object]) -> None:
    await service.fault("speech-to-text", drop="hang")
    hasty = ElevenLabs(key=service.key, base_url=service.url, seconds=0.3)
    with pytest.raises(Unheard, match="too long to answer"):
        await hasty.hear(user(ann), recording())
    await service.called("speech-to-text", status=0)
    assert len(await service.calls("speech-to-text")) == len(calls) + 1
