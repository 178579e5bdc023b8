"""One thought: what the model is shown, the request, the words that grow, and the ways it can end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot import prompt
from bot.act import mark
from bot.begin import Begun
from bot.deliver import progress
from bot.learning.files import Files, describe, look_at
from bot.model import Answer, ModelDown, OverBudget, Prompt, Said
from bot.policy import Seen
from bot.ports import Ports
from bot.records import Author, Fact, Found, Message
from bot.repositories import Work
from bot.router import Ask, route
from bot.suggestion import State, Suggestion

GROW_EVERY = 0.12  # seconds between two pieces of news of a growing answer
LATELY = timedelta(hours=24)
log = logging.getLogger("aurelius.think")
DOWN = (
    "I cannot reach the language model right now ({why}). Your message is kept; nothing was lost. "
    "Try again in a few minutes."
)
OVER = (
    "Your budget for this {period} is used up: ${spent:.2f} of ${limit:.2f}. I made no call. You can go on with the "
    "fast class for today, raise the budget (“set my budget to 10 dollars a {period}”), or wait."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """An answer, or why there is none. `partial` is what had grown when the person said stop."""

    answer: Answer | None = None
    stopped: bool = False
    partial: str = ""
    failure: str = ""
    over_budget: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the turn has in view when it starts."""

    view: prompt.View
    seen: Seen
    files: Files
    texts: tuple[str, ...]  # what others said in sounds and files, marked as untrusted


class Sight:
    """Looks once, when it is first needed, and remembers: a turn sees one state of the world from start to end."""

    def __init__(self, ports: Ports, begun: Begun, texts: tuple[str, ...] = ()) -> None:
        self.ports, self.begun, self.texts = ports, begun, texts
        self._shown: Shown | None = None

    async def look(self) -> Shown:
        if self._shown is None:
            async with self.ports.memory.work(self.begun.user.scope) as work:
                view = await _look(self.ports, self.begun, work)
            self._shown = await self._with_files(view)
        return self._shown

    async def look_unless_stopped(self) -> Shown | None:
        """None when the person has said stop."""
        async with self.ports.memory.door() as door:
            if await door.inbox.is_stopped(self.begun.id):
                return None
            view = None if self._shown else await _look(self.ports, self.begun, door.enter(self.begun.user.scope))
        if view is not None:
            self._shown = await self._with_files(view)
        return self._shown

    async def _with_files(self, view: prompt.View) -> Shown:
        """Files are fetched outside of any transaction: that can take seconds."""
        begun, history = self.begun, view.history
        files = await look_at(self.ports, begun) if begun.files else Files()
        texts = self.texts + files.texts
        before = tuple(m.text for m in history if m.author is Author.USER)
        foreign = tuple(m.text for m in history if m.outside) + texts + files.unseen
        seen = Seen(own=begun.own + before, foreign=foreign, tainted=bool(foreign or begun.files))
        return Shown(view=view, seen=seen, files=files, texts=texts)


async def _look(ports: Ports, begun: Begun, work: Work) -> prompt.View:
    user, now = begun.user, ports.clock.now()
    midnight = user.local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    history = prompt.window(await work.messages.before(begun.at, begun.first, limit=prompt.WINDOW + prompt.STRIDE))
    waiting = await work.suggestions.open(None if begun.alone else begun.at)
    facts, recent = list[Fact](), list[Suggestion]()
    if begun.alone:  # in a group others read along: nothing private is in view there
        facts = [fact for fact in await work.facts.list(limit=60) if fact.at < midnight][:30]
        recent = [s for s in await work.suggestions.recent(10) if now - s.created_at < LATELY]
    meant = begun.answers or (history[-1].asks if history else None)
    return prompt.View(
        user=user,
        now=f"{user.local(now):%Y-%m-%dT%H:%M:%S%z %A}",
        history=history,
        facts=tuple(facts),
        remembered=await _remembered(work, begun, history) if begun.alone else (),
        cards=tuple((mark(s), s.title) for s in waiting[:5]),
        answers=next((mark(s) for s in waiting if s.id == meant), ""),
        lately=tuple(f"{s.title}: {s.state.value}" for s in recent if s.state is not State.OPEN)[:5],
    )


async def _remembered(work: Work, begun: Begun, history: Sequence[Message]) -> tuple[Found, ...]:
    """What memory has on this, without what stands in the history anyway."""
    shown = {message.id for message in history} | set(begun.lines)
    hits = await work.facts.recall(" ".join(begun.own)[:1000], limit=8)
    return tuple(hit for hit in hits if hit.id not in shown and not hit.outside)  # what others wrote is only looked up


async def think(ports: Ports, begun: Begun, sight: Sight, exchanges: Sequence[Said]) -> Thought:
    """One call of the model; call it inside a step. "Stop" ends it at once, from whichever process it comes."""
    growing = Growing(ports, begun)
    async with ports.bus.subscribe(f"stop:{begun.id}") as stops:
        shown = await sight.look_unless_stopped()
        if shown is None:
            return Thought(stopped=True)
        request = _request(ports, begun, shown, exchanges)
        asking = asyncio.ensure_future(ports.model.ask(begun.user.scope, request, growing.grow))
        stopping = asyncio.ensure_future(anext(aiter(stops)))
        try:
            await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                return Thought(stopped=True, partial=growing.text)
            thought = _thought(asking.result)
            await describe(ports, begun, shown.files, thought.answer)
            return thought
        finally:
            for task in (asking, stopping):
                task.cancel()
            await asyncio.gather(asking, stopping, return_exceptions=True)


def _request(ports: Ports, begun: Begun, shown: Shown, exchanges: Sequence[Said]) -> Prompt:
    chosen = route(_ask(begun, shown))
    log.info("routed", extra={"tier": chosen.tier.value, "why": chosen.why})
    return prompt.build(
        shown.view,
        system=ports.system,
        tools=prompt.tools(ports.actions.always()),
        own=begun.own,
        files=shown.texts,
        pictures=shown.files.pictures,
        exchanges=exchanges,
        tier=chosen.tier,
    )


def _thought(result: Callable[[], Answer]) -> Thought:
    try:
        return Thought(answer=result())
    except ModelDown as error:
        return Thought(failure=DOWN.format(why=error))
    except OverBudget as error:
        failure = OVER.format(period=error.period, spent=error.spent, limit=error.limit)
        return Thought(failure=failure, over_budget=True)


def _ask(begun: Begun, shown: Shown) -> Ask:
    return Ask(
        text="\n".join(begun.own),
        files=len(begun.files),
        history=len(shown.view.history),
    )


class Growing:
    """Tells whoever shows the answer how far it has grown, not more often than they can show."""

    def __init__(self, ports: Ports, begun: Begun) -> None:
        self.ports, self.begun = ports, begun
        self.text = ""
        self._last = 0.0

    async def grow(self, text: str) -> None:
        self.text = text
        now = asyncio.get_running_loop().time()
        if now - self._last >= GROW_EVERY:
            self._last = now
            news = {"kind": "growing", "turn": self.begun.id, "text": text}
            await progress(self.ports, self.begun.at, news)
