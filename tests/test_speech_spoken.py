"""An answer is spoken: through the vendor's own client, against its stand-in, as a voice note for every chat app."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

import asyncio
import io
from datetime import timedelta
from typing import Any

import av
import pytest

from adapters.speech.sound import voice_note
from bot.message import Kind
from bot.people import Scope
from bot.ports import Speech, Unheard
from tests.elevenlabs_stand_in import Elevenlabs
from tests.sounds import FORMATS, recording
from tests.speech_stage import Hands, clock, service, talking, user  # noqa: F401 - fixtures


async def last(service: Elevenlabs) -> Any:
    return (await service.spoken())[-1]


def is_opus_in_ogg(sound: bytes) -> bool:
    with av.open(io.BytesIO(sound), "r") as container:
        return (container.format.name, container.streams.audio[0].codec_context.name) == ("ogg", "opus")


async def test_an_answer_becomes_a_voice_note(talking: Speech, service: Elevenlabs, ann: Scope) -> None:
    note = await talking.speak(
        user(ann), "## Today\n\nYou have **two** meetings, see [the calendar](https://x.example)."
    )
    assert (await last(service))["text"] == "Today.\nYou have two meetings, see the calendar."
    about = note.about
    assert (about.kind, about.mime, about.name, about.size) == (
        Kind.VOICE, "audio/ogg", "voice.ogg", len(note.content)
    )  # fmt: skip
    assert is_opus_in_ogg(note.content)
    assert about.duration is not None
    assert about.duration > 1


async def test_what_was_spoken_is_heard_as_its_words(talking: Speech, ann: Scope) -> None:
    note = await talking.speak(user(ann), "Bob comes at four.")
    heard = await talking.hear(user(ann), note.content)
    assert heard.text == "Bob comes at four."
    assert heard.duration == pytest.approx(note.about.duration, abs=0.01)


async def test_voice_speed_and_language_are_the_users(talking: Speech, service: Elevenlabs, ann: Scope) -> None:
    await talking.speak(user(ann), "As always.")
    usual = await last(service)
    assert (usual["voice"], usual["model"], usual["format"]) == (
        "JBFqnCBsd6RMkjVDRZzb", "eleven_flash_v2_5", "opus_48000_32"
    )  # fmt: skip
    assert (usual["settings"], usual["language"]) == ({}, None)
    await talking.speak(user(ann, name="clara", speed=1.15, language="de-AT"), "Wie immer.")
    chosen = await last(service)
    assert (chosen["voice"], chosen["settings"], chosen["language"]) == ("LabVoiceOfClara00001", {"speed": 1.15}, "de")


@pytest.mark.parametrize(("speed", "taken"), [(0.1, 0.7), (9.0, 1.2)])
async def test_a_speed_that_the_service_does_not_take_is_brought_to_its_limit(
    talking: Speech, service: Elevenlabs, ann: Scope, speed: float, taken: float
) -> None:
    await talking.speak(user(ann, speed=speed), f"At {speed}.")
    assert (await last(service))["settings"] == {"speed": taken}


@pytest.mark.parametrize("name", ["George", "george - warm storyteller", "JBFqnCBsd6RMkjVDRZzb"])
async def test_a_voice_is_found_by_name_by_first_word_and_by_id(
    talking: Speech, service: Elevenlabs, ann: Scope, name: str
) -> None:
    await talking.speak(user(ann, name=name), f"I am {name}.")
    assert (await last(service))["voice"] == "JBFqnCBsd6RMkjVDRZzb"


async def test_the_list_of_voices_is_asked_for_once(talking: Speech, service: Elevenlabs, ann: Scope) -> None:
    before = len(await service.calls("voices"))
    await talking.speak(user(ann, name="Rachel"), "One.")
    await talking.speak(user(ann, name="Clara"), "Two.")
    assert len(await service.calls("voices")) == before + 1


async def test_a_voice_that_nobody_has_is_told_with_those_that_there_are(talking: Speech, ann: Scope) -> None:
    with pytest.raises(Unheard, match=r"no voice “Zelda”.* Clara, George - Warm Storyteller"):
        await talking.speak(user(ann, name="Zelda"), "Hello.")


async def test_the_same_words_are_spoken_once_a_week(
    talking: Speech, service: Elevenlabs, ann: Scope, bob: Scope, clock: Hands
) -> None:
    async def paid() -> int:
        return len(await service.calls("text-to-speech"))

    before = await paid()
    first = await talking.speak(user(ann), "Good morning, **Ann**.")
    clock.at += timedelta(days=6, hours=23)
    assert await talking.speak(user(ann), "Good morning, Ann.") == first
    assert await paid() == before + 1
    await talking.speak(user(ann, speed=1.1), "Good morning, Ann.")
    await talking.speak(user(ann, name="Clara"), "Good morning, Ann.")
    await talking.speak(user(bob), "Good morning, Ann.")
    assert await paid() == before + 4
    clock.at += timedelta(hours=2)
    await talking.speak(user(ann), "Good morning, Ann.")
    assert await paid() == before + 5


async def test_two_at_once_for_the_same_words_make_one_call(talking: Speech, service: Elevenlabs, ann: Scope) -> None:
    before = len(await service.calls("text-to-speech"))
    notes = await asyncio.gather(*(talking.speak(user(ann), "At the same time.") for _ in range(3)))
    assert len({note.content for note in notes}) == 1
    assert len(await service.calls("text-to-speech")) == before + 1


async def test_nothing_to_say_costs_nothing(talking: Speech, service: Elevenlabs, ann: Scope) -> None:
    before = len(await service.calls("text-to-speech"))
    with pytest.raises(Unheard, match="nothing in this answer"):
        await talking.speak(user(ann), "👍 ---")
    assert len(await service.calls("text-to-speech")) == before


@pytest.mark.parametrize("format", FORMATS)
async def test_any_sound_becomes_opus_in_ogg(format: str) -> None:
    note, duration = voice_note(recording(format, 2.0))
    assert is_opus_in_ogg(note)
    assert duration == pytest.approx(2.0, abs=0.1)


def test_opus_in_ogg_stays_as_it_is() -> None:
    sound = recording("ogg")
    assert voice_note(sound)[0] is sound
