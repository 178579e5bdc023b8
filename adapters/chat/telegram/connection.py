"""The Telegram SDK behind one small class: made when first needed, and its errors in our words."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from typing import TYPE_CHECKING

from adapters.chat.telegram.inbound import Me
from bot.ports import Unsent

if TYPE_CHECKING:
    from telegram import Bot
    from telegram.error import TelegramError
    from telegram.request import HTTPXRequest

ROOT = "https://api.telegram.org"
CONNECT, ANSWER, UPLOADED = 5.0, 20.0, 120.0  # seconds
AT_ONCE = 32  # connections
BEFORE_SENDING = {"ConnectError", "ConnectTimeout", "PoolTimeout"}
REVOKED = 30.0  # seconds until a refused token is tried again


class Connection:
    """Any process may write; only one polls."""

    def __init__(self, token: str, root: str | None) -> None:
        self._token, self._root = token, (root or ROOT).rstrip("/")
        self._bot: Bot | None = None
        self._requests: tuple[HTTPXRequest, ...] = ()
        self._me: Me | None = None
        self._making = asyncio.Lock()

    @property
    def id(self) -> str:
        """The bot's id stands in its token."""
        return self._token.partition(":")[0]

    async def bot(self) -> Bot:
        async with self._making:
            if self._bot is None:
                await asyncio.to_thread(_load)
                self._bot = self._make()
        return self._bot

    def _make(self) -> Bot:
        from telegram import Bot
        from telegram.request import HTTPXRequest

        def request(connections: int) -> HTTPXRequest:
            return HTTPXRequest(
                connection_pool_size=connections,
                connect_timeout=CONNECT,
                read_timeout=ANSWER,
                write_timeout=ANSWER,
                media_write_timeout=UPLOADED,
                pool_timeout=ANSWER,
            )

        writing, polling = self._requests = (request(AT_ONCE), request(1))
        return Bot(
            self._token,
            base_url=f"{self._root}/bot",
            base_file_url=f"{self._root}/file/bot",
            request=writing,
            get_updates_request=polling,
        )

    async def me(self) -> Me:
        """Raises TelegramError; InvalidToken for a token that is refused."""
        if self._me is None:
            user = await (await self.bot()).get_me()
            reads_all = bool(user.can_read_all_group_messages)
            self._me = Me(id=str(user.id), username=user.username or "", reads_all=reads_all)
        return self._me

    async def close(self) -> None:
        for request in self._requests:
            await request.shutdown()
        self._bot, self._requests = None, ()


def _load() -> None:
    """The SDK takes 50 MB and half a second: loaded in a thread, and only where Telegram is used."""
    os.environ.setdefault("PTB_TIMEDELTA", "true")  # else reading a time to wait warns of its deprecation
    import telegram.request  # noqa: F401


def unsent(error: TelegramError) -> Unsent:
    """What the error means for a message."""
    from telegram import error as errors

    match error:
        case errors.RetryAfter():
            after = error.retry_after
            seconds = after.total_seconds() if isinstance(after, timedelta) else float(after)
            return Unsent("Telegram asks for a pause", again=True, after=seconds)
        case errors.BadRequest():  # is a NetworkError for the SDK
            return Unsent(str(error), again=False)
        case errors.NetworkError():
            return Unsent(repr(error), again=True, unsure=_may_have_arrived(error))
        case errors.InvalidToken():
            return Unsent(trouble(error), again=True, after=REVOKED)
    return Unsent(str(error), again=False)  # blocked by the person, no longer in the group


def trouble(error: TelegramError) -> str:
    """What is wrong and what to do, for the log and for whoever checks the settings."""
    from telegram import error as errors

    match error:
        case errors.InvalidToken():
            return "Telegram refuses the bot's token: set TELEGRAM_BOT_TOKEN to what @BotFather shows under /token"
        case errors.Conflict():
            return f"another program uses this bot: stop it, or make another bot at @BotFather ({error})"
        case errors.NetworkError() if not isinstance(error, errors.BadRequest):
            return f"Telegram does not answer: is there a network, and is TELEGRAM_BASE_URL right? ({error!r})"
    return str(error) or repr(error)


def _may_have_arrived(error: TelegramError) -> bool:
    """The request left, and the connection broke before its answer."""
    cause = error.__cause__
    return cause is not None and type(cause).__name__ not in BEFORE_SENDING
