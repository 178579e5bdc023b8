"""The Claude key pasted on the settings page: whichever process it was given to, all of them use it from then on."""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from adapters.model import Connection, check_key
from aurelius.settings import Settings
from bot.people import Scope
from bot.ports import Bus, Memory
from web_oauth.needs import key_news

NAME = "anthropic"  # under which it is kept
LOOK_EVERY = 30.0  # seconds; news may be lost
log = structlog.get_logger(__name__)


async def kept(memory: Memory, scope: Scope) -> str | None:
    """The key in the vault. Raises Unreadable when it is there and cannot be opened."""
    async with memory.door() as door:
        return await door.secrets.get(scope, NAME)


class PastedKey:
    """Goes before the key in the settings; without it that one counts again."""

    def __init__(self, memory: Memory, bus: Bus, model: Connection, scope: Scope, settings: Settings) -> None:
        self._memory, self._bus, self._model, self._scope = memory, bus, model, scope
        self._base_url, self._set = settings.anthropic_base_url, settings.anthropic_api_key

    async def use(self, key: str) -> str | None:
        """From the next call on, here; returns why not, when the vendor does not accept it. Empty: it is removed."""
        problem = await check_key(key, self._base_url) if key else None
        if problem is None:
            await self._take(key)
        return problem

    async def follow(self) -> None:
        """Use what is kept, until cancelled: told of a change at once, looking from time to time without being told."""
        async with self._bus.subscribe(key_news(NAME)) as news:
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(anext(aiter(news)), LOOK_EVERY)
                try:
                    await self._take(await kept(self._memory, self._scope))
                except Exception as error:  # noqa: BLE001 - the database may be away; the key in use stays
                    log.warning("key_not_read", why=str(error))

    async def _take(self, key: str | None) -> None:
        await self._model.set_key(key or (self._set.get_secret_value() if self._set else None))
