"""Discord on loopback, for one bot in one server: its REST API (v10) under `/api/v10`, its gateway, its store of files,
and under `/lab/` what people do and see.

As strict as the real one about the token (REST, IDENTIFY, RESUME), intents that are not turned on, heartbeats, the
API's version, lengths (2,000 characters, 25 of a nonce, five rows of five buttons, 45 of a title), who may edit what,
voice notes (one sound with waveform and duration, nothing beside it), people who take no messages, channels in which
the bot may not write, five messages and five edits in five seconds in a channel, the three seconds in which an
interaction must be answered once, and the fifteen minutes of its token; and no kinder: a dispatch may come twice, and
who is not connected is told nothing later. A nonce is remembered for five minutes, and only where `enforce_nonce` asks.

It leaves out: compression, several shards, members, roles and permissions (but for channels in which nobody may write),
components other than buttons, inputs and lists, the insides of embeds, polls, stickers, webhooks of one's own.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from lab.discord import people
from lab.discord.gateway import Gateway
from lab.discord.limits import Limits
from lab.discord.refusal import UNAUTHORIZED, Refusal
from lab.discord.routes import OPEN, ROUTES, Given
from lab.discord.screen import screen
from lab.discord.world import Json, World
from lab.faults import Cut, Dropped
from lab.person_side import person_side

TOKEN = "OTAwMDAwMDAwMDAwMDAwMDAx.Glab01.a-token-of-the-discord-stand-in-000000"
ROOT = "/api/v10"
HEARTBEAT = 41.25  # seconds


def discord(token: str = TOKEN, heartbeat: float = HEARTBEAT) -> Starlette:
    world = World(token)
    gateway = Gateway(world, heartbeat)
    calls = [Route(ROOT + path, _endpoint(name), methods=[method]) for name, (method, path, _) in ROUTES.items()]
    app = Starlette(
        routes=[
            *calls,
            Route(ROOT + "/{path:path}", _unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
            WebSocketRoute("/gateway", _gateway),
            Route("/attachments/{channel}/{id}/{name}", _file),
            Route("/lab/screen", _screen),
            Route("/lab/file/{id}", _kept),
            *person_side(world.journal, world.faults, people.acts(world, gateway)),
        ]
    )
    app.state.world, app.state.gateway, app.state.limits = world, gateway, Limits()
    return app


async def _gateway(socket: WebSocket) -> None:
    host = socket.headers["host"]
    socket.app.state.world.address = f"http://{host}"
    await socket.app.state.gateway.serve(socket)


async def _unknown(request: Request) -> Response:
    return JSONResponse({"message": "404: Not Found", "code": 0}, 404)


def _endpoint(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def call(request: Request) -> Response:
        return await _call(request, name)

    return call


async def _call(request: Request, name: str) -> Response:
    world: World = request.app.state.world
    world.address = f"http://{request.headers['host']}"
    given = Given(world, request.app.state.gateway, request.path_params, request.query_params)
    headers: dict[str, str] = {}
    try:
        _check_caller(world, request, name)
        headers = request.app.state.limits.take(name, str(request.path_params.get("channel", "")))
        given.body, given.files = await _read(request)
        status, answer = await _answered(world, name, given)
    except Refusal as refusal:
        status, answer = refusal.status, refusal.body()
        headers |= getattr(refusal, "headers", {})
    except Dropped:
        await world.journal.note("call", method=name, given=_logged(given), status=0)
        return Cut()
    await world.journal.note("call", method=name, given=_logged(given), status=status, answer=answer)
    return Response(status_code=204, headers=headers) if status == 204 else JSONResponse(answer, status, headers)


def _check_caller(world: World, request: Request, name: str) -> None:
    """Answers to interactions carry a token of their own in the address."""
    if not request.headers.get("user-agent", "").startswith("DiscordBot ("):
        raise Refusal(403, 40333, "internal network error")
    if name in OPEN:
        return
    if not world.valid or request.headers.get("authorization") != f"Bot {world.token}":
        raise Refusal(*UNAUTHORIZED)


async def _answered(world: World, name: str, given: Given) -> tuple[int, Any]:
    fault = world.faults.strike(name)
    if fault is not None and fault.status == 429:
        raise Limits.flood(fault.retry_after)
    if fault is not None and fault.status:
        raise Refusal(fault.status, 0, "scripted")
    if fault is not None and fault.drop == "before":
        raise Dropped
    answer = await ROUTES[name][2](given)
    if fault is not None and fault.drop == "after":
        raise Dropped
    return (204, None) if answer is None else (200, answer)


async def _read(request: Request) -> tuple[Any, Mapping[int, tuple[str, str, bytes]]]:
    """JSON, or a form with `payload_json` and `files[0]`, `files[1]` ..."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        form = await request.form(max_part_size=100 * 1024 * 1024)
        files = {
            int(name[6:-1]): (part.filename or "file", part.content_type or "", await part.read())
            for name, part in form.items()
            if isinstance(part, UploadFile) and name.startswith("files[")
        }
        return json.loads(str(form.get("payload_json") or "{}")), files
    raw = await request.body()
    try:
        return json.loads(raw) if raw else {}, {}
    except ValueError:
        raise Refusal(400, 50109, "The request body contains invalid JSON.") from None


def _logged(given: Given) -> Json:
    files = {str(number): f"{name} ({len(content)} bytes)" for number, (name, _, content) in given.files.items()}
    body = given.body if isinstance(given.body, dict) else {"list": given.body}
    return dict(given.path) | body | ({"files": files} if files else {})


async def _file(request: Request) -> Response:
    """Of the store: an address runs out."""
    world: World = request.app.state.world
    found = world.files.get(request.path_params["id"])
    if found is None or request.query_params.get("ex") != str(world.age):
        return Response(status_code=404)
    return Response(found[1], media_type=found[0].get("content_type"))


async def _kept(request: Request) -> Response:
    found = request.app.state.world.files.get(request.path_params["id"])
    if found is None:
        return Response(status_code=404)
    return Response(found[1], media_type=found[0].get("content_type"))


async def _screen(request: Request) -> Response:
    """`user`, and `chat` for a channel or a thread; else the private chat."""
    world: World = request.app.state.world
    user, chat = request.query_params["user"], request.query_params.get("chat")
    channel = world.channels.get(chat) if chat else world.direct(user)
    if channel is None:
        return JSONResponse({"chat": {"id": chat}, "messages": [], "typing": False, "form": None})
    return JSONResponse(screen(world, user, channel))
