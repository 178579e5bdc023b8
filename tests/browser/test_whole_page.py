"""The whole system behind the page: sign in by the printed link, ask, watch, approve, take back. Pictures are kept.

With AURELIUS_PICTURES=docs the pictures of the documentation are made anew.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from aurelius.wiring import System
from tests.browser.conftest import open_page
from tests.talk import Lab, offline_model, whole
from tests.web_stage import served

WRITTEN = 15_000  # milliseconds


@pytest_asyncio.fixture
async def lab() -> AsyncIterator[Lab]:
    async with offline_model() as lab:
        yield lab


@pytest_asyncio.fixture
async def system(migrated_url: str, lab: Lab, tmp_path: Path) -> AsyncIterator[System]:
    async with whole(migrated_url, lab, tmp_path) as system:
        yield system


@pytest_asyncio.fixture
async def address(system: System) -> AsyncIterator[str]:
    """Where the system's door is served."""
    async with served(system.app) as address:
        yield address


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return Path(os.environ.get("AURELIUS_PICTURES", tmp_path))


async def ask(page: Page, text: str) -> None:
    """Write it and wait for the end of the answer."""
    answers = await page.locator("#log .assistant").count()
    await page.get_by_role("textbox", name="Message").fill(text)
    await page.keyboard.press("Enter")
    await expect(page.locator("#log .assistant")).not_to_have_count(answers, timeout=WRITTEN)
    await expect(page.get_by_role("button", name="Stop")).to_be_hidden(timeout=WRITTEN)


async def test_a_day_with_the_page(system: System, address: str, chromium: Browser, pictures: Path) -> None:
    async with open_page(chromium, timezone_id="Europe/Berlin", viewport={"width": 1000, "height": 940}) as page:
        path = (await system.sign_in_link()).partition("/link")[2]
        await page.goto(f"{address}/link{path}")
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("button", name="Yes, use it").click()

        await ask(page, "remember that I like peppermint tea")
        await ask(page, "remind me to call Ann tomorrow at 9")
        await ask(page, "forget that I like peppermint tea")
        card = page.locator(".card").last
        await expect(card.locator(".badge")).to_have_text("Waits for your answer")
        await page.screenshot(path=pictures / "chat.png", animations="disabled")
        await page.set_viewport_size({"width": 390, "height": 780})
        await page.emulate_media(color_scheme="dark")
        await page.screenshot(path=pictures / "chat-phone.png", animations="disabled")
        await card.get_by_role("button", name="Approve").click()
        await expect(card.locator(".badge")).to_have_text("Done", timeout=WRITTEN)

        await ask(page, "add buy oat milk to my list")
        await page.get_by_role("button", name="Undo").last.click()
        await expect(page.locator("#log .assistant").last).to_contain_text("Removed: buy oat milk", timeout=WRITTEN)

        await page.reload()
        await expect(page.locator(".card").last.locator(".badge")).to_have_text("Done")
        await expect(page.locator("#log .user")).to_have_count(4)
