"""Slack on loopback, for one app in two workspaces: the Web API under `/api/`, Socket Mode, signed requests to the app,
OAuth, files, and under `/lab/` what people do and see.

As strict as the real one about tokens and their kinds, scopes, required fields, sizes (40,000 characters of a text,
4,000 of an edited one, 50 blocks, 3,000 of a text in a block, 75 on a button), the shapes of blocks and views, triggers
(three seconds, one use), threads, streams (only in threads, in channels for somebody, no edit before they are stopped),
codes of OAuth, upload addresses, the ticket of a socket, acknowledgements within three seconds and signatures; and no
kinder: it repeats what was not acknowledged and drops no repeat of ours.

It leaves out: workflows, canvases, search, enterprise grids, shared channels, previews of links, token rotation, limits
on the rate of its own (faults are set by `/lab/fault`), and certificates.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from lab.faults import Cut, Dropped
from lab.person_side import person_side
from lab.slack import install, methods, uploads, views
from lab.slack.delivery import Deliveries
from lab.slack.people import acts
from lab.slack.refusal import Refusal
from lab.slack.screen import screen
from lab.slack.world import Fault, Json, Team, World

TOKEN, APP_TOKEN = "xoxb-lab-0001-bot-token", "xapp-lab-0001-app-token"
SIGNING_SECRET, CLIENT_ID, CLIENT_SECRET = "lab-signing-secret", "111.222", "lab-client-secret"
METHODS: dict[str, tuple[methods.Method, str]] = {
    "auth.test": (methods.auth_test, ""),
    "users.info": (methods.users_info, "users:read"),
    "conversations.open": (methods.conversations_open, "im:write"),
    "conversations.history": (methods.history, "im:history"),
    "chat.postMessage": (methods.post_message, "chat:write"),
    "chat.update": (methods.update, "chat:write"),
    "chat.delete": (methods.delete, "chat:write"),
    "chat.startStream": (methods.start_stream, "chat:write"),
    "chat.appendStream": (methods.append_stream, "chat:write"),
    "chat.stopStream": (methods.stop_stream, "chat:write"),
    "assistant.threads.setStatus": (methods.set_status, "chat:write"),
    "views.open": (views.views_open, ""),
    "views.update": (views.views_update, ""),
    "views.publish": (views.views_publish, ""),
    "files.getUploadURLExternal": (uploads.upload_url, "files:write"),
    "files.completeUploadExternal": (uploads.complete_upload, "files:write"),
}


def slack() -> Starlette:
    world = World(TOKEN, APP_TOKEN, SIGNING_SECRET, CLIENT_ID, CLIENT_SECRET)
    deliveries = Deliveries(world)
    app = Starlette(
        routes=[
            Route("/api/{method}", _call, methods=["GET", "POST"]),
            WebSocketRoute("/link/", _socket),
            Route("/oauth/v2/authorize", _authorize),
            Route("/oauth/v2/{answer}", _decided),
            Route("/upload/v1/{id}", _upload, methods=["POST"]),
            Route("/files-pri/{path:path}", _file),
            Route("/lab/screen", _screen),
            Route("/lab/file/{id}", _shown_file),
            *person_side(world.journal, world.faults, acts(world, deliveries)),
        ],
    )
    app.state.world, app.state.deliveries = world, deliveries
    return app


async def _call(request: Request) -> Response:
    world: World = request.app.state.world
    method, given, team = request.path_params["method"], {}, None
    headers: Mapping[str, str] = {}
    try:
        given = await _given(request)
        fault = world.faults.strike(method)
        _strike(fault)
        team = None if method == "oauth.v2.access" else _team(world, method, given)
        status, body = 200, {"ok": True, **await _answered(request, method, given, team)}
        if fault is not None and fault.drop == "after":
            raise Dropped
    except Refusal as refusal:
        status, body, headers = refusal.status, refusal.body(), refusal.headers
    except Dropped:
        await world.journal.note("call", method=method, given=_shown(given), status=0)
        return Cut()
    if team is not None:
        headers = {**headers, "x-oauth-scopes": ",".join(team.scopes)}
    shown = status if body.get("ok") else body.get("error") if status == 200 else status
    await world.journal.note(
        "call", method=method, given=_shown(given), team=team and team.id, status=shown, answer=_shown(body)
    )
    return JSONResponse(body, status, headers=dict(headers))


def _strike(fault: Fault | None) -> None:
    if fault is None:
        return
    if fault.status == 429:
        raise Refusal("ratelimited", status=429, retry_after=fault.retry_after)
    if fault.status or fault.error:
        raise Refusal(fault.error or "internal_error", status=fault.status or 200)
    if fault.drop == "before":
        raise Dropped


async def _given(request: Request) -> Json:
    """Parameters come in the query, as a form or as JSON; the token in the header or among them."""
    given: Json = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        body = json.loads(await request.body() or b"{}")
        if not isinstance(body, dict):
            raise Refusal("json_not_object")
        given |= body
    else:
        given |= {name: str(value) for name, value in (await request.form()).items()}
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        given["token"] = token
    elif kind.lower() == "basic":
        given["client_id"], _, given["client_secret"] = base64.b64decode(token).decode().partition(":")
    return given


def _team(world: World, method: str, given: Json) -> Team | None:
    """The workspace whose token it is. Only one method is called with the token of the app itself."""
    token = given.pop("token", "")
    if not token:
        raise Refusal("not_authed")
    if method == "apps.connections.open":
        if token == world.app_token:
            return None
        raise Refusal("not_allowed_token_type" if token.startswith("xoxb-") else "invalid_auth")
    if token.startswith("xapp-"):
        raise Refusal("not_allowed_token_type")
    team = next((team for team in world.teams.values() if team.token == token), None)
    if team is None:
        raise Refusal("invalid_auth")
    if not team.valid:
        raise Refusal("token_revoked" if team.installed else "account_inactive")
    return team


async def _answered(request: Request, method: str, given: Json, team: Team | None) -> Json:
    world: World = request.app.state.world
    if method == "oauth.v2.access":
        return await install.access(world, given)
    if team is None:
        ticket = request.app.state.deliveries.ticket()
        return {"url": f"{_root(request).replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id=A0LAB"}
    if method not in METHODS:
        raise Refusal("unknown_method")
    call, scope = METHODS[method]
    if scope and scope not in team.scopes:
        raise Refusal("missing_scope", needed=scope, provided=",".join(team.scopes))
    return await call(world, team, given | {"root": _root(request)})


def _root(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _shown(given: Mapping[str, Any]) -> Json:
    """For the log: what is JSON inside a form is read, and no token stands in it."""
    found: Json = {}
    for name, value in given.items():
        if isinstance(value, str) and value[:1] in ("{", "["):
            with contextlib.suppress(ValueError):
                value = json.loads(value)
        found[name] = "…" if "token" in name or "secret" in name else value
    return found


async def _socket(socket: WebSocket) -> None:
    await socket.app.state.deliveries.listen(socket)


async def _authorize(request: Request) -> Response:
    status, text = install.page(request.app.state.world, request.query_params)
    return HTMLResponse(text, status)


async def _decided(request: Request) -> Response:
    asked = dict(request.query_params)
    return RedirectResponse(install.decided(request.app.state.world, request.path_params["answer"], asked), 302)


async def _upload(request: Request) -> Response:
    status = uploads.sent(request.app.state.world, request.path_params["id"], await request.body())
    return PlainTextResponse("OK" if status == 200 else "error", status)


async def _file(request: Request) -> Response:
    """A file's private address; whoever shows no token gets the page for signing in."""
    world: World = request.app.state.world
    team, _, rest = request.path_params["path"].partition("-")
    file = world.files.get(rest.partition("/")[0])
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    here = world.teams.get(team)
    if here is None or token != here.token or not here.valid:
        return HTMLResponse("<!doctype html><title>Sign in to Slack</title>")
    if file is None or file.team != team:
        return Response(status_code=404)
    return Response(file.content, media_type=file.mime)


async def _screen(request: Request) -> Response:
    """`user`, `chat` where it is a group's, `team` where it is not our own workspace."""
    world: World = request.app.state.world
    asked = request.query_params
    team = world.teams[asked.get("team", world.home.id)]
    user, group = world.user(team.id, asked["user"]), asked.get("chat")
    channel = world.group(team.id, {"id": group}) if group else world.direct(team.id, user)
    return JSONResponse({"chat": group or asked["user"]} | screen(world, team, user, channel))


async def _shown_file(request: Request) -> Response:
    file = request.app.state.world.files.get(request.path_params["id"])
    return Response(file.content, media_type=file.mime) if file else Response(status_code=404)
