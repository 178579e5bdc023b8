"""The chat page in a real Chromium, on a scripted core: what a person sees, presses and must never lose."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import BrowserContext, FilePayload, Page, Route, expect

from bot.ids import new_id
from bot.message import ButtonPress, Command, InboundMessage, Stop
from bot.records import Author, Message
from bot.web import web_address
from tests.browser.conftest import PATIENCE, enter
from tests.web_stage import ANN, Stage

HOSTILE = (
    "<script>window.pwned=1</script><img src=x onerror=window.pwned=1> [x](javascript:window.pwned=1) "
    "![track](https://tracker.example/p.png) [https://bank.example](https://evil.example) "
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe><svg onload=window.pwned=1>"
)


async def echo(playing: Stage, said: InboundMessage | Command) -> None:
    await playing.say(f"You said **{said.text}**.")
    await playing.tell("idle", turn=said.delivery)


async def write(page: Page, text: str) -> None:
    await page.get_by_role("textbox", name="Message").fill(text)
    await page.keyboard.press("Enter")


async def line(playing: Stage, text: str, state: str = "", author: Author = Author.USER, id: str = "") -> Message:
    return await playing.put(
        Message(
            id=id or new_id(), at=web_address(ANN), author=author, text=text, sent_at=datetime.now(UTC), state=state
        )
    )


async def test_an_answer_grows_and_becomes_the_message(playing: Stage, page: Page) -> None:
    step = asyncio.Event()

    async def slowly(playing: Stage, said: InboundMessage | Command) -> None:
        await playing.tell("typing", turn="t")
        await step.wait()
        await playing.tell("growing", turn="t", text="Tomorrow you **ha")
        step.clear()
        await step.wait()
        await playing.say("Tomorrow you **have nothing**.")
        await playing.tell("idle", turn="t")

    playing.reply = slowly
    await write(page, "what is on tomorrow?")
    await expect(page.locator("#now .dots")).to_be_visible()
    await expect(page.get_by_role("button", name="Stop")).to_be_visible()
    step.set()
    await expect(page.locator("#now .growing")).to_have_text("Tomorrow you **ha")
    step.set()
    await expect(page.locator("#log .assistant strong")).to_have_text("have nothing")
    await expect(page.locator("#now > *")).to_have_count(0)
    await expect(page.locator("#log .row")).to_have_count(2)
    await expect(page.locator("#outbox .row")).to_have_count(0)
    await expect(page.get_by_role("img", name="answered")).to_be_visible()
    await expect(page.get_by_role("button", name="Stop")).to_be_hidden()


async def test_an_empty_chat_offers_three_things_to_try(playing: Stage, page: Page) -> None:
    await expect(page.locator("#empty button")).to_have_count(3)
    playing.reply = echo
    await page.get_by_role("button", name="Add a task").click()
    await expect(page.locator("#log .assistant .text")).to_have_text("You said Add buy milk to my tasks.")
    await expect(page.locator("#empty")).to_be_hidden()


async def test_a_card_is_approved_and_undone(playing: Stage, page: Page) -> None:
    await playing.card(to="bob@example.com", text="hi")
    await page.get_by_role("button", name="Approve").click()
    await expect(page.locator(".card .badge")).to_have_text("Done")
    await page.get_by_role("button", name="Undo").click()
    await expect(page.locator(".card .badge")).to_have_text("Taken back")
    await expect(page.locator(".card")).to_have_count(1)
    assert [press.token[0] for press in playing.received if isinstance(press, ButtonPress)] == ["a", "u"]


async def test_a_double_click_presses_once(playing: Stage, page: Page) -> None:
    await playing.card(to="bob@example.com", text="hi")
    await page.get_by_role("button", name="Deny").dblclick()
    await expect(page.locator(".card .badge")).to_have_text("Declined")
    assert len(playing.received) == 1


async def test_a_card_is_changed_in_its_form_by_keyboard(playing: Stage, page: Page) -> None:
    await playing.card(to="bob@example.com", text="hi", priority="low")
    await page.get_by_role("button", name="Edit").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("to", exact=True)).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Edit")).to_be_focused()
    assert playing.received == []
    await page.keyboard.press("Enter")
    await page.get_by_label("to", exact=True).fill("ann@example.com")
    await page.get_by_label("priority").select_option("high")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".card strong")).to_have_text("Send a mail to ann@example.com")
    press = playing.received[0]
    assert isinstance(press, ButtonPress)
    assert dict(press.values) == {"to": "ann@example.com", "subject": "", "text": "hi", "priority": "high"}


async def test_nothing_in_a_message_runs_or_loads(playing: Stage, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    playing.reply = echo
    await write(page, HOSTILE)
    await expect(page.locator("#log .assistant")).to_have_count(1)
    await playing.card(to=HOSTILE, text=HOSTILE)
    await line(playing, "n", state="<img src=x onerror=window.pwned=1>")
    await expect(page.locator("#log .row")).to_have_count(4)
    await page.get_by_role("button", name="Edit").click()
    await page.get_by_label("to", exact=True).wait_for()
    assert await page.evaluate("window.pwned") is None
    assert await page.locator("#log script, #log iframe, #log img, #log svg, #log [onerror]").count() == 0
    assert [url for url in asked if not url.startswith(playing.url)] == []
    assert "(evil.example" in await page.locator("#log .assistant").first.inner_text()


async def test_the_page_cannot_be_made_to_run_strings(playing: Stage, context: BrowserContext) -> None:
    page = await context.new_page()  # not the watched one: the refusal is a complaint
    await enter(page, playing)
    ran = "() => { try { document.body.innerHTML = '<b>x</b>'; return 'ran' } catch { return 'refused' } }"
    assert await page.evaluate(ran) == "refused"


async def test_without_a_connection_messages_wait_and_go_out_once(
    playing: Stage, page: Page, context: BrowserContext
) -> None:
    playing.reply = echo
    await context.set_offline(True)
    await write(page, "from the tunnel")
    await expect(page.get_by_text("waiting for the connection")).to_be_visible()
    await expect(page.get_by_text("No connection.")).to_be_visible()
    await playing.say("said meanwhile")
    await context.set_offline(False)
    await expect(page.locator("#log .user")).to_contain_text("from the tunnel")
    await expect(page.locator("#log .assistant")).to_have_count(2)
    await expect(page.get_by_text("No connection.")).to_be_hidden()
    await expect(page.locator("#outbox .row")).to_have_count(0)
    assert len(playing.received) == 1


async def test_what_waits_survives_a_reload(playing: Stage, page: Page, context: BrowserContext) -> None:
    await page.route(
        "**/chat/messages", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
    )
    await write(page, "do not lose me")
    await expect(page.get_by_text("waiting for the connection")).to_be_visible()
    await page.unroute("**/chat/messages")
    await page.reload()
    await expect(page.locator("#log .user .text")).to_have_text("do not lose me")
    assert len(playing.received) == 1


async def test_an_answer_that_got_lost_on_the_way_is_not_sent_twice(playing: Stage, page: Page) -> None:
    first, again = asyncio.Event(), asyncio.Event()

    async def lose_first(route: Route) -> None:
        if first.is_set():
            await route.continue_()
            again.set()
        else:
            first.set()
            await route.fetch()  # the server takes it, the page never hears
            await route.abort()

    playing.reply = echo
    await page.route(lambda url: url.endswith("/chat/messages"), lose_first)
    await write(page, "once")
    async with asyncio.timeout(PATIENCE / 1000):
        await again.wait()
    await expect(page.locator("#outbox .row")).to_have_count(0)
    await expect(page.locator("#log .user")).to_have_count(1)
    await expect(page.locator("#log .assistant")).to_have_count(1)
    assert len(playing.received) == 1


async def test_two_pages_show_the_same(playing: Stage, page: Page, context: BrowserContext) -> None:
    playing.reply = echo
    other = await context.new_page()
    await other.goto(f"{playing.url}/chat")
    await other.get_by_text("online", exact=True).wait_for()
    await write(page, "seen by both")
    for each in (page, other):
        await expect(each.locator("#log .row")).to_have_count(2)


async def test_messages_say_how_they_fare(playing: Stage, page: Page) -> None:
    waits = await line(playing, "second", "queued as no. 2")
    await expect(page.locator(".queued .state")).to_have_text("queued as no. 2")
    await line(playing, "second", "merged", id=waits.id)
    await expect(page.locator(".merged .state")).to_have_text("answered with the next")
    await line(playing, "third", "stopped")
    await expect(page.locator(".stopped .state")).to_have_text("stopped")
    await expect(page.locator("#log .row")).to_have_count(2)


async def test_keys_do_what_people_expect(playing: Stage, page: Page) -> None:
    box = page.get_by_role("textbox", name="Message")
    await box.fill("one")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("two")
    await page.keyboard.press("Enter")
    await expect(page.locator("#log .user .text")).to_have_text("one\ntwo", use_inner_text=True)
    await expect(box).to_be_focused()
    await playing.tell("typing", turn="t")
    await page.get_by_role("button", name="Stop").wait_for()
    await page.keyboard.press("Escape")
    async with asyncio.timeout(10):
        while not isinstance(playing.received[-1], Stop):
            await asyncio.sleep(0.01)
    await expect(box).to_be_focused()


async def test_files_are_attached_shown_and_refused_by_kind(playing: Stage, page: Page) -> None:
    picture = FilePayload(name="a.png", mimeType="image/png", buffer=PNG)
    await page.locator("#files").set_input_files([picture])
    await page.get_by_role("button", name="Remove a.png").click()
    await page.locator("#files").set_input_files([picture])
    await write(page, "look")
    await expect(page.get_by_role("img", name="a.png")).to_be_visible()
    assert (
        await page.get_by_role("img", name="a.png").evaluate("image => image.decode().then(() => image.naturalWidth)")
        == 1
    )
    wrong = FilePayload(name="run.exe", mimeType="image/png", buffer=b"MZ\x90\x00")
    await page.locator("#files").set_input_files([wrong])
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#outbox .bad")).to_contain_text("run.exe")
    await page.get_by_role("button", name="Remove").click()
    await expect(page.locator("#outbox .row")).to_have_count(0)


async def test_who_reads_further_up_is_not_pulled_down(playing: Stage, page: Page) -> None:
    for number in range(70):
        await line(playing, f"line {number}", author=Author.ASSISTANT)
    await page.reload()
    await expect(page.locator("#log .row")).to_have_count(50)
    assert await page.locator("#scroll").evaluate("s => s.scrollHeight - s.clientHeight - s.scrollTop < 5")
    await playing.say("the next line")
    await expect(page.get_by_text("the next line")).to_be_in_viewport()
    await page.locator("#scroll").evaluate("scroll => scroll.scrollTo(0, 200)")
    before = await page.locator("#scroll").evaluate("scroll => scroll.scrollTop")
    await expect(page.locator("#latest")).to_be_visible()
    await playing.say("news")
    await expect(page.locator("#latest")).to_have_text("1 new ↓")
    assert await page.locator("#scroll").evaluate("scroll => scroll.scrollTop") == before
    await page.get_by_role("button", name="Earlier messages").click()
    await expect(page.get_by_text("line 0", exact=True)).to_be_attached()
    await expect(page.get_by_text("line 0", exact=True)).not_to_be_in_viewport()
    await page.locator("#latest").click()
    await expect(page.get_by_text("news", exact=True)).to_be_in_viewport()
    await expect(page.locator(".new")).to_have_count(1)
    order = await page.locator("#log .text").all_inner_texts()
    assert order == [f"line {n}" for n in range(70)] + ["the next line", "news"]


async def test_days_are_set_apart(playing: Stage, page: Page) -> None:
    now = datetime.now(UTC)
    for days in (400, 1, 0):
        at = now - timedelta(days=days)
        await playing.put(
            Message(id=new_id(), at=web_address(ANN), author=Author.ASSISTANT, text=f"{days}", sent_at=at)
        )
    await expect(page.locator("#log .row")).to_have_count(3)
    days_shown = await page.locator(".day:visible").all_inner_texts()
    assert days_shown[1:] == ["Yesterday", "Today"]
    assert str((now - timedelta(days=400)).year) in days_shown[0]


async def test_history_is_searched_in_the_panel(playing: Stage, page: Page) -> None:
    await playing.say("The plumber comes on Friday.")
    await page.get_by_role("button", name="History and search").click()
    await expect(page.locator("#found a")).to_have_count(1)
    await page.get_by_role("searchbox").fill("plumber")
    await expect(page.locator("#found mark")).to_have_text("plumber")
    await page.locator("#found a").click()
    await expect(page.locator("#log .found")).to_have_count(1)
    await page.get_by_role("searchbox").press("Escape")
    await expect(page.get_by_role("button", name="History and search")).to_be_focused()


async def test_it_fits_a_phone(playing: Stage, page: Page) -> None:
    await page.set_viewport_size({"width": 360, "height": 640})
    await playing.card(to="bob@example.com", text="a-very-long-word-" * 20)
    await playing.say("| a | b | c |\n|---|---|---|\n| " + "wide " * 30 + " | x | y |\n\n```\n" + "x" * 300 + "\n```")
    await expect(page.locator("#log .row")).to_have_count(2)
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    assert await page.locator("#scroll").evaluate("scroll => scroll.scrollWidth <= scroll.clientWidth")
    await page.get_by_role("button", name="History and search").click()
    await page.locator("#shade").click(position={"x": 350, "y": 300})
    await expect(page.locator("#panel")).to_be_hidden()


async def test_the_zone_of_the_browser_is_offered_once(playing: Stage, context: BrowserContext) -> None:
    browser = context.browser
    assert browser is not None
    berlin = await browser.new_context(timezone_id="Europe/Berlin")
    page = await berlin.new_page()
    await enter(page, playing)
    await page.get_by_role("button", name="Yes, use it").click()
    await expect(page.locator("#banner")).to_be_hidden()
    async with playing.memory.work(ANN.scope) as work:
        assert (await work.profile.get()).zone == "Europe/Berlin"
    await berlin.close()


async def test_who_was_signed_out_is_told_and_loses_nothing(
    playing: Stage, page: Page, context: BrowserContext
) -> None:
    await context.clear_cookies()
    await write(page, "kept")
    await expect(page.get_by_text("You are signed out here")).to_be_visible()
    await enter(page, playing)
    await expect(page.locator("#log .user .text")).to_have_text("kept")


@pytest.mark.parametrize("name", ["log", "textbox", "search"])
async def test_a_screen_reader_finds_its_way(page: Page, name: str) -> None:
    await page.get_by_role("button", name="History and search").click()
    await expect(page.get_by_role(name)).not_to_have_count(0)  # type: ignore[arg-type]
    assert await page.evaluate(UNNAMED) == 0


UNNAMED = """() => [...document.querySelectorAll("button, a, input, textarea")].filter((each) =>
    each.checkVisibility() && !each.textContent.trim() && !each.ariaLabel && !each.labels?.length).length"""
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
