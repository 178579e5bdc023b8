"""The chat page and what it sends: messages with files, presses, stop; and what it asks for: history, forms."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.action import Json
from bot.card import fields
from bot.codec import encode
from bot.people import User
from bot.web import web_address
from web_oauth.accept import accept, read_json
from web_oauth.files import get_file, keep_files
from web_oauth.needs import Needs
from web_oauth.pages import page
from web_oauth.problem import Problem
from web_oauth.session import Visitor, needs_of, signed_in
from web_oauth.stream import stream

PAGE = 50  # messages
FILES = 10
TEXT_BYTES = 2 * 1024 * 1024  # of a form's field; what a message may have is the adapter's to say


async def show_chat(_: Request, who: Visitor) -> Response:
    return page("chat.html", {"user": who.user, "csrf": who.csrf})


async def post_message(request: Request, who: Visitor) -> Response:
    needs = needs_of(request)
    async with request.form(max_files=FILES, max_fields=10, max_part_size=TEXT_BYTES) as form:
        files = await keep_files(request, who.user, form)
        said = {name: value for name, value in form.items() if isinstance(value, str)}
    return await accept(needs, lambda: needs.translator.message(said, who.user, files, needs.clock.now()))


async def get_messages(request: Request, who: Visitor) -> Response:
    """A page of the conversation, oldest first: the newest one, or with `before` what came before that position."""
    needs = needs_of(request)
    before = number(request, "before")
    async with needs.memory.work(who.user.scope) as work:
        found = await work.messages.before(web_address(who.user), before, PAGE)
    shown = [needs.translator.show(message) for message in found]
    seq = max((message.seq for message in found), default=0)
    return JSONResponse({"messages": shown, "more": len(found) == PAGE, "seq": seq})


def number(request: Request, name: str) -> int | None:
    """A number from the query. Raises Problem for anything else."""
    text = request.query_params.get(name)
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Problem(400, advice=f"“{name}” must be a number.")
    return int(text)


async def post_press(request: Request, who: Visitor) -> Response:
    needs, data = needs_of(request), await read_json(request)
    return await accept(needs, lambda: needs.translator.press(data, who.user))


async def post_stop(request: Request, who: Visitor) -> Response:
    needs, data = needs_of(request), await read_json(request)
    return await accept(needs, lambda: needs.translator.stop(data, who.user))


async def edit_form(needs: Needs, user: User, id: str) -> Json:
    """The form with which the arguments of a card are changed, and the token its answer goes under."""
    async with needs.memory.work(user.scope) as work:
        message = await work.messages.get(id)
        waits_on = message.suggestion if message is not None else None
        suggestion = await work.suggestions.get(waits_on) if waits_on is not None else None
    if suggestion is None or not suggestion.steps:
        raise Problem(404)
    form = [encode(field) for field in fields(suggestion, needs.actions.get(suggestion.steps[0].action))]
    return {"token": f"e.{suggestion.nonce}", "title": suggestion.title, "fields": form}


async def get_card(request: Request, who: Visitor) -> Response:
    return JSONResponse(await edit_form(needs_of(request), who.user, request.path_params["message"]))


async def get_events(request: Request, who: Visitor) -> Response:
    return await stream(request, who.user)


def routes() -> list[Route]:
    return [
        Route("/chat", signed_in(show_chat), methods=["GET"]),
        Route("/chat/messages", signed_in(get_messages), methods=["GET"]),
        Route("/chat/messages", signed_in(post_message), methods=["POST"]),
        Route("/chat/press", signed_in(post_press), methods=["POST"]),
        Route("/chat/stop", signed_in(post_stop), methods=["POST"]),
        Route("/chat/events", signed_in(get_events), methods=["GET"]),
        Route("/chat/cards/{message}", signed_in(get_card), methods=["GET"]),
        Route("/chat/files/{file}", signed_in(get_file), methods=["GET"]),
    ]
