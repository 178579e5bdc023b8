"""For machines that watch us: is it alive, can it work, and how much does it do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import MutableMapping

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Match, Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web_oauth.local import has_token, is_local
from web_oauth.problem import Problem
from web_oauth.session import needs_of

READY_SECONDS = 5.0
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})  # anybody may make up others
REQUESTS = Counter("aurelius_http_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram("aurelius_http_request_seconds", "Time until the answer began", ["route"])


async def healthz(_: Request) -> Response:
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """200 when everything that must work does, else 503; with what does and what does not."""
    try:
        async with asyncio.timeout(READY_SECONDS):
            parts = dict(await needs_of(request).ready())
    except TimeoutError:
        parts = {"answer in time": False}
    good = all(parts.values())
    return JSONResponse({"ready": good, "parts": parts}, 200 if good else 503)


async def metrics(request: Request) -> Response:
    """For this machine, or with the local token from elsewhere."""
    if not is_local(request) and not has_token(request):
        raise Problem(403, advice="Ask from this machine, or send the local token as a bearer token.")
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


class Measured:
    """Counts requests by route, never by address: those hold ids."""

    def __init__(self, app: ASGIApp, router: Router) -> None:
        self._app, self._router = app, router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = self._route(scope)
                method = scope["method"] if scope["method"] in METHODS else "other"
                REQUESTS.labels(method, route, str(message["status"])).inc()
                SECONDS.labels(route).observe(time.perf_counter() - began)
            await send(message)

        await self._app(scope, receive, sending)

    def _route(self, scope: MutableMapping[str, object]) -> str:
        for route in self._router.routes:
            match, _ = route.matches(scope)
            if match is not Match.NONE:
                return str(getattr(route, "path", "?"))
        return "none"


def routes() -> list[Route]:
    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
