"""Long polling: updates in order, each written down before it is confirmed to Telegram."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from adapters.chat.telegram.connection import Connection, trouble
from adapters.chat.telegram.inbound import KINDS
from adapters.chat.telegram.taking import Take, Untaken, in_order

LONG = 25  # seconds that Telegram waits for something to happen
BATCH = 100
PAUSES = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)  # seconds between tries, while something is wrong
log = structlog.get_logger()


async def poll(connection: Connection, take: Take, ready: Callable[[], Awaitable[None]]) -> None:
    """For ever. `ready` is called when it begins, and again after somebody else has set a webhook."""
    from telegram.error import Conflict, TelegramError

    offset: int | None = None
    failures = 0
    is_ready = False
    while True:
        try:
            bot = await connection.bot()
            if not is_ready:
                await ready()
                is_ready = True
            updates = await bot.get_updates(offset=offset, limit=BATCH, timeout=LONG, allowed_updates=list(KINDS))
            await in_order([update.to_dict() for update in updates], take)
        except (TelegramError, Untaken) as error:
            if isinstance(error, TelegramError):
                log.warning("telegram_does_not_answer", why=trouble(error))
            is_ready = is_ready and not isinstance(error, Conflict)
            await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
            failures += 1
            continue
        failures = 0
        if updates:
            offset = updates[-1].update_id + 1
