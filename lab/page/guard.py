"""Before every request of the lab's page: only this machine's names are answered, only the page's own code runs."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
SIMPLE = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")  # what any page may send anywhere
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self' blob:",
        "connect-src 'self' blob:",  # a recording is looked at before it is sent
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types lab",
    )
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(self)",
    "cache-control": "no-store",
}


def is_loopback(url: str) -> bool:
    try:
        return (urlsplit(url).hostname or "") in LOOPBACK
    except ValueError:
        return False


class Guard:
    """A name of a foreign page that points to this machine (DNS rebinding) is refused, and so is a form sent by one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        why = _unfit(scope["method"], Headers(scope=scope))

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        app = self._app if why is None else PlainTextResponse(why, 403)
        await app(scope, receive, sending)


def _unfit(method: str, headers: Headers) -> str | None:
    if not is_loopback(f"//{headers.get('host', '')}"):
        return "The lab is for this machine only."
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if method == "POST" and (not kind or kind in SIMPLE):
        return "This did not come from the lab's page."
    return None
