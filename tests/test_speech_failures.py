"""When the speech service fails the person is told why, in words, and it is neither hammered nor told off for ever."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from adapters.model.breaker import FAILURES, REST
from adapters.speech import check_key
from adapters.speech.elevenlabs import ElevenLabs
from adapters.speech.tries import PATIENCE, TRIES, Tries
from bot.people import User, Voice
from bot.ports import Unheard
from tests.elevenlabs_stand_in import Elevenlabs, stand_in
from tests.sounds import recording

ANN = User(id="ann", org="org", name="Ann")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def started() -> AsyncIterator[Elevenlabs]:
    async with stand_in() as service:
        yield service


@pytest_asyncio.fixture
async def service(started: Elevenlabs) -> Elevenlabs:
    for act in ("forget_faults", "restore", "account"):
        await started.act(act)
    return started


class Time:
    """Nobody waits: a sleep only moves the clock."""

    def __init__(self) -> None:
        self.now, self.slept = 1_000.0, list[float]()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    @property
    def tries(self) -> Tries:
        return Tries(now=lambda: self.now, sleep=self.sleep, chance=lambda: 1.0)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def speech(service: Elevenlabs, time: Time) -> ElevenLabs:
    return ElevenLabs(key=service.key, base_url=service.url, tries=time.tries)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 401, "code": "invalid_api_key"}, "refused the API key; check ELEVENLABS_API_KEY"),
        ({"status": 401, "code": "missing_permissions"}, "does not allow this; give it the permission"),
        ({"status": 401, "code": "quota_exceeded"}, "no credit left; add some"),
        ({"status": 401, "code": "detected_unusual_activity"}, "a paid plan"),
        ({"status": 401}, "refused the API key"),
        ({"status": 402}, "no credit left"),
        ({"status": 403}, "does not allow this"),
        ({"status": 400}, "did not accept it"),
        ({"status": 422}, "did not accept it"),
        ({"status": 408}, "too long to answer"),
        ({"status": 504}, "too long to answer"),
    ],
)
async def test_what_another_try_would_not_change_is_told_at_once(
    speech: ElevenLabs, service: Elevenlabs, time: Time, fault: dict[str, Any], words: str
) -> None:
    for method, ask in (
        ("speech-to-text", lambda: speech.hear(ANN, recording())),
        ("text-to-speech", lambda: speech.speak(ANN, "Hello.")),
    ):
        before = len(await service.calls(method))
        await service.fault(method, **fault)
        with pytest.raises(Unheard, match=words):
            await ask()
        assert len(await service.calls(method)) == before + 1
    assert time.slept == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 429, "code": "too_many_concurrent_requests"}, "too many requests"),
        ({"status": 429}, "too many requests"),
        ({"status": 500}, "problem of its own"),
        ({"status": 503}, "problem of its own"),
        ({"drop": "before"}, "cannot be reached"),
        ({"drop": "after"}, "cannot be reached"),
    ],
)
async def test_what_may_pass_is_tried_again_and_then_told(
    speech: ElevenLabs, service: Elevenlabs, time: Time, fault: dict[str, Any], words: str
) -> None:
    await service.fault("speech-to-text", times=1, **fault)
    assert (await speech.hear(ANN, recording())).text
    assert time.slept == [0.5]
    before = len(await service.calls("speech-to-text"))
    await service.fault("speech-to-text", times=TRIES, **fault)
    with pytest.raises(Unheard, match=words):
        await speech.hear(ANN, recording())
    assert len(await service.calls("speech-to-text")) == before + TRIES
    assert time.slept == [0.5, 0.5, 1.0]


async def test_every_try_sends_the_whole_request(speech: ElevenLabs, service: Elevenlabs) -> None:
    await service.fault("speech-to-text", status=503)
    await speech.hear(ANN, recording())
    first, second = [call["given"] for call in (await service.calls("speech-to-text"))[-2:]]
    assert first == {}  # struck before it was read
    assert (second["model_id"], second["file"].endswith("audio/ogg)")) == ("scribe_v3", True)


async def test_the_service_says_how_long_to_wait(speech: ElevenLabs, service: Elevenlabs, time: Time) -> None:
    await service.fault("text-to-speech", status=429, retry_after=7)
    await speech.speak(ANN, "Hello.")
    assert time.slept == [7.0]


async def test_nobody_waits_for_longer_than_a_person_would(speech: ElevenLabs, service: Elevenlabs, time: Time) -> None:
    await service.fault("text-to-speech", status=429, retry_after=PATIENCE + 1)
    with pytest.raises(Unheard, match="too many requests"):
        await speech.speak(ANN, "Hello.")
    assert time.slept == []


async def test_a_service_that_keeps_failing_is_left_alone_and_then_probed(
    speech: ElevenLabs, service: Elevenlabs, time: Time
) -> None:
    await service.fault("speech-to-text", status=500, times=FAILURES)
    before = len(await service.calls("speech-to-text"))
    for _ in range(FAILURES):
        with pytest.raises(Unheard, match="problem of its own"):
            await speech.hear(ANN, recording())
    assert len(await service.calls("speech-to-text")) == before + FAILURES
    time.now += REST
    assert (await speech.hear(ANN, recording())).text
    assert (await speech.hear(ANN, recording())).text


async def test_a_key_that_was_revoked_is_refused_and_works_again_when_it_is_back(
    speech: ElevenLabs, service: Elevenlabs
) -> None:
    await service.act("revoke")
    with pytest.raises(Unheard, match="ELEVENLABS_API_KEY"):
        await speech.hear(ANN, recording())
    await service.act("restore")
    assert (await speech.hear(ANN, recording())).text


async def test_a_voice_that_was_deleted_is_told(speech: ElevenLabs) -> None:
    chosen = User(id="ann", org="org", name="Ann", voice=Voice(name="aaaaaaaaaaaaaaaaaaaa"))
    with pytest.raises(Unheard, match="voice you chose is not there any more"):
        await speech.speak(chosen, "Hello.")


async def test_an_empty_account_speaks_no_more(speech: ElevenLabs, service: Elevenlabs) -> None:
    await service.act("account", credit=8)
    await speech.speak(ANN, "Hello.")
    with pytest.raises(Unheard, match="no credit left"):
        await speech.speak(ANN, "Hello.")


async def test_neither_the_words_nor_the_key_stand_in_the_log(
    speech: ElevenLabs, service: Elevenlabs, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as lines:
        for status in (400, 500, 422):
            await service.fault("text-to-speech", status=status)
            with pytest.raises(Unheard):
                await speech.speak(User(id="ann", org="org", name="Ann", voice=Voice(name="q" * 20)), "My pin is 4711.")
    assert len(lines) >= 3
    assert "4711" not in f"{lines} {caplog.text}"
    assert service.key not in f"{lines} {caplog.text}"


async def test_a_good_key_may_listen_and_speak_and_the_check_costs_nothing(service: Elevenlabs) -> None:
    spoken = len(await service.spoken())
    assert await check_key(service.key, service.url) is None
    assert len(await service.spoken()) == spoken


async def test_a_key_that_is_wrong_or_may_not_enough_is_told(service: Elevenlabs) -> None:
    assert "refused the API key" in (await check_key("wrong", service.url) or "")
    await service.act("account", permissions=["text_to_speech"])
    assert (await check_key(service.key, service.url) or "").endswith("(Speech to Text)")
    await service.act("account", permissions=["speech_to_text"])
    assert (await check_key(service.key, service.url) or "").endswith("(Text to Speech)")
    await service.act("account")
    await service.fault("text-to-speech", drop="hang")
    assert "too long" in (await check_key(service.key, service.url, seconds=0.3) or "")


async def test_a_service_that_is_not_there_is_told() -> None:
    assert "cannot be reached" in (await check_key("key", "http://127.0.0.1:9") or "")
