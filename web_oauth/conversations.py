"""Past conversations: a list of them, each to read, and a search over all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.action import Json
from bot.message import Address
from bot.people import User
from bot.records import Conversation, Found, Message
from bot.web import WEB
from web_oauth.chat import PAGE, number
from web_oauth.pages import page
from web_oauth.problem import Problem, wants_json
from web_oauth.session import Visitor, needs_of, signed_in

LONGEST_QUERY = 200  # characters
NAMES = {WEB: "Web and terminal", "slack": "Slack", "discord": "Discord", "telegram": "Telegram"}
MARKUP = re.compile(r"\*\*|`|\\(?=[^\w\s])|^\s*[>#-]+ ", re.MULTILINE)  # what a short excerpt does not need
PLACE = ("platform", "tenant", "place", "thread")


async def show_all(request: Request, who: Visitor) -> Response:
    """All conversations, or with `q` what was found; as a page, or as JSON for the side panel of the chat."""
    query = request.query_params.get("q", "").strip()[:LONGEST_QUERY]
    async with needs_of(request).memory.work(who.user.scope) as work:
        hits = await work.messages.search(query) if query else ()
        past = () if query else await work.messages.conversations()
    found = [_hit(hit, who.user) for hit in hits]
    listed = [_conversation(each, who.user) for each in past]
    if wants_json(request):
        return JSONResponse({"hits": found, "conversations": listed})
    return page("conversations.html", {"query": query, "hits": found, "conversations": listed, "csrf": who.csrf})


async def show_one(request: Request, who: Visitor) -> Response:
    """A page of one conversation, the newest or what came `before` a position."""
    given = {name: request.query_params.get(name, "")[:500] for name in PLACE}
    at, before = Address(**given), number(request, "before")
    needs = needs_of(request)
    async with needs.memory.work(who.user.scope) as work:
        found = await work.messages.before(at, before, PAGE)
    if not found:
        raise Problem(404, "Nothing was said here", "Go back to the list of conversations.")
    earlier = f"{address_of(at)}&before={found[0].position}" if len(found) == PAGE else ""
    return _reading(request, who, at, found, earlier)


async def show_message(request: Request, who: Visitor) -> Response:
    """A message that was found, with what was said around it."""
    async with needs_of(request).memory.work(who.user.scope) as work:
        message = await work.messages.get(request.path_params["message"])
        if message is None:
            raise Problem(404)
        found = await work.messages.before(message.at, message.position + PAGE // 2, PAGE)
    return _reading(request, who, message.at, found, f"{address_of(message.at)}&before={found[0].position}")


def _reading(request: Request, who: Visitor, at: Address, found: Sequence[Message], earlier: str) -> Response:
    lines = [_line(needs_of(request).translator.show(message), message, who.user) for message in found]
    values = {"where": NAMES.get(at.platform, at.platform), "lines": lines, "earlier": earlier, "csrf": who.csrf}
    return page("conversation.html", values)


def _line(shown: Json, message: Message, user: User) -> Json:
    # Markup: the translator's HTML is made from CommonMark with raw HTML switched off.
    return shown | {"html": Markup(shown["html"]), "when": _when(message.sent_at, user)}  # noqa: S704


def _when(moment: object, user: User) -> str:
    return f"{user.local(moment):%a %d %b %Y, %H:%M}"  # type: ignore[arg-type]


def _hit(hit: Found, user: User) -> Json:
    plain = MARKUP.sub("", hit.text)
    text = plain if len(plain) <= 240 else f"{plain[:240]} …"
    return {"id": hit.id, "text": text, "when": _when(hit.at, user), "href": f"/conversations/messages/{hit.id}"}


def _conversation(each: Conversation, user: User) -> Json:
    return {
        "where": NAMES.get(each.at.platform, each.at.platform.title()),
        "title": each.title,
        "when": _when(each.last_at, user),
        "messages": each.messages,
        "href": address_of(each.at),
    }


def address_of(at: Address) -> str:
    return f"/conversations/one?{urlencode(asdict(at))}"


def routes() -> list[Route]:
    return [
        Route("/conversations", signed_in(show_all)),
        Route("/conversations/one", signed_in(show_one)),
        Route("/conversations/messages/{message}", signed_in(show_message)),
    ]
