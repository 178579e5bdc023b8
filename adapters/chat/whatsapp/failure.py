"""What the Graph API's errors mean for a message, in our words.

Codes: developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from bot.ports import Closed, Unsent

if TYPE_CHECKING:
    from httpx2 import HTTPError

CLOSED = 131047  # more than 24 hours since the person last wrote
REVOKED = 30.0  # seconds until a refused token is tried again
# Too fast, with the seconds that we rest: in this chat one message every 6 seconds (131056), for this number (130429),
# for the account (80007, 4).
TOO_FAST = {131056: 6.0, 130429: 2.0, 80007: 30.0, 4: 30.0, 429: 2.0}
PASSING = {1, 2, 131000, 131016, 131057, 133004}  # Meta's own trouble
REFUSED_TOKEN = {0, 3, 10, 104, 190, 131005, *range(200, 300)}
WORDS = {
    100: "a parameter is wrong",
    131008: "a parameter is missing",
    131009: "a parameter is wrong",
    131021: "the number cannot write to itself",
    131026: "this person cannot be reached on WhatsApp",
    131030: "this number is not on the test number's list of recipients (add it in the app dashboard)",
    131031: "the WhatsApp account is locked (see the WhatsApp Manager)",
    131042: "a payment for the WhatsApp account is open (see the WhatsApp Manager)",
    131045: "the phone number is not registered with the Cloud API",
    131048: "too many people blocked or reported this number",
    131051: "WhatsApp does not know this kind of message",
    131052: "the file could not be fetched from WhatsApp",
    131053: "WhatsApp did not take the file",
    131062: "this person can be reached by phone number only",
    132001: "the template does not exist in this language, or is not approved",
    368: "the WhatsApp account is blocked for a breach of Meta's rules",
}
BEFORE_SENDING = {"ConnectError", "ConnectTimeout", "PoolTimeout"}


class Refused(Exception):
    """An answer of the Graph API that is an error. `retry_after`: seconds, when it said so."""

    def __init__(self, *, status: int, code: int, subcode: int, message: str, details: str, retry_after: float) -> None:
        super().__init__(message)
        self.status, self.code, self.subcode, self.message = status, code, subcode, message
        self.details, self.retry_after = details, retry_after


def refused(status: int, body: Any, retry_after: str | None) -> Refused:
    """An error's body is {"error": {message, type, code, error_subcode, error_data: {details}, fbtrace_id}}; anything
    else is an answer of something in between, whose code is the HTTP status."""
    error = body.get("error") if isinstance(body, Mapping) else None
    error = error if isinstance(error, Mapping) else {}
    data = error.get("error_data")
    return Refused(
        status=status,
        code=_number(error.get("code"), status),
        subcode=_number(error.get("error_subcode"), 0),
        message=str(error.get("message") or f"HTTP {status}"),
        details=str(data.get("details") or "") if isinstance(data, Mapping) else "",
        retry_after=float(retry_after) if retry_after and retry_after.isdigit() else 0.0,
    )


def _number(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise


def words(refused: Refused) -> str:
    """For a log line or a person: what it means, and what Meta says about it."""
    said = ". ".join(part for part in (refused.message, refused.details) if part)
    meaning = WORDS.get(refused.code)
    return f"{meaning} ({said})" if meaning else said


def unsent(error: Refused) -> Unsent:
    """What a refusal means for the message that was to be sent."""
    if error.code == CLOSED:
        return Closed("WhatsApp is closed for this person until they write again")
    if error.code in TOO_FAST or error.status == 429:
        after = error.retry_after or TOO_FAST.get(error.code, TOO_FAST[429])
        return Unsent("WhatsApp asks for a pause", again=True, after=after)
    if error.code in REFUSED_TOKEN:
        return Unsent(f"WhatsApp refuses the access token: {words(error)}", again=True, after=REVOKED)
    return Unsent(words(error), again=error.code in PASSING or error.status >= 500)


def unreachable(error: HTTPError) -> str:
    return str(error) or type(error).__name__


def broken_off(error: HTTPError) -> Unsent:
    """The connection failed. Once the request had left, nobody knows whether it was carried out."""
    unsure = type(error).__name__ not in BEFORE_SENDING
    return Unsent(f"WhatsApp does not answer: {unreachable(error)}", again=True, unsure=unsure)


@asynccontextmanager
async def calling() -> AsyncIterator[None]:
    """Around a call of the Graph API: whatever goes wrong is raised as Unsent."""
    from httpx2 import HTTPError

    try:
        yield
    except Refused as error:
        raise unsent(error) from error
    except HTTPError as error:
        raise broken_off(error) from error
