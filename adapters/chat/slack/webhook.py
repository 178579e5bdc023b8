"""Deliveries over HTTP, signed by Slack; each is answered with 200 once it is kept, and within Slack's three seconds.

https://docs.slack.dev/authentication/verifying-requests-from-slack and .../apis/events-api/using-http-request-urls
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import structlog

from adapters.chat.slack.socket_mode import Take
from bot.ports import Request, Response

if TYPE_CHECKING:
    from slack_sdk.signature import SignatureVerifier

PATH = "/webhooks/slack"
DEADLINE = 2.6  # seconds; of Slack's three some are on the way
JSON = {"content-type": "application/json"}
log = structlog.get_logger()


class Webhook:
    def __init__(self, signing_secret: str, take: Take) -> None:
        self._secret, self._take = signing_secret, take
        self._verifier: SignatureVerifier | None = None

    async def answer(self, request: Request) -> Response:
        if self._verifier is None:
            self._verifier = await asyncio.to_thread(_verifier, self._secret)
        if not _signed(self._verifier, request):
            return Response(status=401)
        try:
            body = read(request)
        except ValueError:
            return Response(status=400)
        if "ssl_check" in body:
            return Response(status=200)
        if body.get("type") == "url_verification":
            return _json({"challenge": str(body.get("challenge", ""))})
        return await self._taken(body, request.headers.get("x-slack-retry-num", "0"))

    async def _taken(self, body: Mapping[str, Any], trial: str) -> Response:
        """What could not be kept in time is delivered again, and its repeat is recognised."""
        try:
            async with asyncio.timeout(DEADLINE):
                answer = await self._take(body)
        except Exception:
            log.exception("slack_delivery_not_taken", kind=body.get("type"), trial=trial)
            return Response(status=503)
        return _json(answer) if answer else Response(status=200)


def _verifier(secret: str) -> SignatureVerifier:
    """The SDK takes a quarter of a second to load."""
    from slack_sdk.signature import SignatureVerifier

    return SignatureVerifier(secret)


def _signed(verifier: SignatureVerifier, request: Request) -> bool:
    """Over the raw body, and not older than five minutes."""
    try:
        return verifier.is_valid_request(request.body, request.headers)
    except (ValueError, TypeError):  # a time that is no number, a body that is no text
        return False


def read(request: Request) -> Mapping[str, Any]:
    """Events are JSON, interactions JSON in a form, commands a form. Raises ValueError."""
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        body: Any = json.loads(form["payload"]) if "payload" in form else form
    else:
        body = json.loads(request.body)
    if not isinstance(body, dict):
        raise ValueError("not an object")
    return body


def _json(answer: Mapping[str, Any]) -> Response:
    return Response(status=200, body=json.dumps(answer).encode(), headers=JSON)
