"""Telegram as a chat platform: polling or webhook in, messages out, through python-telegram-bot."""

from __future__ import annotations

import asyncio
import hmac
import json
import zlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from adapters.chat.background import Background
from adapters.chat.bounded import remember
from adapters.chat.governor import Governor, Pace
from adapters.chat.growth import Growth, Habits
from adapters.chat.lease import Lease
from adapters.chat.telegram import sending
from adapters.chat.telegram.checking import PATH
from adapters.chat.telegram.connection import Connection, trouble, unsent
from adapters.chat.telegram.inbound import FORWARDED, KINDS, PLATFORM, parse
from adapters.chat.telegram.outbound import enclosures, render
from adapters.chat.telegram.polling import PAUSES, poll
from adapters.chat.telegram.taking import Taking, Untaken
from bot.action import Json
from bot.message import Address, Attachment, Reply
from bot.ports import Desk, Hook, Request, Response, Unsent
from bot.shortcuts import OWN, SHORTCUTS

SECRET = "x-telegram-bot-api-secret-token"
# Limits as Telegram words them (core.telegram.org/bots/faq): 1 message a second in a chat, where short bursts pass;
# 20 a minute in a group; 30 a second over all. What is too much all the same is answered with a pause, which we keep.
OVERALL = Pace(burst=30, seconds=1 / 30)
CHAT, GROUP = Pace(burst=20, seconds=1.0), Pace(burst=20, seconds=3.0)
# Typing shows for 5 seconds and a draft for 30 (Bot API: sendChatAction, sendMessageDraft).
COMMANDS = {name: shortcut.about for name, shortcut in SHORTCUTS.items()} | OWN  # as people see them behind a slash
HABITS = Habits(typing_every=4.5, draft_every=20.0, drafts=Pace(burst=2, seconds=0.8), grows=lambda at: is_private(at))
REMEMBERED = 1000  # messages that were sent in part
LARGEST = 20 * 1024 * 1024  # bytes that a bot may download (Bot API, getFile)
log = structlog.get_logger()


@dataclass
class Sent:
    """What stands in the chat of one message of ours: the ids of its texts, and those of its files after them."""

    texts: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    @classmethod
    def read(cls, ref: str) -> Sent:
        ids, _, files = ref.partition(",+")
        found = [int(one) for one in ids.split(",")]
        border = len(found) - int(files or 0)
        return cls(found[:border], found[border:])

    @property
    def ref(self) -> str:
        """ "12,13", and with two files "12,13,14,15,+2"."""
        ids = ",".join(str(one) for one in (*self.texts, *self.files))
        return f"{ids},+{len(self.files)}" if self.files else ids


class TelegramChat:
    """Fulfils `bot.ports.ChatPlatform` and `Hooked`. With a webhook secret updates come over HTTP, else by polling,
    which only the holder of the lease does."""

    name = PLATFORM
    idempotent = False
    reads_rows = False

    def __init__(self, connection: Connection, lease: Lease, *, secret: str | None, public_url: str) -> None:
        self._connection, self._lease, self._secret, self._public_url = connection, lease, secret, public_url
        self._governor = Governor(OVERALL)
        self._growth = Growth(self._governor, HABITS, self._typing, self._draft)
        self._cut: dict[str, Sent] = {}  # what arrived before a send broke off, by key
        self._background = Background("telegram")

    async def start(self, desk: Desk) -> None:
        """Returns at once; whatever is wrong with Telegram, the rest of the system works."""
        if self._secret is None:
            take = Taking(self._hand_in_to(desk)).take
            self._background.run(self._lease.alone(lambda: poll(self._connection, take, self._begin_polling)))
        elif self._public_url:
            self._background.run(self._set_webhook(f"{self._public_url.rstrip('/')}{PATH}"))
        else:
            log.error("telegram_hears_nothing", why="TELEGRAM_WEBHOOK_SECRET is set and PUBLIC_URL is not")

    async def stop(self) -> None:
        """No longer listen; what is being answered can still be sent."""
        await self._background.stop()

    async def close(self) -> None:
        await self._connection.close()

    def hooks(self, desk: Desk) -> Sequence[Hook]:
        if self._secret is None:
            return ()
        secret, take = self._secret.encode(), Taking(self._hand_in_to(desk)).take

        async def answer(request: Request) -> Response:
            if not hmac.compare_digest(request.headers.get(SECRET, "").encode(), secret):
                return Response(status=401)
            try:
                update = dict(json.loads(request.body))
                await take(update)
            except (ValueError, TypeError):
                return Response(status=400)
            except Untaken:  # it comes again
                return Response(status=503)
            return Response(status=200)

        return (Hook(method="POST", path=PATH, answer=answer),)

    def _hand_in_to(self, desk: Desk) -> Callable[[Mapping[str, Any]], Awaitable[None]]:
        async def hand_in(update: Mapping[str, Any]) -> None:
            """A press loses its spinner at once; everything is written down before this returns."""
            query = update.get("callback_query")
            if query is not None:
                self._background.run(self._answer(str(query["id"])))
            try:
                inbound = parse(update, await self._connection.me())
            except (KeyError, TypeError, ValueError, AttributeError):
                log.exception("telegram_update_not_understood", fields=sorted(update))
                return
            if inbound is not None:
                await desk.receive(inbound)

        return hand_in

    async def _begin_polling(self) -> None:
        await (await self._connection.bot()).delete_webhook(drop_pending_updates=False)
        await self._ready()

    async def _ready(self, webhook: str = "") -> None:
        me = await self._connection.me()
        sees = "every message" if me.reads_all else "what is said to it"  # @BotFather's /setprivacy
        log.info("telegram_ready", bot=me.username, webhook=webhook, in_groups_it_gets=sees)
        self._background.run(self._offer_commands())

    async def _offer_commands(self) -> None:
        from telegram.error import TelegramError

        try:
            await (await self._connection.bot()).set_my_commands([*COMMANDS.items()])
        except TelegramError as error:  # they work all the same
            log.warning("telegram_commands_not_offered", why=trouble(error))

    async def _set_webhook(self, url: str) -> None:
        """One connection, because several would not keep the order of a chat."""
        from telegram.error import TelegramError

        for failures in range(10_000):
            try:
                bot = await self._connection.bot()
                await bot.set_webhook(
                    url,
                    secret_token=self._secret,
                    allowed_updates=list(KINDS),
                    max_connections=1,
                    drop_pending_updates=False,
                )
                await self._ready(webhook=url)
            except TelegramError as error:
                log.warning("telegram_webhook_not_set", url=url, why=trouble(error))
                await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
            else:
                return

    async def _answer(self, query: str) -> None:
        from telegram.error import TelegramError

        try:
            await (await self._connection.bot()).answer_callback_query(query)
        except TelegramError as error:  # it is too old: the spinner has ended by itself
            log.info("telegram_press_not_acknowledged", why=str(error))

    async def send(self, reply: Reply, key: str, ref: str | None) -> str | None:
        """`ref` holds the ids of all messages that it became. A send that broke off goes on where it was: what arrived
        before is only edited, and a file is sent once."""
        await self._growth.end(reply.to)
        bot, to = await self._connection.bot(), reply.to
        sent = Sent.read(ref) if ref else self._cut.get(key, Sent())
        remember(self._cut, key, sent, REMEMBERED)
        parts = render(reply)
        for number, part in enumerate(parts):
            if number < len(sent.texts):
                await self._call(to, sending.edit(bot, to, sent.texts[number], part))
            else:
                sent.texts.append(await self._call(to, sending.post(bot, to, part)))
        for enclosure in enclosures(reply)[len(sent.files) :]:
            sent.files.append(await self._call(to, sending.enclose(bot, to, enclosure)))
        while len(sent.texts) > len(parts):
            await self._call(to, sending.delete(bot, to, sent.texts[-1]))
            sent.texts.pop()
        self._cut.pop(key, None)
        return sent.ref

    async def _call(self, at: Address, call: Coroutine[Any, Any, int]) -> int:
        """In its turn. Raises Unsent."""
        from telegram.error import TelegramError

        try:
            await self._governor.turn(at.place, CHAT if is_private(at) else GROUP)
            return await call
        except TelegramError as error:
            problem = unsent(error)
            self._governor.hold(at.place, problem.after)
            raise problem from error
        finally:
            call.close()

    async def progress(self, at: Address, news: Json) -> None:
        self._growth.show(at, news)

    async def _typing(self, at: Address) -> bool:
        bot = await self._connection.bot()
        return await self._sign(at, bot.send_chat_action(int(at.place), "typing", message_thread_id=sending.thread(at)))

    async def _draft(self, at: Address, turn: str, text: str) -> bool:
        """Of an answer that is longer than a message, the part that is being written; with Telegram's stop button."""
        bot, part = await self._connection.bot(), render(Reply(to=at, text=text))[-1]
        call = bot.send_message_draft(
            int(at.place),
            zlib.crc32(turn.encode()) % (2**31 - 1) + 1,  # the same for all of one answer, and never zero
            part.html,
            parse_mode="HTML",
            message_thread_id=sending.thread(at),
            api_kwargs={"can_stop": True},
        )
        return await self._sign(at, call)

    async def _sign(self, at: Address, call: Coroutine[Any, Any, bool]) -> bool:
        from telegram.error import TelegramError

        try:
            return await call
        except TelegramError as error:
            log.info("telegram_sign_not_shown", why=str(error))
            self._governor.hold(at.place, unsent(error).after)
            return False

    async def download(self, attachment: Attachment) -> bytes:
        """Raises Unsent for what is larger than a bot may download, or gone."""
        from telegram.error import TelegramError

        if attachment.ref.startswith(FORWARDED):
            return attachment.ref.removeprefix(FORWARDED).encode(errors="replace")
        if attachment.size > LARGEST:
            raise Unsent("Telegram gives bots files of up to 20 MB", again=False)
        try:
            file = await (await self._connection.bot()).get_file(attachment.ref)
            return bytes(await file.download_as_bytearray())
        except TelegramError as error:
            raise unsent(error) from error


def is_private(at: Address) -> bool:
    """A private chat has the id of its person; those of groups are negative."""
    return not at.place.startswith("-")
