"""An answer is spoken: through the vendor's own client, against its stand-in, as a voice note for every chat app."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import av
import pytest
import pytest_asyncio

from adapters import speech
from adapters.speech.sound import voice_note
from bot.message import Kind
from bot.people import Scope
from bot.ports import Speech, Unheard
from memory.database import Database
from tests.elevenlabs_stand_in import Elevenlabs, stand_in
from tests.sounds import FORMATS, recording
from tests.test_speech_heard import Hands, user


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service() -> AsyncIterator[Elevenlabs]:
    async with stand_in() as service:
        yield service


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def mouth(service: Elevenlabs, database: Database, clock: Hands) -> Speech:
    return speech.connect(key=service.key, base_url=service.url, clamd=None, memory=database, clock=clock)


async def last(service: Elevenlabs) -> Any:
    return (await service.spoken())[-1]


def is_opus_in_ogg(sound: bytes) -> bool:
    with av.open(io.BytesIO(sound), "r") as container:
        return (container.format.name, container.streams.audio[0].codec_context.name) == ("ogg", "opus")


async def test_an_answer_becomes_a_voice_note(mouth: Speech, service: Elevenlabs, ann: Scope) -> None:
    note = await mouth.speak(user(ann), "## Today\n\nYou have **two** meetings, see [the calendar](https://x.example).")
    assert (await last(service))["text"] == "Today.\nYou have two meetings, see the calendar."
    about = note.about
    assert (about.kind, about.mime, about.name, about.size) == (
        Kind.VOICE, "audio/ogg", "voice.ogg", len(note.content)
    )  # fmt: skip
    assert is_opus_in_ogg(note.content)
    assert about.duration is not None
    assert about.duration > 1


async def test_what_was_spoken_is_heard_as_its_words(mouth: Speech, ann: Scope) -> None:
    note = await mouth.speak(user(ann), "Bob comes at four.")
    heard = await mouth.hear(user(ann), note.content)
    assert heard.text == "Bob comes at four."
    assert heard.duration == pytest.approx(note.about.duration, abs=0.01)


async def test_voice_speed_and_language_are_the_users(mouth: Speech, service: Elevenlabs, ann: Scope) -> None:
    await mouth.speak(user(ann), "As always.")
    usual = await last(service)
    assert (usual["voice"], usual["model"], usual["format"]) == (
        "JBFqnCBsd6RMkjVDRZzb", "eleven_flash_v2_5", "opus_48000_32"
    )  # fmt: skip
    assert (usual["settings"], usual["language"]) == ({}, None)
    await mouth.speak(user(ann, name="clara", speed=1.15, language="de-AT"), "Wie immer.")
    chosen = await last(service)
    assert (chosen["voice"], chosen["settings"], chosen["language"]) == ("LabVoiceOfClara00001", {"speed": 1.15}, "de")


@pytest.mark.parametrize(("speed", "taken"), [(0.1, 0.7), (9.0, 1.2)])
async def test_a_speed_that_the_service_does_not_take_is_brought_to_its_limit(
    mouth: Speech, service: Elevenlabs, ann: Scope, speed: float, taken: float
) -> None:
    await mouth.speak(user(ann, speed=speed), f"At {speed}.")
    assert (await last(service))["settings"] == {"speed": taken}


@pytest.mark.parametrize("name", ["George", "george - warm storyteller", "JBFqnCBsd6RMkjVDRZzb"])
async def test_a_voice_is_found_by_name_by_first_word_and_by_id(
    mouth: Speech, service: Elevenlabs, ann: Scope, name: str
) -> None:
    await mouth.speak(user(ann, name=name), f"I am {name}.")
    assert (await last(service))["voice"] == "JBFqnCBsd6RMkjVDRZzb"


async def test_the_list_of_voices_is_asked_for_once(mouth: Speech, service: Elevenlabs, ann: Scope) -> None:
    before = len(await service.calls("voices"))
    await mouth.speak(user(ann, name="Rachel"), "One.")
    await mouth.speak(user(ann, name="Clara"), "Two.")
    assert len(await service.calls("voices")) == before + 1


async def test_a_voice_that_nobody_has_is_told_with_those_that_there_are(mouth: Speech, ann: Scope) -> None:
    with pytest.raises(Unheard, match=r"no voice “Zelda”.* Clara, George - Warm Storyteller"):
        await mouth.speak(user(ann, name="Zelda"), "Hello.")


async def test_the_same_words_are_spoken_once_a_week(
    mouth: Speech, service: Elevenlabs, ann: Scope, bob: Scope, clock: Hands
) -> None:
    async def paid() -> int:
        return len(await service.calls("text-to-speech"))

    before = await paid()
    first = await mouth.speak(user(ann), "Good morning, **Ann**.")
    clock.at += timedelta(days=6, hours=23)
    assert await mouth.speak(user(ann), "Good morning, Ann.") == first
    assert await paid() == before + 1
    await mouth.speak(user(ann, speed=1.1), "Good morning, Ann.")
    await mouth.speak(user(ann, name="Clara"), "Good morning, Ann.")
    await mouth.speak(user(bob), "Good morning, Ann.")
    assert await paid() == before + 4
    clock.at += timedelta(hours=2)
    await mouth.speak(user(ann), "Good morning, Ann.")
    assert await paid() == before + 5


async def test_two_at_once_for_the_same_words_make_one_call(mouth: Speech, service: Elevenlabs, ann: Scope) -> None:
    before = len(await service.calls("text-to-speech"))
    notes = await asyncio.gather(*(mouth.speak(user(ann), "At the same time.") for _ in range(3)))
    assert len({note.content for note in notes}) == 1
    assert len(await service.calls("text-to-speech")) == before + 1


async def test_nothing_to_say_costs_nothing(mouth: Speech, service: Elevenlabs, ann: Scope) -> None:
    before = len(await service.calls("text-to-speech"))
    with pytest.raises(Unheard, match="nothing in this answer"):
        await mouth.speak(user(ann), "👍 ---")
    assert len(await service.calls("text-to-speech")) == before


@pytest.mark.parametrize("format", FORMATS)
async def test_any_sound_becomes_opus_in_ogg(format: str) -> None:
    note, duration = voice_note(recording(format, 2.0))
    assert is_opus_in_ogg(note)
    assert duration == pytest.approx(2.0, abs=0.1)


def test_opus_in_ogg_stays_as_it_is() -> None:
    sound = recording("ogg")
    assert voice_note(sound)[0] is sound
