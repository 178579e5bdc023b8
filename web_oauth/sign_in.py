"""The way in: the home page, the one-time link and signing out."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.web import WEB
from web_oauth.linking import ask_to_link, is_code
from web_oauth.pages import page
from web_oauth.problem import Problem
from web_oauth.session import (
    CODE,
    DAYS_30,
    HOUR,
    QUARTER_HOUR,
    SESSION,
    VISIT,
    Visitor,
    check_form,
    cookie_value,
    csrf_token,
    needs_of,
    new_visit,
    set_cookie,
    signed_in,
    slow_down,
    visitor,
)

WRONG_TRIES = 5
NOTES = {"linked": "Linked. I say hello there.", "unlinked": "Unlinked. I no longer know you there."}
SPENT = "Each link works once and for 15 minutes. Type “aurelius link” in a terminal on your computer for a fresh one."


async def home(request: Request) -> Response:
    who = await visitor(request)
    if who is None:
        return page("welcome.html", {"deleted": "deleted" in request.query_params})
    async with needs_of(request).memory.work(who.user.scope) as work:
        linked = [account for account in await work.accounts.list() if account.person.platform != WEB]
    note = next((NOTES[name] for name in NOTES if name in request.query_params), "")
    return page("home.html", {"user": who.user, "linked": linked, "note": note, "csrf": who.csrf})


async def show_link(request: Request) -> Response:
    """Only a button: looking at a link must not spend it, because chat apps and mail filters look at links."""
    code = request.query_params.get("code", "")[:200]
    if is_code(code):
        return await _show_code(request, code)
    visit = cookie_value(request, VISIT) or new_visit()
    response = page("link.html", {"code": code, "csrf": csrf_token(visit)})
    set_cookie(request, response, VISIT, visit, QUARTER_HOUR)
    return response


async def _show_code(request: Request, code: str) -> Response:
    """A code that a chat showed. Who is not signed in finds it again after signing in on this device."""
    if await visitor(request) is not None:
        return await signed_in(ask_to_link)(request)
    response = page("sign_in_first.html", {})
    set_cookie(request, response, CODE, code, HOUR)
    return response


async def use_link(request: Request) -> Response:
    tries = f"sign-in {request.client.host if request.client else ''}"
    slow_down(request, tries, WRONG_TRIES, QUARTER_HOUR, uses=0)
    await check_form(request, cookie_value(request, VISIT))
    code = str((await request.form()).get("code", ""))[:200]
    needs = needs_of(request)
    now = needs.clock.now()
    async with needs.memory.door() as door:
        scope = await door.sessions.redeem_link(code, now)
        session = await door.sessions.open(scope, now) if scope is not None else None
    if session is None:
        slow_down(request, tries, WRONG_TRIES, QUARTER_HOUR)
        raise Problem(403, "This link is used up", SPENT)
    waiting = cookie_value(request, CODE)
    response = RedirectResponse(f"/link?{urlencode({'code': waiting})}" if is_code(waiting) else "/chat", 303)
    set_cookie(request, response, SESSION, session, DAYS_30)
    for spent in (VISIT, CODE):
        set_cookie(request, response, spent, "", 0)
    return response


async def sign_out(request: Request, who: Visitor) -> Response:
    async with needs_of(request).memory.door() as door:
        await door.sessions.close(who.session)
    response = RedirectResponse("/", 303)
    set_cookie(request, response, SESSION, "", 0)
    return response


def routes() -> list[Route]:
    return [
        Route("/", home),
        Route("/link", show_link, methods=["GET"]),
        Route("/link", use_link, methods=["POST"]),
        Route("/sign-out", signed_in(sign_out), methods=["POST"]),
    ]
