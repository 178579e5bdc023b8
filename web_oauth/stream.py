"""The live view of a conversation, as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).

Rows come from the database and carry their `seq` as the event's id, so that a browser which reconnects says what it
has seen and gets the rest, each once. Growing answers and "is typing" are news: shown when they arrive, never kept.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bot.action import Json
from bot.message import Address
from bot.people import User
from bot.receive import topic
from bot.web import web_address
from web_oauth.needs import Needs
from web_oauth.problem import Problem
from web_oauth.session import needs_of, visitor

ROWS = 200
STREAMS = 20  # of one person at a time
FIRST = asyncio.FIRST_COMPLETED
LIVE = frozenset({"growing", "typing", "idle"})
log = structlog.get_logger()


async def stream(request: Request, user: User) -> Response:
    """From `Last-Event-ID` (a reconnecting browser) or `?after=` (a page that has loaded its history) on."""
    count = request.app.state.streams
    if count.get(user.id, 0) >= STREAMS:
        raise Problem(429, advice="Too many pages are open at once. Close some and reload.", after=30)
    given = request.headers.get("last-event-id") or request.query_params.get("after") or "0"
    after = int(given) if given.isascii() and given.isdigit() and len(given) <= 18 else 0
    local = request.url.path.startswith("/local/")

    looked = time.monotonic()

    async def still_welcome() -> bool:
        """Looked up with every heartbeat, however much is going on."""
        nonlocal looked
        if local or time.monotonic() - looked < needs_of(request).heartbeat:
            return True
        looked = time.monotonic()
        return await visitor(request) is not None

    closing: asyncio.Event = request.app.state.closing

    async def counted() -> AsyncIterator[str]:
        count[user.id] = count.get(user.id, 0) + 1
        try:
            async for event in events(needs_of(request), user, after, still_welcome, closing):
                yield event
        finally:
            count[user.id] -= 1

    headers = {"x-accel-buffering": "no", "cache-control": "no-store"}
    return StreamingResponse(counted(), media_type="text/event-stream", headers=headers)


async def events(
    needs: Needs, user: User, after: int, still_welcome: Callable[[], Awaitable[bool]], closing: asyncio.Event
) -> AsyncIterator[str]:
    """The events, until the person signs out or the door closes. Listening begins before reading: no gap."""
    at = web_address(user)
    async with needs.bus.subscribe(topic(at)) as news:
        yield "retry: 1000\n\n"
        waiting, closed = asyncio.ensure_future(_next(news)), asyncio.ensure_future(closing.wait())
        look = True
        try:
            while not closed.done() and await still_welcome():
                if look:
                    async for seq, event in _rows(needs, user, at, after):
                        after = seq
                        yield event
                done, _ = await asyncio.wait({waiting, closed}, timeout=needs.heartbeat, return_when=FIRST)
                if not done:
                    yield _event("beat", {})  # a named event: scripts do not see comments
                    look = True  # news may be lost: look from time to time without being told
                    continue
                if waiting not in done:
                    continue
                item = waiting.result()
                waiting = asyncio.ensure_future(_next(news))
                look = not isinstance(item, dict) or item.get("kind") not in LIVE
                if not look:
                    yield _event(item["kind"], _live(needs, item))
        finally:
            waiting.cancel()
            closed.cancel()


async def _next(news: AsyncIterator[Json]) -> Json:
    return await anext(news)


async def _rows(needs: Needs, user: User, at: Address, after: int) -> AsyncIterator[tuple[int, str]]:
    while True:
        async with needs.memory.work(user.scope) as work:
            found = await work.messages.since(at, after, ROWS)
        for message in found:
            after = message.seq
            yield after, _event("message", needs.translator.show(message), after)
        if len(found) < ROWS:
            return


def _live(needs: Needs, item: Json) -> Json:
    text = str(item.get("text", ""))
    grown = {"text": text, "html": needs.translator.html(text)} if item["kind"] == "growing" else {}
    return {"turn": str(item.get("turn", "")), **grown}


def _event(kind: str, data: Json, id: int | None = None) -> str:
    head = f"id: {id}\n" if id is not None else ""
    return f"{head}event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
