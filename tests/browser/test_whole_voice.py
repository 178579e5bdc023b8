"""Voice in the whole system: what is said into the page is heard, answered and answered aloud; and without a speech
service it is said what is missing.

With AURELIUS_PICTURES=docs the picture of the documentation is made anew.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import open_page
from tests.browser.test_voice_page import play, record
from tests.elevenlabs_stand_in import stand_in
from tests.talk import offline_model, whole
from tests.web_stage import served

ZONE = {"timezone_id": "Europe/Berlin", "viewport": {"width": 1000, "height": 700}}


@asynccontextmanager
async def chatting(url: str, folder: Path, chromium: Browser, **settings: Any) -> AsyncIterator[Page]:
    """The owner at the page of the whole system, with a microphone."""
    async with (
        offline_model() as lab,
        whole(url, lab, folder, **settings) as system,
        served(system.app) as address,
        open_page(chromium, permissions=["microphone"], **ZONE) as page,
    ):
        await page.goto(f"{address}/link{(await system.sign_in_link()).partition('/link')[2]}")
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("button", name="Yes, use it").click()
        yield page


async def speak(page: Page) -> None:
    await record(page)
    await page.keyboard.press("Enter")


async def write(page: Page, text: str) -> None:
    await page.get_by_role("textbox", name="Message").fill(text)
    await page.keyboard.press("Enter")


async def test_what_is_said_into_the_page_is_heard_and_answered_aloud(
    migrated_url: str, tmp_path: Path, chromium: Browser
) -> None:
    async with stand_in() as service:
        settings = {"elevenlabs_api_key": service.key, "elevenlabs_base_url": service.url}
        async with chatting(migrated_url, tmp_path, chromium, **settings) as page:
            await service.hears("add oat milk to my list")
            await speak(page)
            await expect(page.locator("#log .user .text")).to_have_text("add oat milk to my list")
            await expect(page.locator("#log .user audio")).to_have_count(1)
            answers = page.locator("#log .assistant")
            await expect(answers.nth(0)).to_contain_text("oat milk")
            await expect(answers.nth(1).locator("figcaption")).to_contain_text("Voice note")
            pictures = Path(os.environ.get("AURELIUS_PICTURES", tmp_path))
            await page.screenshot(path=pictures / "chat-voice.png", animations="disabled")
            length, end = await play(page)
            assert length > 0.5
            assert end == length
            assert "oat milk" in (await service.spoken())[0]["text"]

            await write(page, "what is on my list?")  # what is written is answered in writing
            await expect(answers.nth(2)).to_contain_text("oat milk")
            await expect(page.get_by_role("button", name="Stop")).to_be_hidden()
            await write(page, "read that to me")
            await expect(answers.nth(4).locator("figcaption")).to_contain_text("Voice note")
            assert "oat milk" in (await service.spoken())[1]["text"]


async def test_the_voice_is_the_persons_choice(migrated_url: str, tmp_path: Path, chromium: Browser) -> None:
    async with stand_in() as service:
        settings = {"elevenlabs_api_key": service.key, "elevenlabs_base_url": service.url}
        async with chatting(migrated_url, tmp_path, chromium, **settings) as page:
            answers = page.locator("#log .assistant")
            await write(page, "speak slower")
            await expect(answers.last).to_contain_text("0.85 times as fast as usual")
            await write(page, "never answer by voice")
            await expect(answers.last).to_contain_text("only when you ask for it")
            await service.hears("hi")
            await speak(page)
            await expect(page.locator("#log .user .text").last).to_have_text("hi")
            await expect(answers.nth(2)).to_contain_text("What can I do for you")
            await expect(page.get_by_role("button", name="Stop")).to_be_hidden()
            await page.get_by_role("button", name="Undo").last.click()
            await expect(answers.nth(1)).to_contain_text("as it was before")
            await service.hears("thanks")
            await speak(page)
            await expect(answers.last.locator("figcaption")).to_contain_text("Voice note")
            assert [call["given"]["voice_settings"]["speed"] for call in await service.calls("text-to-speech")] == [
                0.85
            ]


async def test_without_a_speech_service_it_is_said_what_is_missing(
    migrated_url: str, tmp_path: Path, chromium: Browser
) -> None:
    async with chatting(migrated_url, tmp_path, chromium) as page:
        answers = page.locator("#log .assistant")
        await speak(page)
        await expect(answers.nth(0)).to_contain_text("needs an ElevenLabs key (ELEVENLABS_API_KEY)")
        await expect(page.locator("#log .user audio")).to_have_count(1)
        await write(page, "answer by voice")
        await expect(answers.nth(2)).to_contain_text("I cannot speak here: that needs an ElevenLabs key")
