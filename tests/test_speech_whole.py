"""A voice note in a chat app is answered: the whole system, the app's stand-in and that of the speech service."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from adapters.speech.elevenlabs import client
from adapters.speech.sound import listen
from lab.telegram.app import TOKEN
from tests.app_stand_in import App, AppUser
from tests.elevenlabs_stand_in import Elevenlabs, stand_in
from tests.path_stage import lab, ports, running  # noqa: F401 - fixtures
from tests.sounds import recording
from tests.telegram_stand_in import ann, telegram  # noqa: F401 - fixtures


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ears() -> AsyncIterator[Elevenlabs]:
    """The vendor's client and PyAV are imported before: a busy machine takes long for it, and every wait is bounded."""
    async with stand_in() as ears:
        await asyncio.to_thread(client, ears.key, ears.url, seconds=1.0)
        await asyncio.to_thread(listen, recording())
        yield ears


@pytest.fixture(scope="module")
def settings(telegram: App, ears: Elevenlabs) -> dict[str, Any]:
    return {
        "telegram_bot_token": TOKEN,
        "telegram_base_url": telegram.url,
        "elevenlabs_api_key": ears.key,
        "elevenlabs_base_url": ears.url,
    }


def note(content: bytes) -> dict[str, Any]:
    return {"kind": "voice", "name": "a.ogg", "mime": "audio/ogg", "base64": base64.b64encode(content).decode()}


def voices(shown: list[Any]) -> list[Any]:
    return [file for message in shown for file in message["files"] if file["kind"] == "voice"]


async def test_a_voice_note_is_shown_as_text_done_and_answered_aloud(
    ann: AppUser, telegram: App, ears: Elevenlabs
) -> None:
    sound = recording("ogg", 2.0, pitch=600)
    await ears.hears("add buy oat milk to my list", base64=note(sound)["base64"])
    await ann.send(file=note(sound))
    shown = await ann.until(lambda shown: shown if voices(shown) else None)
    assert any("add buy oat milk to my list" in message["text"] for message in shown)
    assert listen(await telegram.file(voices(shown)[0]["id"])) > 0.5
    assert "oat milk" in (await ears.spoken())[-1]["text"]
    assert "oat milk" in (await ann.say("what's on my list?"))["text"]


async def test_a_voice_note_that_cannot_be_heard_is_answered_in_words(ann: AppUser, ears: Elevenlabs) -> None:
    before = len(await ears.calls("speech-to-text"))
    answer = await ann.say(file=note(b"OggS and then nothing of it"))
    assert "damaged" in answer["text"]
    assert len(await ears.calls("speech-to-text")) == before


async def test_while_the_service_refuses_the_person_is_told_and_can_write(ann: AppUser, ears: Elevenlabs) -> None:
    await ears.revoke()
    assert "ELEVENLABS_API_KEY" in (await ann.say(file=note(recording(pitch=610))))["text"]
    await ears.restore()
    assert (await ann.say("what is 6 times 7?"))["text"]
