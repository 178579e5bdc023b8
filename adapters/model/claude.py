"""Claude through its official asynchronous client: one streamed request at a time becomes one Answer.

The client takes 1.6 seconds and 65 MB to import, so it is imported at the first use or by `warm`. It never retries by
itself; `retried.py` does, and knows why. Every request is streamed, so that a long silence and a long answer differ.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from adapters.model.failure import failure
from adapters.model.prices import OFFLINE, cost
from adapters.model.reading import REFUSAL, Reading, end, sources, uses, visible
from adapters.model.request import Block, estimated_tokens, to_request
from bot.model import Answer, End, Prompt, Tier, Usage
from bot.people import Scope

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

PROVIDER = "https://api.anthropic.com"
PAUSES = 5  # how often an answer that the vendor paused is continued
SILENCE = 60.0  # seconds without a byte; the service sends a ping every few seconds
LONGEST = 600.0  # seconds for one response

Grow = Callable[[str], Awaitable[None]]
Bill = Callable[[Scope, str, Usage], Awaitable[None]]  # whose, for what, what it cost


def client(api_key: str, base_url: str | None, *, silence: float = SILENCE) -> AsyncAnthropic:
    """The vendor's client. To this machine itself no proxy is used, whatever the environment says."""
    import httpx2
    from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient

    timeout = httpx2.Timeout(silence, connect=min(10.0, silence))
    here = urlsplit(base_url or "").hostname in ("127.0.0.1", "localhost", "::1")
    transport = DefaultAsyncHttpxClient(trust_env=not here, timeout=timeout)
    return AsyncAnthropic(
        api_key=api_key,
        base_url=base_url or PROVIDER,
        max_retries=0,
        timeout=timeout,
        http_client=transport,
    )


class Claude:
    """A LanguageModel, except that one attempt that fails raises Failed. `bill` is told of everything that was
    counted, however the call ended: answered, failed half-way or stopped by the person."""

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str | None,
        models: Mapping[Tier, str],
        bill: Bill | None = None,
        silence: float = SILENCE,
    ) -> None:
        self._models, self._base_url, self._api_key = models, base_url, api_key
        self._bill = bill
        self._silence = silence
        self._made: AsyncAnthropic | None = None
        self._active = 0
        self._closing = False

    async def warm(self) -> None:
        """Import and make the client in a thread, so that the first message does not wait for it."""
        await self._client()

    async def close(self) -> None:
        """Let go of the connections, once the calls under way have ended."""
        self._closing = True
        if self._made and not self._active:
            await self._made.close()

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Closed only after this use of it, and not in the pauses between two tries."""
        self._active += 1
        try:
            yield
        finally:
            self._active -= 1
            if self._closing:
                await self.close()

    def name(self, tier: Tier) -> str:
        """Provider and model of a class."""
        return f"{self._base_url or PROVIDER} {self._models[tier]}"

    def estimate(self, prompt: Prompt) -> float:
        """Dollars this call may cost at most, about: nothing from the cache, every allowed token written."""
        model = self._models[prompt.tier]
        request = to_request(prompt, model)
        return cost(model, estimated_tokens(request), datetime.now(UTC).date())

    async def ask(self, scope: Scope, prompt: Prompt, grow: Grow | None = None) -> Answer:
        """`grow` is given the whole visible text so far, again and again. Raises Failed."""
        async with self.held():
            return await self._ask(scope, prompt, grow)

    async def _ask(self, scope: Scope, prompt: Prompt, grow: Grow | None) -> Answer:
        began = time.perf_counter()
        readings: list[Reading] = []
        try:
            async with asyncio.timeout(LONGEST):
                while len(readings) <= PAUSES and (not readings or readings[-1].stop == "pause_turn"):
                    await self._read(prompt, readings, grow)
        except TimeoutError as error:
            raise failure(error) from error
        finally:
            usage = _usage(readings, prompt.tier, time.perf_counter() - began)
            if self._bill and usage.model:
                await asyncio.shield(self._bill(scope, prompt.purpose, usage))
        return _answer(readings, usage)

    async def _read(self, prompt: Prompt, readings: list[Reading], grow: Grow | None) -> None:
        """One response, put into `readings` before its first event, so that it is counted if it is cut."""
        before = _blocks(readings)
        request = to_request(prompt, self._models[prompt.tier], tuple(before))
        reading = Reading(asked=request["model"], notes=request.get("thinking", {}).get("type") == "between_tools")
        readings.append(reading)
        async with aclosing(self._events(request)) as events:
            async for event in events:
                if reading.take(event) and grow:
                    await grow(visible([*before, *reading.blocks]) or reading.note())
        reading.finish()
        if reading.stop is None:
            raise failure(EOFError("the stream ended before the answer did"))

    async def _events(self, request: Block) -> AsyncGenerator[Any, None]:
        """The events of one response; what goes wrong on the way there is raised as Failed."""
        from anthropic import AnthropicError
        from httpx2 import HTTPError

        client = await self._client()
        try:
            async with await client.messages.create(**request, stream=True) as stream:
                async for event in stream:
                    yield event
        except (AnthropicError, HTTPError, json.JSONDecodeError) as error:
            raise failure(error) from error

    async def _client(self) -> AsyncAnthropic:
        if self._made is None:
            made = await asyncio.to_thread(client, self._api_key, self._base_url, silence=self._silence)
            self._made = self._made or made
        return self._made


def _blocks(readings: list[Reading]) -> list[Block]:
    return [block for reading in readings for block in reading.blocks]


def _usage(readings: list[Reading], tier: Tier, seconds: float) -> Usage:
    """Every response has its own price, because a long prompt pays a higher one."""
    today = datetime.now(UTC).date()
    counts = [reading.tokens() for reading in readings]
    prices = (
        cost(reading.model, tokens, today, us_only=reading.us_only)
        for reading, tokens in zip(readings, counts, strict=True)
    )
    return Usage(
        model=next((reading.model for reading in reversed(readings) if reading.model), ""),
        tier=tier,
        input_tokens=sum(tokens.input for tokens in counts),
        output_tokens=sum(tokens.output for tokens in counts),
        cache_read_tokens=sum(tokens.cache_read for tokens in counts),
        cache_write_tokens=sum(tokens.cache_write for tokens in counts),
        dollars=sum(prices),
        seconds=seconds,
    )


def _answer(readings: list[Reading], usage: Usage) -> Answer:
    blocks = _blocks(readings)
    why = end(readings[-1].stop, blocks)
    if why is End.REFUSED:  # what was written before the refusal is to be forgotten, not shown or sent back
        blocks, text = [], REFUSAL
    else:
        text = "\n\n".join(part for part in (visible(blocks), sources(blocks)) if part)
    return Answer(
        text=text,
        uses=uses(blocks),
        end=why,
        blocks=tuple(blocks),
        usage=usage,
        offline=usage.model.startswith(OFFLINE),
    )
