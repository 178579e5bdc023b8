"""Signs of work in a chat: "typing", then the answer as it grows. Never waited for, never an error.

Platforms show such signs for a few seconds only, so they are repeated. An answer that is there at once needs none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from adapters.chat.governor import Governor, Pace
from bot.action import Json
from bot.message import Address

PATIENCE = 0.25  # seconds before the first sign
LONGEST = 600.0  # seconds; then whoever worked here is gone
LAST = 1.0  # seconds that a sign on its way may take before the answer itself is sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a platform shows signs. `typing_every` and `draft_every`: seconds until the same sign is shown again, since
    it fades (a draft: when nothing new was written). `drafts`: how often an answer may grow. `grows`: whether answers
    grow in this conversation, or it only says that somebody types."""

    typing_every: float
    draft_every: float
    drafts: Pace
    grows: Callable[[Address], bool]


@dataclass
class Sign:
    """What is going on in one conversation."""

    turn: str
    text: str = ""
    news: asyncio.Event = field(default_factory=asyncio.Event)
    on_its_way: asyncio.Task[bool] | None = None
    task: asyncio.Task[None] | None = None


class Growth:
    """`typing(at)` and `draft(at, turn, text)` are calls of the platform that return whether it took them."""

    def __init__(
        self,
        governor: Governor,
        habits: Habits,
        typing: Callable[[Address], Awaitable[bool]],
        draft: Callable[[Address, str, str], Awaitable[bool]],
    ) -> None:
        self._governor, self._habits, self._typing, self._draft = governor, habits, typing, draft
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
        habits, loop = self._habits, asyncio.get_running_loop()
        grows, end = habits.grows(at), loop.time() + LONGEST
        while loop.time() < end:
            drafting = bool(sign.text) and grows
            sign.news.clear()
            if self._governor.spare(f"sign {at.place}", habits.drafts) and not await self._give(at, sign, drafting):
                break
            await asyncio.sleep(habits.drafts.seconds if drafting else 0)
            await _next(sign, grows, habits.draft_every if drafting else habits.typing_every)

    async def _give(self, at: Address, sign: Sign, drafting: bool) -> bool:
        """False when the platform does not want to see signs; then there are no more of this turn."""
        call = self._draft(at, sign.turn, sign.text) if drafting else self._typing(at)
        sign.on_its_way = asyncio.ensure_future(call)
        return await asyncio.shield(sign.on_its_way)


async def _next(sign: Sign, grows: bool, pause: float) -> None:
    """Wait until there is more to show."""
    if grows:
        with suppress(TimeoutError):
            await asyncio.wait_for(sign.news.wait(), pause)
    else:
        await asyncio.sleep(pause)
