"""Passes what the page asks on to the stand-ins, so that the browser talks to one origin only."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx2
from starlette.responses import JSONResponse, Response

Json = dict[str, Any]

SECONDS = 30.0  # for one request
WAIT = 20.0  # a look for news lasts at most this long
PAUSE = 1.0  # before a stand-in that does not answer is asked again
BACKLOG = 300  # events of the past that a page gets when it opens
WAITING = 64  # batches that a slow page may lag behind before the stand-ins are asked no further


class Relay:
    """`apps`: name -> address of its stand-in."""

    def __init__(self, apps: Mapping[str, str]) -> None:
        self.apps = apps
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=20)
        self._streams: set[asyncio.Queue[Json | None]] = set()
        self._http = httpx2.AsyncClient(timeout=SECONDS, limits=limits, trust_env=False)

    async def close(self) -> None:
        await self._http.aclose()

    async def pass_on(self, app: str, path: str, query: str = "", body: bytes | None = None) -> Response:
        """The stand-in's answer to `/lab/{path}`; what it cannot answer is worded for the page."""
        url = f"{self.apps[app]}/lab/{path}{'?' if query else ''}{query}"
        headers = {"content-type": "application/json"}
        try:
            answer = await self._http.request("GET" if body is None else "POST", url, content=body, headers=headers)
        except httpx2.HTTPError as error:
            return JSONResponse({"error": f"The stand-in of {app} does not answer ({type(error).__name__})."}, 502)
        return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))

    async def act(self, app: str, what: str, **body: Any) -> Any:
        """A person does something in an app. Raises httpx2.HTTPError."""
        answer = await self._http.post(f"{self.apps[app]}/lab/{what}", json=body)
        answer.raise_for_status()
        return answer.json()

    async def look(self, app: str, what: str, **query: Any) -> Any:
        """What is to be seen there. Raises httpx2.HTTPError."""
        answer = await self._http.get(f"{self.apps[app]}/lab/{what}", params=query)
        answer.raise_for_status()
        return answer.json()

    async def events(self, seen: Mapping[str, int]) -> AsyncIterator[str]:
        """Everything that happens in any app, as server-sent events, from after `seen` (app -> number) on; for as long
        as it is read. A stand-in that was started anew begins at its beginning, marked `fresh`."""
        news: asyncio.Queue[Json | None] = asyncio.Queue(WAITING)
        self._streams.add(news)
        after = {app: seen.get(app, -1) for app in self.apps}
        tasks = [asyncio.create_task(self._follow(app, after[app], news)) for app in self.apps]
        try:
            yield ": here\n\n"
            while (found := await news.get()) is not None:
                if found["events"]:
                    after[found["app"]] = found["events"][-1]["n"]
                yield f"id: {json.dumps(after)}\ndata: {json.dumps(found)}\n\n"
        finally:
            self._streams.discard(news)
            for task in tasks:
                task.cancel()

    def end_streams(self) -> None:
        """Whoever listens hears no more."""
        for news in self._streams:
            while news.full():
                news.get_nowait()
            news.put_nowait(None)

    async def _follow(self, app: str, after: int, news: asyncio.Queue[Json | None]) -> None:
        wait, gone = 0.0, False
        while True:
            try:
                events = await self.look(app, "events", after=after, wait=wait)
            except (httpx2.HTTPError, ValueError):
                if not gone:
                    await news.put({"app": app, "events": [], "gone": True})
                after, wait, gone = -1, 0.0, True
                await asyncio.sleep(PAUSE)
                continue
            if events or not wait:
                await news.put({"app": app, "events": events[-BACKLOG:], "fresh": after < 0})
            after, wait, gone = events[-1]["n"] if events else after, WAIT, False
