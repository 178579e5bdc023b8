"""The terminal chat against the real door: what is printed, in which order, and how it ends."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from adapters.chat.terminal import chat
from adapters.chat.terminal.connection import connected
from adapters.chat.terminal.screen import Screen, card, plain
from adapters.chat.terminal.talk import PROMPT, Talk
from bot.message import ButtonPress, Command, InboundMessage
from tests.web_stage import TOKEN, Stage, stage


@pytest_asyncio.fixture(loop_scope="session")
async def playing(migrated_url: str) -> AsyncIterator[Stage]:
    async with stage(migrated_url) as playing:
        playing.reply = answer
        yield playing


async def answer(playing: Stage, said: InboundMessage | Command) -> None:
    turn = said.delivery
    await playing.tell("typing", turn=turn)
    for grown in ("You", "You said **he", f"You said **{said.text}**"):
        await playing.tell("growing", turn=turn, text=grown)
    await playing.say(f"You said **{said.text}**.")
    if "mail" in said.text:
        await playing.card(to="bob@example.com", text="hi")
    await playing.tell("idle", turn=turn)


async def test_one_message_prints_its_answer_and_ends(playing: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert await chat(playing.url, TOKEN, "hello") == 0
    assert capsys.readouterr().out == "You said hello.\n"


async def test_one_message_prints_the_card_it_led_to(playing: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert await chat(playing.url, TOKEN, "send a mail") == 0
    out = capsys.readouterr().out
    assert "┌ Waits for your answer\n│ Send a mail to bob@example.com" in out
    assert "└ 1 Approve · 2 Edit · 3 Deny" in out


async def test_what_was_said_before_is_not_printed(playing: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    await playing.say("an old line")
    await chat(playing.url, TOKEN, "hello")
    assert "old" not in capsys.readouterr().out


async def test_a_plain_stop_ends_at_once(playing: Stage) -> None:
    assert await chat(playing.url, TOKEN, "stop") == 0


async def test_an_answer_counts_when_the_news_of_its_end_is_lost(
    playing: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.chat.terminal.talk.QUIET_SECONDS", 0.1)

    async def without_end(playing: Stage, said: InboundMessage | Command) -> None:
        await playing.say("here")

    playing.reply = without_end
    assert await chat(playing.url, TOKEN, "hello") == 0


async def test_no_answer_in_time_is_said_and_is_a_failure(
    playing: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("adapters.chat.terminal.talk.ANSWER_SECONDS", 0.2)
    monkeypatch.setattr("adapters.chat.terminal.talk.QUIET_SECONDS", 0.1)
    playing.reply = None
    assert await chat(playing.url, TOKEN, "hello") == 1
    assert "no answer yet" in capsys.readouterr().err


async def test_a_wrong_token_and_a_dead_process_are_said_plainly(
    playing: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await chat(playing.url, "wrong", "hello") == 1
    assert "token" in capsys.readouterr().err
    assert await chat("http://127.0.0.1:9", TOKEN, "hello") == 1
    assert "aurelius run" in capsys.readouterr().err


def typing(*typed: str) -> Callable[[str], str]:
    """The person types these lines, then Ctrl-D."""
    left = list(typed)

    def read(_: str) -> str:
        if not left:
            raise EOFError
        return left.pop(0)

    return read


async def test_a_number_answers_the_card(playing: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    read = typing("send a mail", "1", "1")
    assert await chat(playing.url, TOKEN, None, read=read) == 0
    out = capsys.readouterr().out
    assert out.index("Waits for your answer") < out.index("┌ Done") < out.index("┌ Taken back")
    assert [press.token[0] for press in playing.received if isinstance(press, ButtonPress)] == ["a", "u"]


async def test_a_card_can_be_changed_field_by_field(playing: Stage) -> None:
    read = typing("send a mail", "2", "ann@example.com", "", "", "")
    assert await chat(playing.url, TOKEN, None, read=read) == 0
    press = next(press for press in playing.received if isinstance(press, ButtonPress))
    assert dict(press.values)["to"] == "ann@example.com"
    assert dict(press.values)["text"] == "hi"


async def test_a_number_without_a_card_is_a_message(playing: Stage) -> None:
    read = typing("7")
    await chat(playing.url, TOKEN, None, read=read)
    assert [said.text for said in playing.received if isinstance(said, InboundMessage)] == ["7"]


async def test_interrupting_stops_the_turn_and_not_the_chat(playing: Stage) -> None:
    begun = asyncio.Event()

    async def never(playing: Stage, said: InboundMessage | Command) -> None:
        begun.set()

    playing.reply = never
    read = typing("hello")
    talking = asyncio.create_task(chat(playing.url, TOKEN, None, read=read))
    async with asyncio.timeout(5):
        await begun.wait()
        signal.raise_signal(signal.SIGINT)
        assert await talking == 0
    assert type(playing.received[-1]).__name__ == "Stop"


def written() -> tuple[list[str], Callable[[str], None]]:
    out: list[str] = []
    return out, out.append


def line(text: str, **more: object) -> dict[str, object]:
    return {
        "id": "m",
        "seq": 1,
        "author": "assistant",
        "text": text,
        "card": False,
        "choices": [],
        "state": "",
        "files": [],
    } | more


def test_a_growing_answer_is_written_once() -> None:
    out, write = written()
    screen = Screen(write, live=True)
    text = "Hello **world**! _See_ snake_case_name, 2 * 3 \\* and _this._"
    for end in range(len(text)):
        screen.grow(text[:end])
    screen.show(line(text))
    screen.show(line(text))
    assert "".join(out) == "Hello world! See snake_case_name, 2 * 3 * and this.\n"


def test_a_card_that_is_still_running_is_shown_when_it_is_over() -> None:
    out, write = written()
    screen = Screen(write, live=False)
    screen.show(line("x", card=True, state="running", seq=2))
    assert screen.seq_of("m") == -1
    screen.show(line("x", card=True, state="done", seq=3))
    assert "".join(out) == "┌ Done\n│ x\n└\n"


def test_an_answer_that_turned_out_otherwise_is_written_anew() -> None:
    out, write = written()
    screen = Screen(write, live=True)
    screen.grow("I will")
    screen.show(line("I cannot."))
    assert "".join(out) == "I will\nI cannot.\n"


def test_what_came_with_a_message_is_named() -> None:
    out, write = written()
    files = [
        {"kind": "voice", "name": "voice note.ogg", "duration": 7.6},
        {"kind": "voice", "name": "", "duration": None},
        {"kind": "file", "name": "report\x1b[2J\n.pdf", "duration": None},
    ]
    screen = Screen(write, live=True)
    screen.show(line("", files=files[:1]))
    screen.show(line("Here.", id="n", files=files[1:]))
    assert "".join(out) == "[voice note, 0:07]\nHere.\n[voice note]\n[report[2J .pdf]\n"


def test_nothing_in_a_message_moves_the_cursor() -> None:
    evil = "a\x1b[2J\x1b]0;title\x07b\r\x9bc\u202ed"
    assert plain(evil) == "a[2J]0;titlebcd"
    assert "\x1b" not in card(line(evil, state="\x1b[31m", choices=[{"label": "\x1bOk", "token": "a.b"}]))


async def test_news_that_come_while_nobody_asks_are_shown_at_the_prompt(playing: Stage) -> None:
    out, write = written()
    typed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    loop = asyncio.get_running_loop()

    def read(_: str) -> str:
        asyncio.run_coroutine_threadsafe(asyncio.wait_for(typed, 10), loop).result()
        raise EOFError

    async with connected(playing.url, TOKEN) as connection, connection.events(0) as events:
        talk = Talk(connection, Screen(write, live=True), read)
        listening = asyncio.create_task(talk.listen(events))
        talking = asyncio.create_task(talk.loop())
        async with asyncio.timeout(10):
            while not talk.at_prompt:
                await asyncio.sleep(0.01)
            await playing.say("Reminder: call Ann")
            while "".join(out)[-2:] != PROMPT:
                await asyncio.sleep(0.01)
        typed.set_result(None)
        assert await talking == 0
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    assert "".join(out).endswith(f"\nReminder: call Ann\n{PROMPT}\n")
