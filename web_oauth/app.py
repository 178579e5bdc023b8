"""The door: everything that is reached over HTTP, in one application."""

from __future__ import annotations

import asyncio
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount, Router
from starlette.staticfiles import StaticFiles

from web_oauth import chat, conversations, health, linking, local, settings, sign_in
from web_oauth.guard import Guard
from web_oauth.hooks import mount
from web_oauth.limiter import LocalLimiter
from web_oauth.needs import Needs
from web_oauth.problem import Problem, on_bug, on_http, on_problem

STATIC = Path(__file__).parent / "static"


def door(needs: Needs) -> Starlette:
    """The whole web application. It holds no state but who is connected and how often somebody asked.

    Set `state.closing` before the server stops, so that open pages let go at once and come back later."""
    routes = [
        *sign_in.routes(),
        *linking.routes(),
        *chat.routes(),
        *conversations.routes(),
        *settings.routes(),
        *local.routes(),
        *health.routes(),
        *mount(needs.hooks),
        Mount("/static", StaticFiles(directory=STATIC), name="static"),
    ]
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(health.Measured, router=Router(routes)),
            Middleware(Guard, public_url=needs.public_url, allow_plain_lan=needs.allow_plain_lan),
        ],
        exception_handlers={Problem: on_problem, HTTPException: on_http, Exception: on_bug},
    )
    app.state.needs = needs
    app.state.limiter = LocalLimiter()
    app.state.streams = {}
    app.state.closing = asyncio.Event()
    return app
