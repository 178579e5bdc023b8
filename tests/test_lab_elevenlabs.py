"""The stand-in of ElevenLabs refuses what the real one refuses, in its shape, and makes real sound."""

from __future__ import annotations

import base64
import hashlib
import io
import shutil
from collections.abc import AsyncIterator
from typing import Any

import av
import pytest
import pytest_asyncio

from lab.elevenlabs import sound
from lab.elevenlabs.methods import NOT_RECOGNISED
from tests.elevenlabs_stand_in import Elevenlabs, stand_in
from tests.sounds import recording

GEORGE = "JBFqnCBsd6RMkjVDRZzb"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def started() -> AsyncIterator[Elevenlabs]:
    async with stand_in() as service:
        yield service


@pytest_asyncio.fixture
async def service(started: Elevenlabs) -> Elevenlabs:
    for act in ("forget_faults", "restore", "account"):
        await started.act(act)
    started.http.headers["xi-api-key"] = started.key
    return started


async def speak(service: Elevenlabs, body: Any, *, voice: str = GEORGE, output: str | None = None) -> Any:
    query = {} if output is None else {"output_format": output}
    return await service.http.post(f"/v1/text-to-speech/{voice}", params=query, json=body)


async def hear(service: Elevenlabs, content: bytes | None, **form: str) -> Any:
    files = {} if content is None else {"file": ("a.ogg", content, "audio/ogg")}
    return await service.http.post("/v1/speech-to-text", data=form, files=files or {"none": ("", b"")})


def code(answer: Any) -> tuple[int, str]:
    detail = answer.json()["detail"]
    return answer.status_code, ".".join(detail[0]["loc"]) if isinstance(detail, list) else detail["status"]


@pytest.mark.parametrize(
    ("body", "more", "refused"),
    [
        ({}, {}, (422, "body.text")),
        ({"text": 5}, {}, (422, "body.text")),
        ({"text": " "}, {}, (400, "input_text_empty")),
        ({"text": "hi"}, {"voice": "nobody"}, (404, "voice_not_found")),
        ({"text": "hi"}, {"output": "opus_1_2"}, (422, "query.output_format")),
        ({"text": "hi", "model_id": "eleven_v0"}, {}, (400, "model_not_found")),
        ({"text": "hi", "voice_settings": {"speed": 1.3}}, {}, (400, "invalid_voice_settings")),
        ({"text": "a" * 10_001}, {}, (400, "max_character_limit_exceeded")),
    ],
)
async def test_a_wrong_text_is_refused(service: Elevenlabs, body: Any, more: Any, refused: Any) -> None:
    before = len(await service.spoken())
    assert code(await speak(service, body, **more)) == refused
    assert len(await service.spoken()) == before


@pytest.mark.parametrize(
    ("content", "form", "refused"),
    [
        ("text", {}, (422, "body.model_id")),
        ("none", {"model_id": "scribe_v3"}, (400, "invalid_parameters")),
        ("text", {"model_id": "scribe_v0"}, (400, "unsupported_model")),
        ("text", {"model_id": "scribe_v3"}, (400, "invalid_content")),
        ("empty", {"model_id": "scribe_v3"}, (400, "invalid_content")),
        ("click", {"model_id": "scribe_v3"}, (400, "audio_too_short")),
        ("sound", {"model_id": "scribe_v3", "language_code": "German"}, (400, "invalid_parameters")),
        ("sound", {"model_id": "scribe_v3", "timestamps_granularity": "x"}, (422, "body.timestamps_granularity")),
    ],
)
async def test_a_wrong_recording_is_refused(service: Elevenlabs, content: str, form: Any, refused: Any) -> None:
    contents = {"text": b"no sound", "none": None, "empty": b"", "click": recording("wav", 0.05), "sound": recording()}
    assert code(await hear(service, contents[content], **form)) == refused


async def test_the_key_opens_the_door_and_its_permissions_each_room(service: Elevenlabs) -> None:
    service.http.headers["xi-api-key"] = ""
    assert code(await speak(service, {"text": "hi"})) == (401, "needs_authorization")
    service.http.headers["xi-api-key"] = "wrong"
    assert code(await speak(service, {"text": "hi"})) == (401, "invalid_api_key")
    service.http.headers["xi-api-key"] = service.key
    await service.act("account", permissions=["text_to_speech"], credit=2)
    assert code(await service.http.get("/v2/voices")) == (401, "missing_permissions")
    assert code(await hear(service, recording(), model_id="scribe_v3")) == (401, "missing_permissions")
    assert (await speak(service, {"text": "hi"})).headers["character-cost"] == "2"
    assert code(await speak(service, {"text": "hi"})) == (401, "quota_exceeded")
    await service.act("revoke")
    assert code(await speak(service, {"text": "hi"})) == (401, "invalid_api_key")


@pytest.mark.parametrize(
    ("output", "mime", "container", "rate"),
    [
        ("opus_48000_32", "audio/ogg", "ogg", 48_000),
        ("mp3_44100_128", "audio/mpeg", "mp3", 44_100),
        ("mp3_22050_32", "audio/mpeg", "mp3", 22_050),
        ("wav_16000", "audio/wav", "wav", 16_000),
    ],
)
async def test_what_it_speaks_is_real_sound_in_the_format_asked_for(
    service: Elevenlabs, output: str, mime: str, container: str, rate: int
) -> None:
    answer = await speak(service, {"text": "The first move is what sets everything in motion."}, output=output)
    assert answer.headers["content-type"].startswith(mime)
    with av.open(io.BytesIO(answer.content), "r") as made:
        assert (made.format.name, made.streams.audio[0].rate) == (container, rate)
    assert 1.5 < sound.seconds(answer.content) < 6


async def test_speech_can_be_streamed(service: Elevenlabs) -> None:
    answer = await speak(service, {"text": "In pieces."}, voice=f"{GEORGE}/stream", output="opus_48000_64")
    assert sound.seconds(answer.content) > 0.3
    assert [each["text"] for each in await service.spoken()][-1] == "In pieces."


async def test_raw_samples_are_as_long_as_their_rate_says(service: Elevenlabs) -> None:
    wav = await speak(service, {"text": "Hello."}, output="wav_8000")
    pcm = await speak(service, {"text": "Hello."}, output="pcm_8000")
    assert len(pcm.content) / 16_000 == pytest.approx(sound.seconds(wav.content), abs=0.01)


async def test_faster_speech_is_shorter(service: Elevenlabs) -> None:
    def body(speed: float) -> Any:
        return {"text": "One two three four five.", "voice_settings": {"speed": speed}}

    slow, fast = [(await speak(service, body(speed))).content for speed in (0.7, 1.2)]
    assert sound.seconds(slow) > 1.2 * sound.seconds(fast)


def test_without_espeak_there_is_a_tone_for_each_syllable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: None)
    one, three = [sound.spoken(text, "opus", 48_000, 32_000, 1.0, "en") for text in ("ba", "ba na na")]
    assert sound.seconds(three) > 2 * sound.seconds(one)
    assert sound.spoken("", "wav", 8_000, 0, 1.0, "en")


async def test_it_hears_what_it_spoke_what_it_was_told_and_else_says_what_it_cannot(service: Elevenlabs) -> None:
    async def heard(content: bytes) -> tuple[str, str]:
        found = (await hear(service, content, model_id="scribe_v3")).json()
        return found["text"], found["language_code"]

    own = (await speak(service, {"text": "My own words.", "language_code": "fr"}, output="opus_48000_32")).content
    told, by_content = recording(pitch=500), recording(pitch=510)
    await service.hears("Guten Tag.", language="de", sha256=hashlib.sha256(told).hexdigest())
    await service.hears("By its content.", base64=base64.b64encode(by_content).decode())
    await service.hears("The next one.")
    assert await heard(own) == ("My own words.", "fra")
    assert await heard(told) == ("Guten Tag.", "deu")
    assert await heard(by_content) == ("By its content.", "eng")
    assert await heard(recording(pitch=520)) == ("The next one.", "eng")
    assert await heard(recording(pitch=520)) == (NOT_RECOGNISED, "eng")


async def test_words_have_times_that_fill_the_sound(service: Elevenlabs) -> None:
    await service.hears("Buy milk, please.")
    found = (await hear(service, recording("ogg", 3.0), model_id="scribe_v3")).json()
    assert [word["type"] for word in found["words"]] == ["word", "spacing", "word", "spacing", "word"]
    assert "".join(word["text"] for word in found["words"]) == found["text"]
    assert found["words"][0]["start"] == 0
    assert found["words"][-1]["end"] == pytest.approx(found["audio_duration_secs"], abs=0.01)
    assert found["audio_duration_secs"] == pytest.approx(3.0, abs=0.02)


async def test_voices_come_in_pages_and_can_be_searched(service: Elevenlabs) -> None:
    async def page(**query: Any) -> Any:
        return (await service.http.get("/v2/voices", params=query)).json()

    first = await page(page_size=2)
    assert (len(first["voices"]), first["has_more"]) == (2, True)
    second = await page(page_size=2, next_page_token=first["next_page_token"])
    assert ([voice["name"] for voice in second["voices"]], second["has_more"]) == (["Clara"], False)
    assert [voice["voice_id"] for voice in (await page(search="george"))["voices"]] == [GEORGE]
    assert code(await service.http.get("/v2/voices", params={"page_size": 101})) == (422, "query.page_size")


async def test_faults_strike_as_often_as_was_said(service: Elevenlabs) -> None:
    await service.fault("text-to-speech", status=429, code="system_busy", retry_after=3, times=2, skip=1)
    answers = [await speak(service, {"text": "hi"}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 429, 429, 200]
    assert (code(answers[1]), answers[1].headers["retry-after"]) == ((429, "system_busy"), "3")
    assert [call["status"] for call in (await service.calls("text-to-speech"))[-4:]] == [200, 429, 429, 200]


async def test_what_was_spoken_is_shown(service: Elevenlabs) -> None:
    await speak(service, {"text": "Shown.", "model_id": "eleven_v3", "voice_settings": {"speed": 0.9}})
    shown = (await service.spoken())[-1]
    assert (shown["text"], shown["voice"], shown["model"]) == ("Shown.", GEORGE, "eleven_v3")
    assert (shown["settings"], shown["format"]) == ({"speed": 0.9}, "mp3_44100_128")
