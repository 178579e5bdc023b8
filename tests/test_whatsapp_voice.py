"""A voice note in WhatsApp is heard, done and answered aloud; files of ours arrive as what they are."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from adapters.speech.sound import listen
from bot.message import Address, Attachment, Kind, Reply, Upload
from bot.ports import ChatPlatform, Ports
from lab.whatsapp.world import NUMBER_ID
from tests.app_stand_in import App, AppUser
from tests.elevenlabs_stand_in import Elevenlabs, stand_in
from tests.path_stage import lab, ports, running  # noqa: F401 - fixtures
from tests.sounds import recording
from tests.whatsapp_stage import ann, hook, settings_for, whatsapp  # noqa: F401 - fixtures

PNG = b"\x89PNG\r\n\x1a\npicture"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ears() -> AsyncIterator[Elevenlabs]:
    async with stand_in() as ears:
        yield ears


@pytest.fixture(scope="module")
def settings(whatsapp: App, ears: Elevenlabs) -> dict[str, Any]:
    return settings_for(whatsapp) | {"elevenlabs_api_key": ears.key, "elevenlabs_base_url": ears.url}


def note(content: bytes) -> dict[str, Any]:
    return {"kind": "voice", "base64": base64.b64encode(content).decode()}


def voices(shown: list[Any]) -> list[Any]:
    return [file for message in shown for file in message["files"] if file["kind"] == "voice"]


async def test_a_voice_note_is_shown_as_text_done_and_answered_aloud(
    ann: AppUser, whatsapp: App, ears: Elevenlabs
) -> None:
    sound = recording("ogg", 2.0, pitch=600)
    await ears.hears("add buy oat milk to my list", base64=note(sound)["base64"])
    await ann.send(file=note(sound))
    shown = await ann.until(lambda shown: shown if voices(shown) else None)
    assert any("add buy oat milk to my list" in message["text"] for message in shown)
    assert voices(shown)[0]["mime"] == "audio/ogg; codecs=opus"
    assert listen(await whatsapp.file(voices(shown)[0]["id"])) > 0.5
    assert "oat milk" in (await ears.spoken())[-1]["text"]


async def test_a_forwarded_voice_note_is_no_order_of_the_persons(ann: AppUser, ears: Elevenlabs) -> None:
    sound = recording("ogg", 2.0, pitch=700)
    await ears.hears("add buy poison to my list", base64=note(sound)["base64"])
    await ann.say(file=note(sound), fields={"context": {"forwarded": True}})
    assert "poison" not in (await ann.say("/tasks"))["text"]


async def test_files_of_ours_arrive_as_what_they_are(ann: AppUser, whatsapp: App, ports: Ports) -> None:
    platform: ChatPlatform = ports.platforms["whatsapp"]
    place = next(c["given"]["recipient"] for c in reversed(await whatsapp.calls("messages")) if c["status"] == 200)
    files = [("a.png", "image/png", PNG), ("b.csv", "text/csv", b"1;2"), ("c.zip", "application/zip", b"PK")]
    reply = Reply(
        to=Address(platform="whatsapp", tenant=NUMBER_ID, place=place),
        text="Here they are.",
        files=tuple(
            Upload(about=Attachment(kind=Kind.FILE, ref="", mime=mime, size=len(content), name=name), content=content)
            for name, mime, content in files
        ),
    )
    ref = await platform.send(reply, "files", None)
    assert ref is not None
    picture, table, refused, words = (await ann.shown())[-4:]
    assert [file["kind"] for message in (picture, table) for file in message["files"]] == ["photo", "document"]
    assert await whatsapp.file(picture["files"][0]["id"]) == PNG
    assert table["files"][0]["name"] == "b.csv"
    assert "c.zip" in refused["text"]
    assert words["text"] == "Here they are."
    assert ref.split(",")[:4] == [message["id"] for message in (picture, table, refused, words)]
