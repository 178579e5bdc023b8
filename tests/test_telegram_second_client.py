"""A client that is not ours, with another SDK, on the stand-in of the Bot API: so it is not written to fit one client.

aiogram takes 170 MB and seconds to import, so it is imported where it is used.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lab.telegram.app import TOKEN, USERNAME
from tests.app_stand_in import App, AppUser, labels, stand_in
from tests.talk import WAIT
from tests.web_stage import served

if TYPE_CHECKING:
    from aiogram import Bot, Dispatcher

OPUS = b"OggS" + bytes(24) + b"OpusHead" + bytes(99)
VOICE = {"kind": "voice", "mime": "audio/ogg", "base64": base64.b64encode(OPUS).decode(), "duration": 2}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def telegram() -> AsyncIterator[App]:
    async with stand_in("telegram") as telegram:
        yield telegram


@pytest_asyncio.fixture
async def bot(telegram: App) -> AsyncIterator[Bot]:
    from aiogram import Bot
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer

    bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(telegram.url)))
    await bot.delete_webhook(drop_pending_updates=True)
    yield bot
    await telegram.forget_faults()
    await bot.session.close()


@pytest_asyncio.fixture
async def ann(telegram: App, bot: Bot) -> AppUser:
    """At a chat that is open: a bot cannot begin."""
    person = telegram.person()
    await person.send("/start")
    await bot.delete_webhook(drop_pending_updates=True)
    return person


class Heard:
    """What its handlers were given."""

    def __init__(self) -> None:
        from aiogram import Dispatcher

        self.dispatcher: Dispatcher = Dispatcher()
        self._queue: asyncio.Queue[Any] = asyncio.Queue()
        for kind in (self.dispatcher.message, self.dispatcher.edited_message, self.dispatcher.callback_query,
                     self.dispatcher.message_reaction, self.dispatcher.stopped_message_generation):  # fmt: skip
            kind.register(self._take)

    async def _take(self, event: Any) -> None:
        await self._queue.put(event)

    async def next(self) -> Any:
        return await asyncio.wait_for(self._queue.get(), WAIT)


@asynccontextmanager
async def polling(bot: Bot) -> AsyncIterator[Heard]:
    heard = Heard()
    kinds = ["message", "edited_message", "callback_query", "message_reaction", "stopped_message_generation"]
    working = asyncio.create_task(
        heard.dispatcher.start_polling(
            bot, handle_as_tasks=False, handle_signals=False, close_bot_session=False, allowed_updates=kinds
        )
    )
    try:
        yield heard
    finally:
        await heard.dispatcher.stop_polling()
        await working


async def test_it_polls_what_people_do_in_their_order(telegram: App, bot: Bot, ann: AppUser) -> None:
    assert (await bot.get_me()).username == USERNAME
    async with polling(bot) as heard:
        first = await ann.send("one 🙂 @aurelius_lab_bot")
        await ann.send("two", reply_to=first["message"])
        await ann.edit(first["message"], "one!")
        one, two, edited = [await heard.next() for _ in range(3)]
        assert (one.text, str(one.message_id), one.chat.type) == (
            "one 🙂 @aurelius_lab_bot",
            first["message"],
            "private",
        )
        assert one.entities[0].extract_from(one.text) == "@aurelius_lab_bot"
        assert (two.reply_to_message.message_id, edited.text) == (one.message_id, "one!")
        sent = await bot.send_message(int(ann.id), "hi")
        await ann.react({"id": sent.message_id}, "👍")
        assert (await heard.next()).new_reaction[0].emoji == "👍"
        await telegram.drop()
        await ann.send("after the line was cut")
        assert (await heard.next()).text == "after the line was cut"


async def test_buttons_are_pressed_and_the_message_is_changed(telegram: App, bot: Bot, ann: AppUser) -> None:
    from aiogram.exceptions import TelegramBadRequest
    from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

    keyboard = InlineKeyboardMarkup(
        inline_keyboard=[[InlineKeyboardButton(text="Go", callback_data="a.1", style="primary")]]
    )
    async with polling(bot) as heard:
        await bot.send_message(int(ann.id), "<b>Card</b>", parse_mode="HTML", reply_markup=keyboard)
        (card,) = await ann.shown()
        assert (card["html"], labels(card)) == ("<b>Card</b>", ["Go"])
        await ann.press(card, "Go")
        pressed = await heard.next()
        assert (pressed.data, pressed.message.text) == ("a.1", "Card")
        assert await pressed.answer()
        with pytest.raises(TelegramBadRequest, match="query is too old"):
            await pressed.answer()
        await pressed.message.edit_text("Done")
        assert labels(await ann.becomes(card, "Done")) == []
        with pytest.raises(TelegramBadRequest, match="not modified"):
            await bot.edit_message_text("Done", chat_id=int(ann.id), message_id=int(card["id"]))
        await pressed.message.delete()
        assert await ann.shown() == []


async def test_voice_notes_go_in_and_out(telegram: App, bot: Bot, ann: AppUser) -> None:
    from aiogram.types import BufferedInputFile

    async with polling(bot) as heard:
        await ann.send(file=VOICE)
        voice = (await heard.next()).voice
        assert (voice.duration, voice.mime_type) == (2, "audio/ogg")
        content = await bot.download(voice)
        assert content is not None
        assert content.read() == OPUS
        await bot.send_voice(int(ann.id), BufferedInputFile(OPUS, "answer.ogg"), duration=3)
        await bot.send_document(int(ann.id), BufferedInputFile(b"%PDF", "a.pdf"), caption="Here")
        spoken, document = await ann.shown()
        assert [(file["kind"], file["duration"]) for file in spoken["files"]] == [("voice", 3)]
        assert await telegram.file(spoken["files"][0]["id"]) == OPUS
        assert (document["text"], document["files"][0]["name"]) == ("Here", "a.pdf")


async def test_an_answer_grows_and_is_stopped(bot: Bot, ann: AppUser) -> None:
    async with polling(bot) as heard:
        await bot.send_chat_action(int(ann.id), "typing")
        assert (await ann.screen())["typing"]
        assert await bot.send_message_draft(int(ann.id), 5, text="Once upon", can_stop=True)
        assert [m["text"] for m in (await ann.screen())["messages"] if m["growing"]] == ["Once upon"]
        await ann.stop()
        assert (await heard.next()).draft_id == 5


async def test_a_pause_a_refused_token_and_too_long_a_text_are_told(telegram: App, bot: Bot, ann: AppUser) -> None:
    from aiogram.exceptions import TelegramBadRequest, TelegramRetryAfter, TelegramUnauthorizedError

    await telegram.fault("sendMessage", status=429, retry_after=7)
    with pytest.raises(TelegramRetryAfter) as pause:
        await bot.send_message(int(ann.id), "hi")
    assert pause.value.retry_after == 7
    with pytest.raises(TelegramBadRequest, match="too long"):
        await bot.send_message(int(ann.id), "x" * 4097)
    await telegram.revoke()
    with pytest.raises(TelegramUnauthorizedError):
        await bot.send_message(int(ann.id), "hi")
    await telegram.restore()
    assert (await bot.send_message(int(ann.id), "hi")).text == "hi"


async def test_a_webhook_is_called_with_its_secret(bot: Bot, ann: AppUser) -> None:
    heard = Heard()

    async def hook(request: Request) -> Response:
        assert request.headers["x-telegram-bot-api-secret-token"] == "s3cret"
        await heard.dispatcher.feed_webhook_update(bot, await request.json())
        return Response()

    app = Starlette(routes=[Route("/hook", hook, methods=["POST"])])
    app.state.closing = asyncio.Event()
    async with served(app) as url:
        await bot.set_webhook(f"{url}/hook", secret_token="s3cret", allowed_updates=["message"])
        assert (await bot.get_webhook_info()).url == f"{url}/hook"
        await ann.send("over the hook")
        assert (await heard.next()).text == "over the hook"
        await bot.delete_webhook()


async def test_commands_are_kept(bot: Bot) -> None:
    from aiogram.types import BotCommand

    assert await bot.set_my_commands([BotCommand(command="tasks", description="open tasks")])
    assert [command.command for command in await bot.get_my_commands()] == ["tasks"]
