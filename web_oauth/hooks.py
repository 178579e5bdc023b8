"""Mounts what adapters and skills offer (webhooks): raw body and all, and never for longer than a caller waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.ports import Hook
from bot.ports import Request as Asked
from web_oauth.problem import Problem

SECONDS = 10.0
log = structlog.get_logger()


def mount(hooks: Sequence[Hook]) -> list[Route]:
    return [Route(hook.path, _endpoint(hook), methods=[hook.method]) for hook in hooks]


def _endpoint(hook: Hook) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        asked = Asked(
            method=request.method,
            path=request.url.path,
            query=dict(request.query_params),
            headers=dict(request.headers),
            body=await request.body(),
        )
        try:
            async with asyncio.timeout(SECONDS):
                answer = await hook.answer(asked)
        except TimeoutError:
            log.warning("a webhook took too long", path=hook.path)
            raise Problem(503) from None
        return Response(answer.body, answer.status, headers=dict(answer.headers))

    return handle
