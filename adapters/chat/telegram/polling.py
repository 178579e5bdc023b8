"""Long polling: updates in order, each written down before it is confirmed to Telegram."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog

from adapters.chat.telegram.connection import Connection
from adapters.chat.telegram.inbound import KINDS

LONG = 25  # seconds that Telegram waits for something to happen
BATCH = 100
SIDE_BY_SIDE = 8  # chats
PAUSES = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)  # seconds between tries, while something is wrong
log = structlog.get_logger()

Take = Callable[[Mapping[str, Any]], Awaitable[None]]


async def poll(connection: Connection, take: Take) -> None:
    """For ever. An exception of `take` ends it: what was not taken is asked for again the next time."""
    from telegram.error import TelegramError

    offset: int | None = None
    failures = 0
    ready = False
    while True:
        try:
            bot = await connection.bot()
            if not ready:
                me = await connection.me()
                await bot.delete_webhook(drop_pending_updates=False)
                log.info("telegram_ready", bot=me.username)
                ready = True
            updates = await bot.get_updates(offset=offset, limit=BATCH, timeout=LONG, allowed_updates=list(KINDS))
        except TelegramError as error:
            log.warning("telegram_does_not_answer", why=str(error) or repr(error))
            ready = ready and type(error).__name__ != "Conflict"  # somebody set a webhook
            await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
            failures += 1
            continue
        failures = 0
        if updates:
            await in_order([update.to_dict() for update in updates], take)
            offset = updates[-1].update_id + 1


async def in_order(updates: Sequence[Mapping[str, Any]], take: Take) -> None:
    """One after the other within a chat, several chats side by side."""
    chats: dict[int, list[Mapping[str, Any]]] = {}
    for update in updates:
        chats.setdefault(_chat(update), []).append(update)
    room = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one_chat(queue: Sequence[Mapping[str, Any]]) -> None:
        async with room:
            for update in queue:
                await take(update)

    async with asyncio.TaskGroup() as group:
        for queue in chats.values():
            group.create_task(one_chat(queue))


def _chat(update: Mapping[str, Any]) -> int:
    """0 for what belongs to no chat."""
    for about in update.values():
        if isinstance(about, Mapping):
            chat = about.get("chat") or (about.get("message") or {}).get("chat") or {}
            return int(chat.get("id", 0))
    return 0
