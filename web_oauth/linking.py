"""A chat account becomes the signed-in person's, and is let go again.

A stranger is sent here with a code. Only a form that names the account ties it, because a forwarded link must never
hand an account over; looking at the form does not spend the code.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.people import Person, User
from bot.repositories import Locked
from bot.web import WEB
from web_oauth.needs import Needs
from web_oauth.pages import page
from web_oauth.problem import Problem
from web_oauth.session import Visitor, needs_of, signed_in

CODE = re.compile(r"[a-z0-9]{4}[ -]?[a-z0-9]{4}", re.I)  # a sign-in link's secret is much longer
NO_CODE = "Write to Aurelius in that chat app for a fresh code; a code is good for an hour and works once."


def is_code(text: str) -> bool:
    return CODE.fullmatch(text.strip()) is not None


async def redeem(needs: Needs, user: User, code: str) -> Person:
    """The account that is the user's from now on. Raises Problem."""
    try:
        person = await needs.link(user, code)
    except Locked:
        raise _locked() from None
    if person is None:
        raise _no_code()
    return person


def _locked() -> Problem:
    return Problem(429, "Too many wrong codes", "Try again in an hour.", after=3600)


def _no_code() -> Problem:
    return Problem(404, "There is no such code", NO_CODE)


async def ask_to_link(request: Request, who: Visitor) -> Response:
    needs, code = needs_of(request), request.query_params["code"]
    async with needs.memory.door() as door:
        try:
            found = await door.persons.look_up(code, needs.clock.now())
        except Locked:
            raise _locked() from None
        belongs_to = await door.persons.user_of(found[0]) if found is not None else None
    if found is None:
        raise _no_code()
    if belongs_to is not None and belongs_to.id == who.user.id:
        return RedirectResponse("/#accounts", 303)
    return page("account.html", {"person": found[0], "user": who.user, "code": code, "csrf": who.csrf})


async def link_account(request: Request, who: Visitor) -> Response:
    code = str((await request.form()).get("code", ""))[:100]
    await redeem(needs_of(request), who.user, code)
    return RedirectResponse("/?linked=1#accounts", 303)


async def unlink_account(request: Request, who: Visitor) -> Response:
    form = await request.form()
    person = Person(**{name: str(form.get(name, ""))[:200] for name in ("platform", "tenant", "id")})
    if person.platform == WEB:
        raise Problem(400, "This page stays yours", "The web and the terminal cannot be unlinked; you can sign out.")
    async with needs_of(request).memory.work(who.user.scope) as work:
        gone = await work.accounts.unlink(person)
    if not gone:
        raise Problem(404, "This account is not linked", "Perhaps it was unlinked already.")
    return RedirectResponse("/?unlinked=1#accounts", 303)


def routes() -> list[Route]:
    return [
        Route("/link/account", signed_in(link_account), methods=["POST"]),
        Route("/unlink/account", signed_in(unlink_account), methods=["POST"]),
    ]
