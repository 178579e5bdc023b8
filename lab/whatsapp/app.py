"""WhatsApp's Cloud API on loopback, for one business number: `/v26.0/<number>/messages` and its neighbours, and under
`/lab/` what people do and see.

As strict as the real one about the token, required fields, lengths and counts (text 4,096, body 1,024, 3 buttons of 20
characters, 10 rows of 24), media kinds and sizes, addresses of media that end after 5 minutes and want the token, the
pair rate (45 at once, then one in 6 seconds), the 24 hours after a person last wrote (its clock goes forward by
`/lab/later`), templates by name and language, people without a phone number, the challenge of a callback, the signature
of what it delivers; and no kinder: what is sent twice arrives twice, a delivery that fails is repeated out of order, a
number that is not on WhatsApp is told by a status only.

It leaves out: links instead of uploads, groups, flows, catalogues, calls, parameters of templates, blocking, business
profiles, prices, several numbers, and reads of messages by people who do nothing afterwards.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lab.faults import Cut, Dropped
from lab.person_side import person_side
from lab.whatsapp import media
from lab.whatsapp.messages import send
from lab.whatsapp.people import ACTS
from lab.whatsapp.refusal import Refusal
from lab.whatsapp.screen import screen
from lab.whatsapp.webhook import deliver, listen_when_there
from lab.whatsapp.world import DISPLAYED, NUMBER_ID, TOKEN, Fault, Json, World

VERSION = re.compile(r"v\d{2}\.\d")


def cloud_api(callback: str | None = None) -> Starlette:
    """`callback`: the webhook's address, used from the moment that it answers the challenge."""
    world = World()
    app = Starlette(
        routes=[
            Route("/attachments/", _download),
            Route("/lab/screen", _screen),
            Route("/lab/file/{id}", _file),
            *person_side(world.journal, world.faults, {name: partial(act, world) for name, act in ACTS.items()}),
            Route("/{version}/{id}", _object, methods=["GET", "DELETE"]),
            Route("/{version}/{id}/{edge}", _edge, methods=["POST"]),
        ],
        lifespan=_lifespan,
    )
    app.state.world, app.state.callback = world, callback
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    world: World = app.state.world
    world.spawn(deliver(world))
    if app.state.callback:
        world.spawn(listen_when_there(world, app.state.callback))
    yield
    running = tuple(world.running)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def _edge(request: Request) -> Response:
    """Sending, marking as read, uploading."""
    edge = request.path_params["edge"]
    given, form = {}, None
    if request.headers.get("content-type", "").startswith("multipart/"):
        form = await request.form()
        given = {name: _shown(value) for name, value in form.items()}
    else:
        with contextlib.suppress(ValueError):
            given = json.loads(await request.body() or b"{}")
    method = "read" if edge == "messages" and "status" in given else edge

    async def answer(world: World, late: Refusal | None) -> Json:
        _our_number(request.path_params["id"])
        if edge == "messages":
            return await send(world, given, late)
        if edge == "media" and form is not None:
            return await media.upload(world, form)
        raise Refusal(2500, f"Unknown path components: /{edge}")

    return await _answered(request, method, given, answer)


async def _object(request: Request) -> Response:
    """Our number, or a file."""
    named = request.path_params["id"]

    async def answer(world: World, late: Refusal | None) -> Json:
        if named == NUMBER_ID:
            return {
                "id": named,
                "verified_name": "Aurelius",
                "display_phone_number": DISPLAYED,
                "quality_rating": "GREEN",
            }
        owner = request.query_params.get("phone_number_id", NUMBER_ID)
        if owner != NUMBER_ID:
            raise media.nothing(named)
        if request.method == "DELETE":
            return {"success": world.media.pop(named, None) is not None}
        return media.lookup(world, named, str(request.base_url).rstrip("/"))

    method = "number" if named == NUMBER_ID else "lookup"
    return await _answered(request, method, {"id": named, **request.query_params}, answer)


async def _answered(request: Request, method: str, given: Json, answer: Any) -> Response:
    """The token first, then a fault that was set, then the call itself; all of it into the log."""
    world: World = request.app.state.world
    headers: dict[str, str] = {}
    try:
        _check(world, request)
        fault = world.faults.strike(method)
        status, body = 200, await _unless(fault, world, answer)
    except Refusal as refusal:
        status, body = refusal.status, refusal.body()
        headers = {"retry-after": str(refusal.retry_after)} if refusal.retry_after is not None else {}
    except Dropped:
        await world.journal.note("call", method=method, given=given, status=0)
        return Cut()
    await world.journal.note("call", method=method, given=given, status=status, answer=body)
    return JSONResponse(body, status, headers)


async def _unless(fault: Fault | None, world: World, answer: Any) -> Json:
    if fault is None:
        found: Json = await answer(world, None)
        return found
    code = fault.code or (130429 if fault.status == 429 else 131000)
    struck = Refusal(code, "scripted", status=fault.status or None, retry_after=fault.retry_after)
    if fault.drop == "before":
        raise Dropped
    if not fault.drop and not fault.late:
        raise struck
    found = await answer(world, struck if fault.late else None)
    if fault.drop == "after":
        raise Dropped
    return found


def _check(world: World, request: Request) -> None:
    if not VERSION.fullmatch(request.path_params.get("version", "v26.0")):
        raise Refusal(2500, "Unknown path components: a version is missing", status=404)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refusal(104, "An access token is required to request this resource.")
    if token != TOKEN:
        raise Refusal(190, "Invalid OAuth access token - Cannot parse access token")
    if world.revoked:
        raise Refusal(190, "Error validating access token: The session has been invalidated.", subcode=460)


def _our_number(id: str) -> None:
    if id != NUMBER_ID:
        raise media.nothing(id)


def _shown(value: Any) -> str:
    return f"({value.filename}, {value.content_type}, {value.size} bytes)" if isinstance(value, UploadFile) else value


async def _download(request: Request) -> Response:
    """The address of a file alone is not enough."""
    world: World = request.app.state.world
    key = request.query_params.get("mid", "")
    found = media.fetch(world, key)
    if request.headers.get("authorization") != f"Bearer {TOKEN}" or world.revoked:
        status, found = 401, None
    else:
        status = 200 if found else 404
    await world.journal.note("call", method="download", given={"mid": key}, status=status)
    return Response(found[0], media_type=found[1]) if found else Response(status_code=status)


async def _screen(request: Request) -> Response:
    """`chat` other than the person's own: there are no groups, so there is nothing to see."""
    world, user = request.app.state.world, request.query_params.get("user", "")
    here = request.query_params.get("chat", user) == user
    return JSONResponse(screen(world, world.chats.get(user) if here else None))


async def _file(request: Request) -> Response:
    found = request.app.state.world.media.get(request.path_params["id"])
    return Response(found.content, media_type=found.mime) if found else Response(status_code=404)
