"""The lab's page: Slack, Discord, Telegram and WhatsApp as a person sees them, each on its stand-in.

It holds nothing: what it shows comes from the stand-ins' `/lab/...`, what a person does goes there. Beside that it
makes voice notes of a browser's recordings and, as `aurelius link CODE` would, links an account.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from lab.page.assistant import Assistant, Away, link_everywhere
from lab.page.guard import Guard
from lab.page.people import GROUP, PEOPLE
from lab.page.relay import Relay
from lab.page.voice import Unheard, to_voice_note

STATIC = Path(__file__).parent / "static"
MOST = 40_000_000  # bytes of one request: a file of 25 MB as base64 and its message
EARS = "elevenlabs"  # the stand-in that must be told what a recording says
ALONE = {"content-security-policy": "sandbox; default-src 'none'"}  # a file is looked at, it runs nothing


def page(apps: Mapping[str, str], instance: Path | None = None, linked: bool = False) -> Starlette:
    """`apps`: name -> address of its stand-in, on loopback. `instance`: the assistant's instance file. `linked`: Ann
    is linked to the owner in every app as soon as the assistant runs."""
    app = Starlette(
        routes=[
            Route("/", _index),
            Route("/lab.json", _about),
            Route("/events", _events),
            Route("/app/{app}/{path:path}", _pass_on, methods=["GET", "POST"]),
            Route("/voice", _voice, methods=["POST"]),
            Route("/assistant", _assistant),
            Route("/assistant/link", _link, methods=["POST"]),
            Route("/assistant/sign-in", _sign_in, methods=["POST"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(Guard)],
        lifespan=_lifespan,
    )
    app.state.relay = Relay(apps)
    app.state.assistant = None if instance is None else Assistant(instance)
    app.state.linked = linked
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    relay, assistant = app.state.relay, app.state.assistant
    _before_stopping(relay.end_streams)
    linking = None
    if assistant is not None and app.state.linked:
        chats = [name for name in relay.apps if name != EARS]
        linking = asyncio.create_task(link_everywhere(assistant, relay, chats), name="link everywhere")
    yield
    if linking is not None:
        linking.cancel()
        await asyncio.gather(linking, return_exceptions=True)
    for each in filter(None, (relay, assistant)):
        await each.close()


def _before_stopping(do: Callable[[], None]) -> None:
    """The server waits for open streams when it is told to stop; so they have to end then."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        stop = signal.getsignal(number)

        def told(number: int, frame: FrameType | None, stop: Any = stop) -> None:
            loop.call_soon_threadsafe(do)
            stop(number, frame)

        signal.signal(number, told)


async def _index(request: Request) -> Response:
    return FileResponse(STATIC / "index.html")


async def _about(request: Request) -> Response:
    """What there is: the apps in the order they were given, the people, and whether recordings need words."""
    state = request.app.state
    apps = [name for name in state.relay.apps if name != EARS]
    about = {"apps": apps, "people": PEOPLE, "group": GROUP, "ears": EARS if EARS in state.relay.apps else None}
    return JSONResponse(about | {"assistant": state.assistant is not None})


async def _events(request: Request) -> Response:
    try:
        found = json.loads(request.headers.get("last-event-id") or "{}")
        seen = {str(app): int(number) for app, number in found.items()}
    except (ValueError, TypeError, AttributeError):
        return JSONResponse({"error": "This is no place to go on from."}, 400)
    return StreamingResponse(request.app.state.relay.events(seen), media_type="text/event-stream")


async def _pass_on(request: Request) -> Response:
    app, path = request.path_params["app"], request.path_params["path"]
    if app not in request.app.state.relay.apps or ".." in path.split("/"):
        return JSONResponse({"error": f"There is no {app}/{path} here."}, 404)
    body = await _body(request) if request.method == "POST" else None
    if body is not None and len(body) > MOST:
        return JSONResponse({"error": "This is larger than any of the apps takes."}, 413)
    relay: Relay = request.app.state.relay
    answer = await relay.pass_on(app, path, request.url.query, body)
    if path.startswith("file/"):
        answer.headers.update(ALONE)
    return answer


async def _voice(request: Request) -> Response:
    """A recording of the browser's in, a voice note out; its length stands in the header `x-duration`."""
    try:
        note, seconds = await asyncio.to_thread(to_voice_note, await _body(request))
    except Unheard as why:
        return JSONResponse({"error": str(why)}, 422)
    return Response(note, media_type="audio/ogg", headers={"x-duration": str(seconds)})


async def _body(request: Request) -> bytes:
    """All of it, but not much more than is allowed."""
    parts, size = [], 0
    async for part in request.stream():
        parts.append(part)
        size += len(part)
        if size > MOST:
            break
    return b"".join(parts)


async def _assistant(request: Request) -> Response:
    assistant = request.app.state.assistant
    return JSONResponse({"ready": assistant is not None and await assistant.ready()})


async def _link(request: Request) -> Response:
    code = str(json.loads(await _body(request) or b"{}").get("code", ""))[:100]
    return await _asked(request, lambda assistant: assistant.link(code))


async def _sign_in(request: Request) -> Response:
    return await _asked(request, Assistant.sign_in)


async def _asked(request: Request, ask: Callable[[Assistant], Awaitable[tuple[int, Any]]]) -> Response:
    assistant = request.app.state.assistant
    if assistant is None:
        return JSONResponse({"error": "The lab was started without an assistant."}, 503)
    try:
        status, answer = await ask(assistant)
    except Away as why:
        return JSONResponse({"error": str(why)}, 503)
    return JSONResponse(answer, status)
