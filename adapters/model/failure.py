"""Why one attempt at the Messages API failed, in our terms: is it worth another try, would another model do?"""

from __future__ import annotations

import json

# By the error's type where it has one (an error inside a stream comes with status 200), else by its status.
OVERLOADED = "Claude is overloaded at the moment"
BUSY = "Claude is receiving too many requests from this account at the moment"
BROKEN = "Claude has a problem of its own at the moment"
LATE = "Claude took too long to answer"
UNREACHABLE = "Claude cannot be reached; is this machine online?"
CUT = "the connection to Claude broke off in the middle of the answer"
KEY = "Claude refused the API key; check it in the settings"
ABSENT = "this Claude model is not available to this account"
CREDIT = "the Claude account has no credit left; add some at platform.claude.com"
TOO_LARGE = "this was too much for Claude to read at once"
REJECTED = "Claude did not accept the request"

KINDS = {
    "overloaded_error": OVERLOADED,
    "rate_limit_error": BUSY,
    "api_error": BROKEN,
    "timeout_error": LATE,
    "authentication_error": KEY,
    "billing_error": CREDIT,
    "permission_error": ABSENT,
    "not_found_error": ABSENT,
    "request_too_large": TOO_LARGE,
    "invalid_request_error": REJECTED,
}
STATUSES = {401: KEY, 402: CREDIT, 403: ABSENT, 404: ABSENT, 408: LATE, 409: BROKEN, 413: TOO_LARGE, 429: BUSY}
STATUSES |= {504: LATE, 529: OVERLOADED}

AGAIN = frozenset({OVERLOADED, BUSY, BROKEN, LATE, UNREACHABLE, CUT})
ELSEWHERE = frozenset({OVERLOADED, BUSY, BROKEN, LATE, CUT, ABSENT})


class Failed(Exception):
    """One attempt failed. `why` is a clause for people, `detail` for the log; `again`: the same model may answer
    later, not sooner than `after` seconds where the vendor said so; `elsewhere`: another model may answer now."""

    def __init__(self, why: str, detail: str = "", *, again: bool, elsewhere: bool, after: float | None = None) -> None:
        super().__init__(why)
        self.why, self.detail, self.again, self.elsewhere, self.after = why, detail, again, elsewhere, after


def failure(error: Exception) -> Failed:
    """The failure that an exception of the client or of its transport stands for."""
    from anthropic import APIConnectionError, APIStatusError, APITimeoutError
    from httpx2 import TransportError

    if isinstance(error, APIStatusError):
        return _of_status(error.type, error.status_code, error.api_message or "", dict(error.response.headers))
    if isinstance(error, APITimeoutError | TimeoutError):
        return _failed(LATE, str(error))
    if isinstance(error, APIConnectionError):
        return _failed(UNREACHABLE, str(error.__cause__ or error))
    if isinstance(error, TransportError | json.JSONDecodeError | EOFError):
        return _failed(CUT, str(error))
    return _failed(BROKEN, repr(error))


def _of_status(kind: str | None, status: int, message: str, headers: dict[str, str]) -> Failed:
    why = KINDS.get(kind or "") or STATUSES.get(status) or (BROKEN if status >= 500 else REJECTED)
    failed = _failed(why, f"{status} {kind}: {message[:300]}", _seconds(headers.get("retry-after")))
    if headers.get("x-should-retry") == "false":
        failed.again = False
    return failed


def _failed(why: str, detail: str, after: float | None = None) -> Failed:
    return Failed(why, detail, again=why in AGAIN, elsewhere=why in ELSEWHERE, after=after)


def _seconds(value: str | None) -> float | None:
    """`retry-after` in seconds; a date, which the vendor does not send, counts as not said."""
    try:
        return max(0.0, float(value)) if value else None
    except ValueError:
        return None
