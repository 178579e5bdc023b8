"""The stage of the scenes that every chat app must pass: the app on its stand-in, the real SDK over the wire, the whole
system on a real PostgreSQL, speech from ElevenLabs' stand-in; and what each app can do."""

from __future__ import annotations

import base64
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from bot.ports import Ports
from lab.discord.app import TOKEN as DISCORD
from lab.slack.app import APP_TOKEN
from lab.slack.app import TOKEN as SLACK
from lab.telegram.app import TOKEN as TELEGRAM
from lab.whatsapp import world as whatsapp
from tests.app_stand_in import App, AppUser, linked, stand_in
from tests.elevenlabs_stand_in import Elevenlabs
from tests.elevenlabs_stand_in import stand_in as elevenlabs_stand_in
from tests.path_stage import Door, Running
from tests.sounds import recording
from tests.talk import Lab, offline_model
from tests.web_stage import served

PICTURE = b"\xff\xd8\xff\xe0picture"
PITCHES = itertools.count(300)  # what sounds alike is heard once


@dataclass(frozen=True)
class Platform:
    """A chat platform, and what its app can do. `settings` are made from the stand-in's address; `sends` is the method
    that sends a message; `heard` what the stand-in notes once somebody listens (nothing: it keeps what was said)."""

    name: str
    settings: Callable[[str], dict[str, str]]
    sends: str
    heard: str = ""
    forms: bool = False
    edits: bool = True
    groups: bool = True
    grows: bool = True
    voice: str = "voice"  # as what a sound of ours is shown
    hook: str = ""  # where events must be delivered to, at our address


PLATFORMS = (
    Platform(
        name="telegram",
        settings=lambda url: {"telegram_bot_token": TELEGRAM, "telegram_base_url": url},
        sends="sendMessage",
    ),
    Platform(
        name="slack",
        settings=lambda url: {
            "slack_bot_token": SLACK,
            "slack_app_token": APP_TOKEN,
            "slack_base_url": f"{url}/api/",
        },
        sends="chat.postMessage",
        heard="connected",
        forms=True,
        voice="audio",  # only people can record what Slack calls a clip
    ),
    Platform(
        name="discord",
        settings=lambda url: {
            "discord_bot_token": DISCORD,
            "discord_base_url": f"{url}/api/v10",
            "discord_gateway_url": f"{url.replace('http', 'ws', 1)}/gateway",
        },
        sends="messages.create",
        heard="identified",
        forms=True,
    ),
    Platform(
        name="whatsapp",
        settings=lambda url: {
            "whatsapp_access_token": whatsapp.TOKEN,
            "whatsapp_phone_number_id": whatsapp.NUMBER_ID,
            "whatsapp_app_secret": whatsapp.APP_SECRET,
            "whatsapp_verify_token": whatsapp.VERIFY_TOKEN,
            "whatsapp_base_url": url,
        },
        sends="messages",
        edits=False,
        groups=False,
        grows=False,
        hook="/webhooks/whatsapp",
    ),
)
NAMES = [platform.name for platform in PLATFORMS]


def only(can: Callable[[Platform], bool]) -> pytest.MarkDecorator:
    """For the platforms that can."""
    able = [platform for platform in PLATFORMS if can(platform)]
    return pytest.mark.parametrize("stage", able, indirect=True, ids=[platform.name for platform in able])


@dataclass
class Stage:
    platform: Platform
    app: App
    lab: Lab
    speech: Elevenlabs
    running: Running

    @property
    def ports(self) -> Ports:
        return self.running.system.ports

    async def listens(self, times: int = 1) -> None:
        """Wait until events are heard, for the so-manieth time."""
        await self.app.until(lambda events: heard(events, self.platform) >= times)

    async def outcome(self, person: AppUser, card: Any, words: str) -> Any:
        """What the card becomes; where the app cannot change a message, the one that answers it."""
        if self.platform.edits:
            return await person.becomes(card, words)
        return await person.until(
            lambda shown: next((m for m in shown if m["reply_to"] == card["id"] and words in m["text"]), None)
        )


def heard(events: list[Any], platform: Platform) -> int:
    return sum(event["what"] == platform.heard for event in events) if platform.heard else 10_000


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lab() -> AsyncIterator[Lab]:
    async with offline_model() as lab:
        yield lab


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def speech() -> AsyncIterator[Elevenlabs]:
    async with elevenlabs_stand_in() as speech:
        yield speech


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=PLATFORMS, ids=NAMES)
async def stage(
    request: pytest.FixtureRequest,
    module_url: str,
    lab: Lab,
    speech: Elevenlabs,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Stage]:
    platform: Platform = request.param
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(stand_in(platform.name))
        voice = {"elevenlabs_api_key": speech.key, "elevenlabs_base_url": speech.url}
        running = Running(module_url, lab, tmp_path_factory.mktemp("data"), platform.settings(app.url) | voice)
        await running.begin()
        stack.push_async_callback(running.end)
        url = await stack.enter_async_context(served(Door(running)))  # type: ignore[arg-type]
        if platform.hook:
            await app.act("webhook", url=url + platform.hook)
        yield (stage := Stage(platform, app, lab, speech, running))
        await stage.app.forget_faults()


@pytest_asyncio.fixture
async def ann(stage: Stage) -> AppUser:
    """Somebody new at the private chat, linked."""
    await stage.lab.reset()
    await stage.app.forget_faults()
    await stage.listens()
    return await linked(stage.ports, stage.app)


def file(kind: str, name: str, mime: str, content: bytes, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "name": name, "mime": mime, "base64": base64.b64encode(content).decode()} | more


def voice_note() -> dict[str, Any]:
    sound = recording(seconds=2, pitch=next(PITCHES))
    return file("voice", "voice.ogg", "audio/ogg", sound, duration=2)
