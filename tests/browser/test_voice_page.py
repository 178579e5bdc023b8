"""Voice notes in the chat page, in a real Chromium with a microphone that hears beeps."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FilePayload, Page, Route, expect

from bot.message import Attachment, InboundMessage, Kind
from tests.browser.conftest import PATIENCE, enter, launched, open_page
from tests.web_stage import ANN, Stage, link, stage

HEARD = "() => Number(getComputedStyle(document.querySelector('#recording')).getPropertyValue('--level')) > 0.02"


@pytest_asyncio.fixture
async def page(playing: Stage, chromium: Browser) -> AsyncIterator[Page]:
    """The chat, signed in, with leave to use the microphone."""
    async with open_page(chromium, permissions=["microphone"]) as page:
        await enter(page, playing)
        yield page


def silence(seconds: float) -> bytes:
    """A WAV file of silence, which every browser plays."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(round(seconds * 16000)))
    return out.getvalue()


async def record(page: Page) -> None:
    """Press the microphone and speak for a moment."""
    await page.get_by_role("button", name="Record a voice note").click()
    await expect(page.get_by_role("timer")).to_have_text("0:01")


async def received(playing: Stage) -> InboundMessage:
    async with asyncio.timeout(PATIENCE / 1000):
        while not playing.received:
            await asyncio.sleep(0.01)
    message = playing.received[-1]
    assert isinstance(message, InboundMessage)
    return message


async def play(page: Page, which: int = -1) -> Any:
    """Plays it from its middle to its end; gives its length as the browser knows it."""
    return (
        await page.locator("#log audio")
        .nth(which)
        .evaluate(
            """async audio => {
            audio.muted = true;
            await audio.play();
            const length = audio.duration;
            audio.currentTime = length * 0.8;
            await new Promise(done => audio.addEventListener('ended', done));
            return [length, audio.currentTime];
        }"""
        )
    )


async def voice_note(playing: Stage, content: bytes, seconds: float) -> None:
    """The assistant speaks: a message that is a voice note and nothing else."""
    about = Attachment(kind=Kind.VOICE, ref="", mime="audio/wav", size=len(content), duration=seconds)
    async with playing.memory.work(ANN.scope) as work:
        ref = await work.files.put(about, content)
    await playing.say("", files=(replace(about, ref=ref),))


async def test_what_is_recorded_is_sent_as_a_voice_note_and_plays(playing: Stage, page: Page) -> None:
    await record(page)
    await page.wait_for_function(HEARD)
    await page.get_by_role("button", name="Send the recording").click()
    await expect(page.locator("#log .user figcaption")).to_contain_text("Voice note")
    await expect(page.locator("#outbox .row")).to_have_count(0)
    voice = (await received(playing)).attachments[0]
    assert (voice.kind, voice.mime, (voice.duration or 0) >= 1) == (Kind.VOICE, "audio/webm", True)
    length, end = await play(page)
    assert length == pytest.approx(voice.duration, abs=0.3)
    assert end == pytest.approx(length, abs=0.3)
    await expect(page.get_by_role("button", name="Record a voice note")).to_be_focused()
    assert len(playing.received) == 1


async def test_a_recording_is_made_and_thrown_away_by_keyboard(playing: Stage, page: Page) -> None:
    await page.get_by_role("button", name="Record a voice note").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("timer")).to_have_text("0:01")
    await expect(page.get_by_role("group", name="Voice note")).to_contain_text("Recording")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("textbox", name="Message")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("timer")).to_have_text("0:01")
    await page.keyboard.press("Enter")
    await expect(page.locator("#log audio")).to_have_count(1)
    assert len(playing.received) == 1


async def test_escape_while_recording_does_not_stop_an_answer(playing: Stage, page: Page) -> None:
    await playing.tell("typing", turn="t")
    await page.get_by_role("button", name="Stop").wait_for()
    await record(page)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Record a voice note")).to_be_visible()
    await page.get_by_role("textbox", name="Message").fill("go on")
    await page.keyboard.press("Enter")
    assert isinstance(await received(playing), InboundMessage)


async def test_a_key_that_is_held_down_does_not_end_what_it_began(playing: Stage, page: Page) -> None:
    await page.get_by_role("button", name="Record a voice note").focus()
    await page.keyboard.down("Enter")
    await expect(page.get_by_role("button", name="Send the recording")).to_be_focused()
    await page.keyboard.down("Enter")  # a second "down" is a repeat
    await page.keyboard.up("Enter")
    await expect(page.get_by_role("timer")).to_have_text("0:01")
    assert playing.received == []


async def test_a_slip_of_the_finger_sends_nothing(playing: Stage, page: Page) -> None:
    await page.get_by_role("button", name="Record a voice note").click()
    await page.get_by_role("button", name="Send the recording").click()
    await expect(page.locator("#banner")).to_contain_text("too short")
    assert playing.received == []


async def test_a_recording_ends_by_itself_at_the_most_and_can_still_be_sent(playing: Stage, page: Page) -> None:
    await page.clock.install()
    await record(page)
    await page.wait_for_function(HEARD)
    await page.clock.fast_forward(601_000)
    await expect(page.get_by_role("group", name="Voice note")).to_contain_text("the most")
    await page.keyboard.press("Enter")
    assert (await received(playing)).attachments[0].kind is Kind.VOICE


async def test_a_recording_waits_for_the_connection_and_goes_out_once(playing: Stage, page: Page) -> None:
    await page.context.set_offline(True)
    await record(page)
    await page.keyboard.press("Enter")
    await expect(page.locator("#outbox .chip")).to_contain_text("Voice note · 0:01")
    await expect(page.get_by_text("waiting for the connection")).to_be_visible()
    await page.context.set_offline(False)
    await expect(page.locator("#log .user audio")).to_have_count(1)
    await expect(page.locator("#outbox .row")).to_have_count(0)
    assert [file.kind for file in (await received(playing)).attachments] == [Kind.VOICE]
    assert len(playing.received) == 1


async def test_a_recording_whose_answer_got_lost_is_not_sent_twice(playing: Stage, page: Page) -> None:
    tries: list[Route] = []

    async def lose_first(route: Route) -> None:
        tries.append(route)
        if len(tries) > 1:
            await route.continue_()
        else:
            await route.fetch()  # the server takes it, the page never hears
            await route.abort()

    await page.route(lambda url: url.endswith("/chat/messages"), lose_first)
    await record(page)
    await page.keyboard.press("Enter")
    await expect(page.locator("#log .user audio")).to_have_count(1)
    await expect(page.locator("#outbox .row")).to_have_count(0)
    await expect(page.locator("#log .user")).to_have_count(1)
    assert len(playing.received) == 1


async def test_a_blocked_microphone_is_said_with_what_to_do(playing: Stage, chromium: Browser) -> None:
    async with open_page(chromium) as page:
        await enter(page, playing)
        await page.get_by_role("button", name="Record a voice note").click()
        await expect(page.get_by_role("status")).to_contain_text(["The microphone is blocked for this page. Allow it"])
        await expect(page.get_by_role("textbox", name="Message")).to_be_visible()


async def test_without_a_microphone_that_is_said(playing: Stage) -> None:
    async with launched() as browser, open_page(browser, permissions=["microphone"]) as page:
        await enter(page, playing)
        await page.get_by_role("button", name="Record a voice note").click()
        await expect(page.locator("#banner")).to_contain_text("There is no microphone.")


async def test_at_an_address_that_is_not_safe_it_is_said_where_recording_works(migrated_url: str) -> None:
    plain = "http://aurelius.example"
    async with (
        stage(migrated_url, public_url=plain) as playing,
        launched("--host-resolver-rules=MAP aurelius.example 127.0.0.1") as browser,
    ):
        page = await browser.new_page()  # not the watched one: at such an address it complains of headers
        port, code = playing.url.rpartition(":")[2], (await link(playing)).partition("/link")[2]
        await page.goto(f"{plain}:{port}/link{code}")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.locator("#presence")).to_have_text("online")
        await page.get_by_role("button", name="Record a voice note").click()
        await expect(page.locator("#banner")).to_contain_text("http://localhost or over https")


async def test_what_is_played_is_one_at_a_time_and_never_by_itself(playing: Stage, page: Page) -> None:
    for seconds in (30.0, 20.0):
        await voice_note(playing, silence(seconds), seconds)
    await expect(page.locator("#log audio")).to_have_count(2)
    paused = "audios => audios.map(audio => audio.paused)"
    assert await page.locator("#log audio").evaluate_all(paused) == [True, True]
    for number, playing_now in ((0, [False, True]), (1, [True, False])):
        await page.locator("#log audio").nth(number).evaluate("audio => { audio.muted = true; return audio.play() }")
        assert await page.locator("#log audio").evaluate_all(paused) == playing_now


async def test_a_voice_note_of_the_assistant_shows_its_length_and_can_be_sought_in(playing: Stage, page: Page) -> None:
    await voice_note(playing, silence(8.0), 7.6)
    await expect(page.locator("#log .assistant figcaption")).to_have_text("Voice note0:08")
    length, end = await play(page)
    assert (length, end) == (8.0, 8.0)


async def test_a_sound_that_is_none_can_still_be_saved(playing: Stage, page: Page) -> None:
    await voice_note(playing, b"RIFF....WAVE", 3.0)
    await expect(page.locator("#log .sound")).to_contain_text("This does not play.")
    async with page.expect_download() as saving:
        await page.get_by_role("link", name="Save it").click()
    assert await (await saving.value).path()


async def test_a_sound_that_could_not_be_fetched_is_tried_again(playing: Stage, page: Page) -> None:
    await page.route("**/chat/files/*", lambda route: route.abort())
    await voice_note(playing, silence(2.0), 2.0)
    await expect(page.locator("#log .sound")).to_contain_text("This does not play.")
    await page.unroute("**/chat/files/*")
    await page.get_by_role("button", name="Try again").click()
    assert await play(page) == [2.0, 2.0]


async def test_an_uploaded_sound_has_a_player_and_is_a_file(playing: Stage, page: Page) -> None:
    song = FilePayload(name="song.wav", mimeType="audio/wav", buffer=silence(1.0))
    await page.locator("#files").set_input_files([song])
    await page.keyboard.press("Enter")
    await expect(page.locator("#log .user figcaption")).to_contain_text("song.wav")
    assert [file.kind for file in (await received(playing)).attachments] == [Kind.FILE]
    assert (await play(page))[0] == 1.0
    await expect(page.locator("#log .user figcaption")).to_have_text("song.wav0:01")
