"""ElevenLabs' API on loopback, as far as voice notes need it: `/v1/speech-to-text`, `/v1/text-to-speech/{voice}` (and
`/stream`), `/v2/voices`, and under `/lab/` what is in recordings and what was spoken.

As strict as the real one about the key (`xi-api-key`) and its permissions, required fields, ids of models and voices,
output formats, the length of a text and of a sound, the speed, and the account's credit; its errors have the real
one's shape. What it speaks is real sound, by espeak-ng where that is installed, else a tone for each syllable.

It leaves out: recognising speech. In a recording it hears what `/lab/hear` said of it, and in what it spoke itself,
its words; in any other a sentence that says so. Also left out: speakers, channels, entities, key terms, webhooks,
files by address, u-law and A-law, dictionaries, effects, real-time sockets, and limits on how much at once (faults
are set by `/lab/fault`).

The person's side, all JSON: POST `/lab/hear` {text, language?, sha256? or base64?} (in the next recording, or in the
one with this hash or content), GET `/lab/spoken`, POST `/lab/fault` {method, status?, code?, retry_after?, times?,
drop?, skip?}, `/lab/forget_faults`, `/lab/revoke`, `/lab/restore`, `/lab/account` {permissions?, credit?}, GET
`/lab/events`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lab.elevenlabs import methods
from lab.elevenlabs.people import ACTS
from lab.elevenlabs.refusal import Invalid, Refusal
from lab.elevenlabs.world import Json, World
from lab.faults import Cut, Dropped
from lab.person_side import person_side

KEY = "sk_lab_key_of_the_elevenlabs_stand_in"

Answer = Callable[[World, Request, Json], Awaitable[Response]]  # the last notes what was given, for the log


def elevenlabs(key: str = KEY) -> Starlette:
    world = World(key)
    app = Starlette(
        routes=[
            Route("/v1/speech-to-text", _method("speech-to-text", "speech_to_text", _hear), methods=["POST"]),
            Route("/v1/text-to-speech/{voice}", _method("text-to-speech", "text_to_speech", _speak), methods=["POST"]),
            Route(
                "/v1/text-to-speech/{voice}/stream",
                _method("text-to-speech", "text_to_speech", _speak),
                methods=["POST"],
            ),
            Route("/v2/voices", _method("voices", "voices_read", _voices)),
            Route("/lab/spoken", _spoken),
            *person_side(world.journal, world.faults, {act.__name__: partial(act, world) for act in ACTS}),
        ]
    )
    app.state.world = world
    return app


def _method(name: str, permission: str, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    async def call(request: Request) -> Response:
        world: World = request.app.state.world
        given: Json = {}
        try:
            _check_key(world, request, permission)
            response = await _struck(world, name, request, lambda: answer(world, request, given))
        except Refusal as refusal:
            response = JSONResponse(refusal.body(), refusal.status, refusal.headers)
        except Dropped:
            await world.journal.note("call", method=name, given=given, status=0)
            return Cut()
        body = bytes(response.body) if response.media_type == "application/json" else b"null"
        await world.journal.note("call", method=name, given=given, status=response.status_code, answer=json.loads(body))
        return response

    return call


def _check_key(world: World, request: Request, permission: str) -> None:
    key = request.headers.get("xi-api-key")
    if not key:
        raise Refusal(401, "needs_authorization", "Neither authorization header nor xi-api-key received.")
    if key != world.key or world.revoked:
        raise Refusal(401, "invalid_api_key", "Invalid API key")
    if permission not in world.permissions:
        message = f"The API key you used is missing the permission {permission} to execute this operation."
        raise Refusal(401, "missing_permissions", message)


async def _struck(world: World, name: str, request: Request, answer: Callable[[], Awaitable[Response]]) -> Response:
    """The answer, unless a fault strikes."""
    fault = world.faults.strike(name)
    if fault is None:
        return await answer()
    if fault.status:
        await request.body()
        raise Refusal(fault.status, fault.code or "scripted", "scripted", retry_after=fault.retry_after)
    if fault.drop == "hang":
        while (await request.receive())["type"] != "http.disconnect":
            pass
    if fault.drop == "after":
        await answer()
    raise Dropped


async def _hear(world: World, request: Request, given: Json) -> Response:
    form = await request.form()
    for name, value in form.items():
        given[name] = value if isinstance(value, str) else f"({value.size} bytes, {value.content_type})"
    return JSONResponse(await methods.hear(world, form))


async def _speak(world: World, request: Request, given: Json) -> Response:
    try:
        body = await request.json()
    except ValueError:
        raise Invalid("body", why="JSON decode error", kind="json_invalid") from None
    output = request.query_params.get("output_format", "mp3_44100_128")
    given |= {"voice": request.path_params["voice"], "output_format": output} | body
    sound, mime = await methods.speak(world, request.path_params["voice"], body, output)
    return Response(sound, media_type=mime, headers={"character-cost": str(len(body["text"]))})


async def _voices(world: World, request: Request, given: Json) -> Response:
    given |= request.query_params
    return JSONResponse(methods.voices(request.query_params))


async def _spoken(request: Request) -> Response:
    world: World = request.app.state.world
    return JSONResponse(world.spoken)
