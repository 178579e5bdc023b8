"""Telegram's Bot API on loopback, for one bot: `/bot<token>/<method>`, `/file/bot<token>/<path>`, and under `/lab/`
what people do and see.

As strict as the real one about the token, required fields, sizes (4,096 UTF-16 units, captions 1,024, 64 bytes in a
button), HTML that does not parse, chats that nobody opened, people who blocked the bot, edits that change nothing,
presses that were answered before, the offset of getUpdates, two pollers at once, polling beside a webhook, and the
webhook's secret; and no kinder: it drops no repeated update. A sound that is no OGG with Opus becomes no voice note.

It leaves out: other parse modes than HTML, media groups, inline mode, payments, stickers, forum administration,
business accounts, rich messages, a limit of its own on the rate (faults are set by `/lab/fault`), and certificates:
a webhook without https is taken on loopback.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Coroutine, Mapping
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lab.faults import Cut, Dropped
from lab.person_side import person_side
from lab.telegram.methods import METHODS
from lab.telegram.people import ACTS, group_number, number
from lab.telegram.refusal import Refusal, flood
from lab.telegram.screen import screen
from lab.telegram.updates import get_updates, push
from lab.telegram.world import Json, World

TOKEN = "4242424242:AAlab-token-of-the-telegram-stand-in-00"
USERNAME = "aurelius_lab_bot"


def telegram(token: str = TOKEN, username: str = USERNAME) -> Starlette:
    world = World(token, username)
    app = Starlette(
        routes=[
            Route("/bot{token}/{method}", _call, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", _file),
            Route("/lab/screen", _screen),
            Route("/lab/file/{id}", _shown_file),
            Route("/lab/presses", _presses),
            *person_side(world.journal, world.faults, {act.__name__: partial(act, world) for act in ACTS}),
        ],
        lifespan=_lifespan,
    )
    app.state.world = world
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    pushing = asyncio.create_task(push(app.state.world))
    yield
    pushing.cancel()
    await asyncio.gather(pushing, return_exceptions=True)


async def _call(request: Request) -> Response:
    world: World = request.app.state.world
    method = request.path_params["method"]
    given: Mapping[str, Any] = {}
    try:
        _check_token(world, request.path_params["token"])
        given = await _given(request)
        result = await _unless_gone(request, _answered(world, method, given))
        status, body = 200, {"ok": True, "result": result}
    except Refusal as refusal:
        status, body = refusal.code, refusal.body()
    except Dropped:
        await world.journal.note("call", method=method, given=_shown(given), status=0)
        return Cut()
    if not (method.lower() == "getupdates" and body.get("result") == []):
        await world.journal.note("call", method=method, given=_shown(given), status=status, answer=body)
    return JSONResponse(body, status)


async def _unless_gone(request: Request, answer: Coroutine[Any, Any, Any]) -> Any:
    """A caller that hung up waits for nothing."""
    working, gone = asyncio.ensure_future(answer), asyncio.ensure_future(_hung_up(request))
    try:
        await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise Dropped
        return working.result()
    finally:
        for task in (working, gone):
            task.cancel()


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _check_token(world: World, token: str) -> None:
    if ":" not in token or not token.partition(":")[0].isdigit():
        raise Refusal("", code=404)
    if token != world.token or world.revoked:
        raise Refusal("", code=401)


async def _answered(world: World, method: str, given: Mapping[str, Any]) -> Any:
    fault = world.faults.strike(method)
    if fault is not None and fault.status == 429:
        raise flood(fault.retry_after)
    if fault is not None and fault.status:
        raise Refusal("scripted", code=fault.status)
    if fault is not None and fault.drop == "before":
        raise Dropped
    if method.lower() == "getupdates":
        result: Any = await get_updates(world, given)
    elif method.lower() in METHODS:
        result = await METHODS[method.lower()](world, given)
    else:
        raise Refusal("method not found", code=404)
    if fault is not None and fault.drop == "after":
        raise Dropped
    return result


async def _given(request: Request) -> Mapping[str, Any]:
    """Parameters come in the query, as a form, as multipart or as JSON. Uploads become (name, mime, content)."""
    given: dict[str, Any] = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        body: Json = json.loads(await request.body() or b"{}")
        return given | body
    form = await request.form()
    files = {
        name: (f.filename or "", f.content_type or "application/octet-stream", await f.read())
        for name, f in form.items()
        if isinstance(f, UploadFile)
    }
    given |= {name: value for name, value in form.items() if not isinstance(value, UploadFile)} | files
    for name, value in tuple(given.items()):
        if isinstance(value, str) and value.startswith("attach://"):
            given[name] = files[value.removeprefix("attach://")]
    return given


def _shown(given: Mapping[str, Any]) -> Json:
    """For the log: what is JSON inside a form is read, uploads show their size."""
    found: Json = {}
    for name, value in given.items():
        if isinstance(value, tuple):
            found[name] = f"({len(value[2])} bytes)"
        elif isinstance(value, str) and value[:1] in ("{", "["):
            with contextlib.suppress(ValueError):
                value = json.loads(value)
            found[name] = value
        else:
            found[name] = value
    return found


async def _file(request: Request) -> Response:
    world: World = request.app.state.world
    if request.path_params["token"] != world.token or world.revoked:
        return Response(status_code=401)
    for file in world.files.values():
        if file.path == request.path_params["path"]:
            return Response(file.content, media_type="application/octet-stream")
    return Response(status_code=404)


async def _screen(request: Request) -> Response:
    """`user`, and `chat` where it is a group's."""
    world: World = request.app.state.world
    user, group = request.query_params["user"], request.query_params.get("chat")
    chat = world.chats.get(group_number(group) if group else number(user))
    return JSONResponse({"chat": group or user} | screen(world, chat))


async def _shown_file(request: Request) -> Response:
    file = request.app.state.world.files.get(request.path_params["id"])
    return Response(file.content, media_type=file.mime) if file else Response(status_code=404)


async def _presses(request: Request) -> Response:
    """The presses, and whether each was acknowledged (by `answerCallbackQuery`)."""
    return JSONResponse(request.app.state.world.presses)
