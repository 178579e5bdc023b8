"""`aurelius lab` in a real Chromium: every chat app through its real adapter, from a stranger's hello to a voice note.

With AURELIUS_PICTURES=docs the picture of the documentation is made anew.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FilePayload, Locator, Page, async_playwright, expect

from tests.browser.conftest import ARGUMENTS, open_page
from tests.browser.test_chat_page import PNG
from tests.test_lab_page import running

APPS = ("Slack", "Discord", "Telegram", "WhatsApp")
CONNECTED = {"Slack": "connected", "Discord": "identified"}  # they tell nobody later what was said before
WRITTEN = 30_000  # milliseconds; a bound, never a pause
MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
LARGEST = 400_000  # bytes of the picture


@pytest_asyncio.fixture(scope="module")
async def hearing() -> AsyncIterator[Browser]:
    """A Chromium with a microphone that beeps."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *MICROPHONE])
        yield browser
        await browser.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the lab's page is."""
    with running(tmp_path_factory.mktemp("lab")) as (_, url):
        yield url


@pytest_asyncio.fixture
async def page(address: str, hearing: Browser) -> AsyncIterator[Page]:
    async with open_page(hearing, viewport={"width": 1600, "height": 1000}, timezone_id="Europe/Berlin") as page:
        await page.goto(address)
        await expect(page.get_by_text("Aurelius runs")).to_be_visible(timeout=WRITTEN)
        yield page


def column(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


async def write(app: Locator, name: str, text: str) -> None:
    box = app.get_by_role("textbox", name=f"Message in {name}")
    await box.fill(text)
    await box.press("Enter")
    await expect(box).to_have_value("")


async def ask(app: Locator, name: str, text: str, answer: str) -> None:
    """Write it and wait until an answer says so."""
    before = await app.locator(".row.bot", has_text=answer).count()
    await write(app, name, text)
    await expect(app.locator(".row.bot", has_text=answer)).not_to_have_count(before, timeout=WRITTEN)
    await expect(app.locator(".growing")).to_have_count(0, timeout=WRITTEN)


async def become_known(app: Locator, name: str) -> None:
    """Where that was not done in an earlier test."""
    await expect(app.locator(".empty:visible, .row").first).to_be_visible(timeout=WRITTEN)
    if await app.locator(".row.bot", has_text="You are linked").count():
        return
    if name in CONNECTED:
        await expect(app.locator(".lines li", has_text=CONNECTED[name])).not_to_have_count(0, timeout=WRITTEN)
    await write(app, name, "hello")
    await app.get_by_role("button", name="as `aurelius link").click(timeout=WRITTEN)
    await expect(app.get_by_text("You are linked")).to_be_visible(timeout=WRITTEN)
    await expect(app.get_by_role("button", name="as `aurelius link")).to_have_count(0)


@pytest.mark.parametrize("name", APPS)
async def test_a_stranger_is_linked_asks_and_approves_by_the_button(page: Page, name: str) -> None:
    app = column(page, name)
    await become_known(app, name)
    await ask(app, name, f"remember that {name} is blue", "I will remember")
    await ask(app, name, f"forget that {name} is blue", "Forget for good")
    card = app.locator(".row.bot", has=page.get_by_role("button", name="Approve"))
    await card.get_by_role("button", name="Approve").click()
    await expect(app.locator(".row.bot", has_text="Forgotten").last).to_be_visible(timeout=WRITTEN)
    if name != "WhatsApp":  # which cannot change what was sent
        await expect(app.get_by_role("button", name="Approve")).to_have_count(0, timeout=WRITTEN)


@pytest.mark.parametrize("name", APPS)
async def test_a_voice_note_is_recorded_heard_and_answered_by_one(page: Page, name: str) -> None:
    app = column(page, name)
    await become_known(app, name)
    spoken = await app.locator(".row.bot .voice").count()
    await record(app, "what time is it?")
    await expect(app.locator(".row.bot", has_text="what time is it?").last).to_be_visible(timeout=WRITTEN)
    await expect(app.locator(".row.bot .voice")).to_have_count(spoken + 1, timeout=WRITTEN)
    answer = app.locator(".row.bot .voice").last
    await expect(answer.locator(".time")).not_to_have_text("0:00")
    await answer.get_by_role("button", name="Play").click()
    await expect(answer.get_by_role("button", name="Pause")).to_be_visible()
    await expect(answer.locator(".wave .past")).not_to_have_count(0)


async def record(app: Locator, words: str) -> None:
    await app.get_by_role("button", name="Record a voice message").click()
    await expect(app.locator("[data-seconds='2 s']")).to_be_visible()
    await app.get_by_role("button", name="Finish the recording").click()
    await expect(app.get_by_text("cannot recognise speech")).to_be_visible()
    await app.get_by_role("button", name="Send", exact=True).click()
    await expect(app.get_by_role("alert")).to_contain_text("what you said")
    await app.get_by_role("textbox", name="What the recording says").fill(words)
    await app.get_by_role("button", name="Send", exact=True).click()


@pytest.mark.parametrize("name", ["Slack", "Discord"])
async def test_a_card_is_changed_in_the_apps_own_form(page: Page, name: str) -> None:
    app = column(page, name)
    await become_known(app, name)
    await ask(app, name, f"remember that {name} is red", "I will remember")
    await ask(app, name, f"forget that {name} is red", "Forget for good")
    await app.get_by_role("button", name="Edit", exact=True).click()
    form = app.get_by_role("dialog")
    await expect(form.get_by_label("fact")).to_be_focused(timeout=WRITTEN)
    await page.keyboard.press("Escape")
    await expect(form).to_have_count(0)
    await app.get_by_role("button", name="Edit", exact=True).click()
    await form.get_by_label("fact").fill(f"{name} is green")
    await form.get_by_role("button", name="Save").click()
    await expect(form).to_have_count(0, timeout=WRITTEN)
    await expect(app.locator(".row.bot", has_text="is green").last).to_be_visible(timeout=WRITTEN)
    await app.get_by_role("button", name="Deny").last.click()
    await expect(app.get_by_role("button", name="Deny")).to_have_count(0, timeout=WRITTEN)


async def test_slack_has_a_page_of_the_assistants_own(page: Page) -> None:
    app = column(page, "Slack")
    await become_known(app, "Slack")
    await ask(app, "Slack", "add buy oat milk to my list", "buy oat milk")
    await app.get_by_role("button", name="Home of Aurelius").click()
    home = app.get_by_role("region", name="Home", exact=True)
    await expect(home).to_contain_text("buy oat milk", timeout=WRITTEN)
    await home.get_by_role("button", name="Close").click()
    await expect(home).to_have_count(0)


async def test_somebody_else_and_a_group_have_chats_of_their_own(page: Page) -> None:
    app = column(page, "Telegram")
    await become_known(app, "Telegram")
    who = app.get_by_label("Who and where in Telegram")
    await who.select_option("Bob")
    await write(app, "Telegram", "hello")
    await expect(app.get_by_role("button", name="as `aurelius link")).to_be_visible(timeout=WRITTEN)
    await who.select_option("Ann in Family")
    await expect(app.locator(".row")).to_have_count(0)
    await expect(app.get_by_role("button", name="@")).to_have_attribute("aria-pressed", "true")
    await ask(app, "Telegram", "what time is it?", "It is")
    await who.select_option("Bob in Family")
    await expect(app.locator(".row.person .name", has_text="Ann")).to_be_visible()
    await expect(app.locator(".row.mine")).to_have_count(0)


async def test_files_quotes_commands_and_changes_go_as_the_app_sends_them(page: Page) -> None:
    app = column(page, "Telegram")
    await become_known(app, "Telegram")
    picture = FilePayload(name="a.png", mimeType="image/png", buffer=PNG)
    await app.get_by_label("Files for Telegram").set_input_files([picture])
    await app.get_by_role("textbox", name="Message in Telegram").fill("look")
    await app.get_by_role("button", name="Send", exact=True).click()
    mine = app.locator(".row.mine", has_text="look").last
    await expect(mine.get_by_role("img")).to_be_visible()
    await mine.get_by_role("button", name="Reply to this").press("Enter")
    await write(app, "Telegram", "this one")
    await expect(app.locator(".row.mine", has_text="this one").locator(".quote")).to_contain_text("look")
    await ask(app, "Telegram", "/help", "tasks")
    quoted = app.locator(".row.mine", has_text="this one").last
    await quoted.get_by_role("button", name="Change this").press("Enter")
    await app.get_by_role("textbox", name="Message in Telegram").fill("that one")
    await page.keyboard.press("Enter")
    await expect(app.locator(".row.mine", has_text="that one")).to_be_visible()
    await expect(app.locator(".row.mine", has_text="this one")).to_have_count(0)


async def test_the_wire_is_seen_sifted_opened_and_disturbed(page: Page) -> None:
    app = column(page, "Telegram")
    await become_known(app, "Telegram")
    await app.get_by_text("Wire").click()
    await app.get_by_label("Filter the calls").fill("no such call")
    await expect(app.locator(".lines li:visible")).to_have_count(0)
    await app.get_by_label("Filter the calls").fill('"method":"sendMessage"')
    first = app.locator(".lines li:visible").first
    await first.locator("summary").click()
    await expect(first.locator("pre")).to_contain_text('"chat_id"')
    await app.get_by_label("Method that is to fail").select_option("sendMessage")
    await app.get_by_role("button", name="429 once").click()
    await ask(app, "Telegram", "what time is it?", "It is")
    await expect(app.locator(".lines .bad", has_text="sendMessage").first).to_contain_text("429")
    await app.get_by_role("button", name="Revoke token").click()
    await app.get_by_role("button", name="Restore token").click()
    await expect(app.get_by_role("button", name="Revoke token")).to_be_visible()


async def test_on_a_phone_the_apps_are_tabs(address: str, hearing: Browser) -> None:
    async with open_page(hearing, viewport={"width": 390, "height": 780}, color_scheme="dark") as page:
        await page.goto(address)
        await expect(column(page, "Slack")).to_be_visible()
        await expect(column(page, "Discord")).to_be_hidden()
        await page.get_by_role("tab", name="Slack").focus()
        await page.keyboard.press("ArrowRight")
        await expect(page.get_by_role("tab", name="Discord")).to_be_focused()
        await expect(column(page, "Discord")).to_be_visible()
        await expect(column(page, "Slack")).to_be_hidden()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_the_four_apps_side_by_side(hearing: Browser, tmp_path: Path) -> None:
    """The picture of the documentation: what is told in one app is known in all."""
    with running(tmp_path) as (_, url):
        async with open_page(hearing, viewport={"width": 1600, "height": 1000}) as page:
            await page.goto(url)
            for name in APPS:
                await become_known(column(page, name), name)
            await use_all_four(page)
            await page.mouse.move(800, 20)
            picture = Path(os.environ.get("AURELIUS_PICTURES", tmp_path)) / "lab.png"
            await page.screenshot(path=picture, animations="disabled")
    assert picture.stat().st_size <= LARGEST


async def use_all_four(page: Page) -> None:
    slack, discord, telegram, whatsapp = (column(page, name) for name in APPS)
    await ask(whatsapp, "WhatsApp", "my time zone is Berlin", "Berlin")
    await ask(whatsapp, "WhatsApp", "add buy tickets for the opera to my list", "opera")
    await ask(whatsapp, "WhatsApp", "remind me to water the plants on friday at 18:00", "water the plants")
    await record(telegram, "add call the dentist to my tasks")
    await expect(telegram.locator(".row.bot .voice").last).to_be_visible(timeout=WRITTEN)
    await expect(telegram.locator(".row.bot", has_text="call the dentist").last).to_be_visible(timeout=WRITTEN)
    await ask(slack, "Slack", "what is on my list?", "dentist")
    await ask(slack, "Slack", "show my reminders", "water the plants")
    await ask(discord, "Discord", "remember that I like peppermint tea", "peppermint tea")
    await ask(discord, "Discord", "forget that I like peppermint tea", "Forget for good")
    await expect(discord.get_by_role("button", name="Approve")).to_be_visible(timeout=WRITTEN)
