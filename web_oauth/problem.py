"""What a person sees when something does not work: what happened and what to do, as a page or as JSON."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from web_oauth.pages import page

log = structlog.get_logger()

ADVICE = {
    400: ("This request could not be read", "Go back, reload the page and try again."),
    401: ("You are not signed in", "Type “aurelius link” in a terminal on your computer and open the link it prints."),
    403: ("This was not allowed", "Reload the page and try again."),
    404: ("There is nothing here", "The address may be mistyped, or what was here is gone."),
    405: ("This page cannot do that", "Go back to the chat and try again."),
    413: ("This is too large", "Send something smaller: text up to 1 MB, files up to 25 MB."),
    429: ("That was a lot at once", "Wait a minute, then try again."),
    500: (
        "Something went wrong on our side",
        "Nothing you wrote is lost. Try again; “aurelius doctor” shows the cause.",
    ),
    503: ("Not available right now", "Wait a moment and try again; “aurelius doctor” shows why."),
}


class Problem(Exception):
    """Ends a request: an HTTP status, what happened in a few words, and what the person can do."""

    def __init__(self, status: int, title: str = "", advice: str = "", *, after: int = 0) -> None:
        known = ADVICE.get(status, (HTTPStatus(status).phrase, "Try again."))
        self.status, self.title, self.advice = status, title or known[0], advice or known[1]
        self.headers = {"retry-after": str(after)} if after else {}
        super().__init__(self.title)


def wants_json(request: Request) -> bool:
    """Whether a script asks (the chat page, the terminal), and not a person who opened an address."""
    return "text/html" not in request.headers.get("accept", "")


def answer(request: Request, problem: Problem) -> Response:
    if wants_json(request):
        body = {"error": problem.title, "advice": problem.advice}
        return JSONResponse(body, problem.status, headers=problem.headers)
    values = {"title": problem.title, "advice": problem.advice, "status": problem.status}
    return page("problem.html", values, status=problem.status, headers=problem.headers)


async def on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - registered for this type only
    return answer(request, error)


async def on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
    advice = str(error.detail) if error.status_code == HTTPStatus.BAD_REQUEST else ""
    return answer(request, Problem(error.status_code, advice=advice))


async def on_bug(request: Request, error: Exception) -> Response:
    log.error("request failed", path=request.url.path, method=request.method, exc_info=error)
    return answer(request, Problem(500))
