"""For the commands of this machine (`aurelius chat`, `link`, `dead-letters`): the same as the pages, with a token.

The token lies in a file that only its owner can read; whoever has it is the owner. Only a direct connection from this
machine counts: what a proxy passes on is from somewhere else.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.codec import encode
from bot.people import User
from bot.web import web_address
from web_oauth.accept import accept, read_json
from web_oauth.chat import edit_form, number
from web_oauth.guard import LOOPBACK
from web_oauth.linking import redeem
from web_oauth.problem import Problem
from web_oauth.session import needs_of
from web_oauth.stream import stream

PASSED_ON = ("forwarded", "x-forwarded-for", "x-real-ip")


def is_local(request: Request) -> bool:
    passed_on = any(name in request.headers for name in PASSED_ON)
    return request.client is not None and request.client.host in LOOPBACK and not passed_on


def has_token(request: Request) -> bool:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    expected = needs_of(request).local_token
    return kind.lower() == "bearer" and bool(expected) and hmac.compare_digest(token.encode(), expected.encode())


def for_owner(handler: Callable[[Request, User], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        if not is_local(request):
            raise Problem(403, advice="This is for programs on the same machine.")
        if not has_token(request):
            raise Problem(401, advice="The token in the data folder is another one. Is another Aurelius running?")
        return await handler(request, await _owner(request))

    return handle


async def _owner(request: Request) -> User:
    async with needs_of(request).memory.door() as door:
        owner = await door.persons.owner()
    if owner is None:
        raise Problem(503, advice="There is no owner yet. Wait until Aurelius has started.")
    return owner


async def post_message(request: Request, owner: User) -> Response:
    needs, data = needs_of(request), await read_json(request)
    return await accept(needs, lambda: needs.translator.message(data, owner, (), needs.clock.now()))


async def post_press(request: Request, owner: User) -> Response:
    needs, data = needs_of(request), await read_json(request)
    return await accept(needs, lambda: needs.translator.press(data, owner))


async def post_stop(request: Request, owner: User) -> Response:
    needs, data = needs_of(request), await read_json(request)
    return await accept(needs, lambda: needs.translator.stop(data, owner))


async def get_messages(request: Request, owner: User) -> Response:
    """The last messages, oldest first, and the `seq` from which `/local/events` goes on."""
    needs = needs_of(request)
    async with needs.memory.work(owner.scope) as work:
        found = await work.messages.before(web_address(owner), None, min(number(request, "limit") or 20, 100))
    seq = max((message.seq for message in found), default=0)
    return JSONResponse({"messages": [needs.translator.show(message) for message in found], "seq": seq})


async def get_card(request: Request, owner: User) -> Response:
    return JSONResponse(await edit_form(needs_of(request), owner, request.path_params["message"]))


async def get_events(request: Request, owner: User) -> Response:
    return await stream(request, owner)


async def redeem_code(request: Request, owner: User) -> Response:
    """`aurelius link CODE`: ties the account that was given this code to the owner."""
    data = await read_json(request)
    person = await redeem(needs_of(request), owner, str(data.get("code", ""))[:100])
    name = person.name or person.id
    return JSONResponse({"platform": person.platform, "name": name, "text": f"Linked: {name} on {person.app} is you."})


async def new_sign_in_link(request: Request, owner: User) -> Response:
    needs = needs_of(request)
    async with needs.memory.door() as door:
        secret = await door.sessions.new_link(owner.scope, needs.clock.now())
    base = needs.public_url.rstrip("/") or f"{request.url.scheme}://{request.headers['host']}"
    return JSONResponse({"url": f"{base}/link?code={quote(secret, safe='')}"})


async def list_dead_letters(request: Request, _: User) -> Response:
    return JSONResponse({"letters": [encode(letter) for letter in await needs_of(request).dead_letters.list()]})


async def redrive(request: Request, _: User) -> Response:
    data = await read_json(request)
    if not await needs_of(request).dead_letters.redrive(str(data.get("job", ""))):
        raise Problem(404, "There is no such dead letter", "List them again; it may have been redriven already.")
    return JSONResponse({"ok": True})


def routes() -> list[Route]:
    ways = {
        ("GET", "/local/messages"): get_messages,
        ("POST", "/local/messages"): post_message,
        ("POST", "/local/press"): post_press,
        ("POST", "/local/stop"): post_stop,
        ("GET", "/local/cards/{message}"): get_card,
        ("GET", "/local/events"): get_events,
        ("POST", "/local/link-codes/redeem"): redeem_code,
        ("POST", "/local/sign-in-links"): new_sign_in_link,
        ("GET", "/local/dead-letters"): list_dead_letters,
        ("POST", "/local/dead-letters"): redrive,
    }
    return [Route(path, for_owner(handler), methods=[method]) for (method, path), handler in ways.items()]
