"""Takes what a page or a program sent, as one of our values, and hands it on."""

from __future__ import annotations

import json
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.action import Json
from bot.command import understood
from bot.message import Command, Inbound, InboundMessage
from bot.receive import as_message
from web_oauth.needs import Needs
from web_oauth.problem import Problem


async def read_json(request: Request) -> Json:
    """The body as a JSON object. Raises Problem."""
    try:
        data = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise Problem(400, advice="The request was not JSON. Reload the page and try again.") from None
    if not isinstance(data, dict):
        raise Problem(400, advice="The request was not a JSON object. Reload the page and try again.")
    return data


async def accept(needs: Needs, read: Callable[[], Inbound]) -> Response:
    """Answers the id of the line it becomes; empty for what becomes none (a press, a plain "stop")."""
    try:
        inbound = read()
    except ValueError as error:
        raise Problem(400, "This could not be sent", str(error)) from None
    await needs.receive(inbound)
    meant = understood(inbound)
    line = as_message(meant).id if isinstance(meant, InboundMessage | Command) else ""
    return JSONResponse({"id": line}, 202)
