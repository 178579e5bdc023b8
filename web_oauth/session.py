"""Who is asking: the cookie, the person behind it, and proof that a form was ours.

The cookie holds an opaque secret; memory keeps only its hash. Over https its name starts with `__Host-`, which makes
browsers insist on Secure, our host alone and no domain. That prefix needs Secure, which browsers do not store over
plain http, so on http://localhost (or, when it was allowed, in the home network) a plain name has to do.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.people import User
from web_oauth.guard import is_secure
from web_oauth.limiter import Limiter
from web_oauth.needs import Needs
from web_oauth.problem import Problem, wants_json

SESSION = "aurelius"
VISIT = "aurelius-visit"  # before sign-in, so that the sign-in form has a token too
CODE = "aurelius-code"  # a chat's code that was opened before sign-in
DAYS_30 = 30 * 24 * 3600
HOUR = 3600
QUARTER_HOUR = 15 * 60
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A signed-in person. `csrf` goes into forms and into the header of every fetch that changes something."""

    user: User
    session: str

    @property
    def csrf(self) -> str:
        return csrf_token(self.session)


Handler = Callable[[Request, Visitor], Awaitable[Response]]


def needs_of(request: Request) -> Needs:
    needs: Needs = request.app.state.needs
    return needs


def limiter_of(request: Request) -> Limiter:
    limiter: Limiter = request.app.state.limiter
    return limiter


def csrf_token(secret: str) -> str:
    """Bound to the cookie's secret, which another site can neither read nor guess."""
    return hmac.new(secret.encode(), b"form", "sha256").hexdigest()


def cookie_name(request: Request, name: str) -> str:
    return f"__Host-{name}" if is_secure(request, needs_of(request).public_url) else name


def cookie_value(request: Request, name: str) -> str:
    return request.cookies.get(cookie_name(request, name), "")


def set_cookie(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    """Seconds 0 removes it."""
    secure = is_secure(request, needs_of(request).public_url)
    response.set_cookie(
        cookie_name(request, name), value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax"
    )


def new_visit() -> str:
    return secrets.token_urlsafe(32)


async def check_form(request: Request, secret: str) -> None:
    """Raises Problem unless the request comes from a page of ours. The token is a header or the field `csrf`."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Problem(403, "This came from another page", "Open the page itself and try again.")
    token = request.headers.get("x-csrf-token")
    if token is None:
        token = str((await request.form()).get("csrf", ""))
    if not secret or not hmac.compare_digest(token.encode(), csrf_token(secret).encode()):
        raise Problem(403, "This page was open for too long", "Reload it and try again.")


async def visitor(request: Request) -> Visitor | None:
    """The signed-in person, if there is one."""
    session = cookie_value(request, SESSION)
    if not session:
        return None
    needs = needs_of(request)
    async with needs.memory.door() as door:
        scope = await door.sessions.get(session, needs.clock.now())
        user = await door.persons.get(scope) if scope is not None else None
    return Visitor(user=user, session=session) if user is not None else None


def slow_down(request: Request, key: str, at_most: int, seconds: float, *, uses: int = 1) -> None:
    """Counts uses under `key` (0: only looks); raises Problem when there were too many."""
    wait = limiter_of(request).wait(key, at_most, seconds, uses=uses)
    if wait > 0:
        minutes = f"{round(wait / 60)} minutes" if wait > 90 else "a minute"
        raise Problem(429, advice=f"Wait {minutes}, then try again.", after=int(wait) + 1)


def signed_in(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """For the signed-in person alone, not too often, and where something changes only from a page of ours."""

    async def handle(request: Request) -> Response:
        who = await visitor(request)
        if who is None:
            if request.method in SAFE and not wants_json(request):
                return RedirectResponse("/", 303)
            raise Problem(401)
        slow_down(request, f"person {who.user.id}", needs_of(request).requests_per_minute, 60)
        if request.method not in SAFE:
            await check_form(request, who.session)
        return await handler(request, who)

    return handle
