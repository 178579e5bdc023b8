"""Stands before every request: whom it may be addressed to, how large it may be, and what browsers must not do.

A page on the internet can make a name of its own point to 127.0.0.1 and so reach a server at home (DNS rebinding);
such a request still carries the foreign name in `Host`, so only our own names are answered.
"""

from __future__ import annotations

import asyncio
import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web_oauth.problem import Problem, answer

MEGABYTE = 1024 * 1024
BODY = MEGABYTE + 64 * 1024
BODIES = {"/chat/messages": 26 * MEGABYTE, "/webhooks/whatsapp": 3 * MEGABYTE}  # Meta: "up to 3 MB"
BODY_SECONDS = 60.0
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
OPEN_TO_ANY_HOST = frozenset({"/healthz", "/readyz"})  # probes call by address

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types aurelius",
    )
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer: with that, browsers send "Origin: null" with our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(self)",
    "cache-control": "no-store",
}
HSTS = "max-age=31536000"


def host_of(headers: Headers) -> str:
    """The name the request is addressed to, without port, in small letters; empty when there is none."""
    try:
        return (urlsplit(f"//{headers.get('host', '')}").hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def is_private(host: str) -> bool:
    """Whether `host` is an address (not a name) of a private network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_private and not address.is_unspecified


def is_secure(request: HTTPConnection, public_url: str) -> bool:
    """Whether the browser came over https, be it through a proxy in front of us."""
    public = urlsplit(public_url)
    over_public = public.scheme == "https" and host_of(request.headers) == public.hostname
    return request.url.scheme == "https" or over_public


class Guard:
    def __init__(self, app: ASGIApp, *, public_url: str, allow_plain_lan: bool) -> None:
        self._app = app
        self._public_url = public_url
        self._public_host = urlsplit(public_url).hostname
        self._allow_plain_lan = allow_plain_lan

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        out = self._with_headers(request, send)
        if not self._is_ours(request):
            await answer(request, self._wrong_host()).__call__(scope, receive, out)
            return
        limit = BODIES.get(request.url.path, BODY)
        if int(request.headers.get("content-length") or 0) > limit:
            await answer(request, Problem(413)).__call__(scope, receive, out)
            return
        await self._app(scope, _bounded(receive, limit), out)

    def _is_ours(self, request: Request) -> bool:
        host = host_of(request.headers)
        if request.url.path in OPEN_TO_ANY_HOST or host in LOOPBACK or (host and host == self._public_host):
            return True
        return self._allow_plain_lan and is_private(host)

    @staticmethod
    def _wrong_host() -> Problem:
        advice = (
            "Open it at http://localhost with its port. For a phone in the same network set AURELIUS_ALLOW_PLAIN_LAN=1 "
            "and AURELIUS_HOST=0.0.0.0; for an address of your own set PUBLIC_URL."
        )
        return Problem(421, "This address is not mine", advice)

    def _with_headers(self, request: Request, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if is_secure(request, self._public_url):
                    headers["strict-transport-security"] = HSTS
            await send(message)

        return sending


def _bounded(receive: Receive, limit: int) -> Receive:
    """The same `receive`, ending the request when its body is too large or does not come to an end."""
    seen, more = 0, True

    async def receiving() -> Message:
        nonlocal seen, more
        if not more:
            return await receive()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                message = await receive()
        except TimeoutError:
            raise Problem(408, "That took too long", "Check the connection and send it again.") from None
        seen += len(message.get("body", b""))
        more = message.get("more_body", False)
        if seen > limit:
            raise Problem(413)
        return message

    return receiving
