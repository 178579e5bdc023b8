"""A signed-in visitor without a browser: an HTTP client that keeps its cookies and knows its form token."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from tests.web_stage import Stage, link

CSRF = re.compile(r'name="csrf" value="([0-9a-f]{64})"|data-csrf="([0-9a-f]{64})"')
HTML = {"accept": "text/html"}


def token_in(page: str) -> str:
    found = CSRF.search(page)
    assert found is not None, "the page has no form token"
    return found.group(1) or found.group(2)


async def sign_in(client: httpx2.AsyncClient, playing: Stage) -> httpx2.Response:
    """By a fresh link, pressing its button; returns the answer to the press."""
    address = urlsplit(await link(playing))
    page = await client.get(f"{address.path}?{address.query}", headers=HTML)
    form = {"csrf": token_in(page.text), "code": parse_qs(address.query)["code"][0]}
    return await client.post("/link", data=form, headers=HTML)


@asynccontextmanager
async def visit(playing: Stage) -> AsyncIterator[httpx2.AsyncClient]:
    """A client that is signed in and sends its token with every request."""
    async with httpx2.AsyncClient(base_url=playing.url, timeout=10) as client:
        assert (await sign_in(client, playing)).status_code == 303
        client.headers["x-csrf-token"] = token_in((await client.get("/chat", headers=HTML)).text)
        yield client


async def send(client: httpx2.AsyncClient, text: str, **more: Any) -> httpx2.Response:
    """A message as the page sends it; `files`: a list of (name, content, mime); `recorded`: seconds of a recording."""
    data = {"delivery": more.pop("delivery", uuid.uuid4().hex), "text": text}
    data |= {"recorded": more.pop("recorded")} if "recorded" in more else {}
    files = [("files", each) for each in more.pop("files", [])]
    files = files or [("nothing", ("", b"", "text/plain"))]  # a form with parts, as the page's
    return await client.post("/chat/messages", data=data, files=files, **more)


@asynccontextmanager
async def listen(client: httpx2.AsyncClient, **request: Any) -> AsyncIterator[AsyncIterator[tuple[str, str, Any]]]:
    """The live events as (kind, id, data), heartbeats left out; each is waited for at most ten seconds."""
    async with client.stream("GET", "/chat/events", **request) as answer:
        assert answer.status_code == 200, await answer.aread()
        yield _events(answer)


async def _events(answer: httpx2.Response) -> AsyncIterator[tuple[str, str, Any]]:
    kind, seq = "", ""
    lines = answer.aiter_lines()
    while True:
        async with asyncio.timeout(10):
            line = await anext(lines)
        name, _, value = line.partition(": ")
        if name == "id":
            seq = value
        elif name == "event":
            kind = value
        elif name == "data" and kind != "beat":
            yield kind, seq, json.loads(value)
            seq = ""
