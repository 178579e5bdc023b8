"""A real Chromium for the tests of the pages. Debian's package; without it they are skipped, saying so."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.web_stage import Stage, link, stage

PATIENCE = 20_000  # milliseconds; a bound for a busy machine, never a pause
expect.set_options(timeout=PATIENCE)
ARGUMENTS = (
    "--no-sandbox",  # the tests may run as root, and the pages are ours
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
MICROPHONE = "--use-fake-device-for-media-stream"  # it hears a beep every second


@asynccontextmanager
async def launched(*more: str) -> AsyncIterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        missing = "Chromium is not installed (Debian: apt-get install chromium)"
        if os.environ.get("AURELIUS_TEST_ALL") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *more])
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with launched(MICROPHONE) as browser:
        yield browser


@pytest_asyncio.fixture
async def playing(migrated_url: str) -> AsyncIterator[Stage]:
    async with stage(migrated_url) as playing:
        yield playing


@asynccontextmanager
async def open_page(chromium: Browser, **options: Any) -> AsyncIterator[Page]:
    """A page in a browser of its own. Whatever it complains about fails the test."""
    chosen: dict[str, Any] = {"viewport": {"width": 1100, "height": 760}, "locale": "en-GB", "timezone_id": "UTC"}
    context = await chromium.new_context(**(chosen | options))
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page
    finally:
        await context.close()
    # A connection that a test cuts is the browser's to complain about.
    assert [each for each in complaints if not each.startswith("Failed to load resource")] == []


@pytest_asyncio.fixture
async def page(playing: Stage, chromium: Browser) -> AsyncIterator[Page]:
    """The chat, signed in."""
    async with open_page(chromium) as page:
        await enter(page, playing)
        yield page


@pytest_asyncio.fixture
async def context(page: Page) -> BrowserContext:
    """The browser that the page is in."""
    return page.context


async def enter(page: Page, playing: Stage) -> None:
    await page.goto(await link(playing))
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_text("online", exact=True).wait_for()
