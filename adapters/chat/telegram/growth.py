"""Signs of work in a chat: "typing", then in private chats the answer as it grows. Never waited for, never an error.

Typing shows for 5 seconds and a draft for 30 (Bot API: sendChatAction, sendMessageDraft), so both are repeated. An
answer that is there at once needs neither.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from adapters.chat.governor import Governor, Pace
from bot.action import Json
from bot.message import Address

PATIENCE = 0.25  # seconds before the first sign
TYPING_EVERY = 4.5
DRAFT_EVERY = 20.0  # when nothing new was written
DRAFTS = Pace(burst=2, seconds=0.8)
LONGEST = 600.0  # seconds; then whoever worked here is gone
LAST = 1.0  # seconds that a sign on its way may take before the answer itself is sent


@dataclass
class Sign:
    """What is going on in one conversation."""

    turn: str
    text: str = ""
    news: asyncio.Event = field(default_factory=asyncio.Event)
    on_its_way: asyncio.Task[bool] | None = None
    task: asyncio.Task[None] | None = None

    @property
    def draft(self) -> int:
        """The same for all of one answer, and never zero."""
        return zlib.crc32(self.turn.encode()) % (2**31 - 1) + 1


class Growth:
    """`typing(at)` and `draft(at, id, text)` are calls of the platform that return whether it took them."""

    def __init__(
        self,
        governor: Governor,
        typing: Callable[[Address], Awaitable[bool]],
        draft: Callable[[Address, int, str], Awaitable[bool]],
    ) -> None:
        self._governor, self._typing, self._draft = governor, typing, draft
        self._signs: dict[str, Sign] = {}

    def show(self, at: Address, news: Json) -> None:
        """`news` is what is published of a conversation: typing, growing (with the whole text so far) or idle."""
        if news["kind"] == "idle":
            self._drop(at)
            return
        sign = self._signs.get(at.conversation)
        if sign is None or sign.turn != news["turn"]:
            self._drop(at)
            sign = self._signs[at.conversation] = Sign(turn=news["turn"])
            sign.task = asyncio.create_task(self._run(at, sign), name="signs of work")
        if news["kind"] == "growing":
            sign.text = news["text"]
            sign.news.set()

    async def end(self, at: Address) -> None:
        """No sign may come after the answer: one that is on its way arrives first."""
        sign = self._drop(at)
        if sign is not None and sign.on_its_way is not None:
            await asyncio.wait({sign.on_its_way}, timeout=LAST)

    def _drop(self, at: Address) -> Sign | None:
        sign = self._signs.pop(at.conversation, None)
        if sign is not None and sign.task is not None:
            sign.task.cancel()
        return sign

    async def _run(self, at: Address, sign: Sign) -> None:
        await asyncio.sleep(PATIENCE)
        end = asyncio.get_running_loop().time() + LONGEST
        while asyncio.get_running_loop().time() < end:
            drafting = bool(sign.text) and is_private(at)
            sign.news.clear()
            if self._governor.spare(f"sign {at.place}", DRAFTS) and not await self._give(at, sign, drafting):
                break
            await asyncio.sleep(DRAFTS.seconds if drafting else 0)
            await _next(sign, at, DRAFT_EVERY if drafting else TYPING_EVERY)

    async def _give(self, at: Address, sign: Sign, drafting: bool) -> bool:
        """False when the platform does not want to see signs; then there are no more of this turn."""
        call = self._draft(at, sign.draft, sign.text) if drafting else self._typing(at)
        sign.on_its_way = asyncio.ensure_future(call)
        return await asyncio.shield(sign.on_its_way)


async def _next(sign: Sign, at: Address, pause: float) -> None:
    """Wait until there is more to show; in groups nothing grows."""
    if is_private(at):
        with suppress(TimeoutError):
            await asyncio.wait_for(sign.news.wait(), pause)
    else:
        await asyncio.sleep(pause)


def is_private(at: Address) -> bool:
    """A private chat has the id of its person; those of groups are negative."""
    return not at.place.startswith("-")
