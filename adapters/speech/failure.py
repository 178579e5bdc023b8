"""Why one request to ElevenLabs failed, in our terms: in words for the person, and whether another try is worth it.

An error's body is `{"detail": {"status" or "code": ..., "message": ...}}`, and the code says more than the HTTP status:
an exhausted quota has come with 401 as well as with 402
(https://help.elevenlabs.io/hc/en-us/articles/19572237925521-API-Error-Code-400-or-401).
"""

from __future__ import annotations

from typing import Any

KEY = "ElevenLabs refused the API key; check ELEVENLABS_API_KEY in the settings"
PERMISSION = "the ElevenLabs key does not allow this; give it the permission at elevenlabs.io under API keys"
QUOTA = "the ElevenLabs account has no credit left; add some at elevenlabs.io"
BLOCKED = "ElevenLabs has blocked this account's free use; a paid plan lifts that"
BUSY = "ElevenLabs is receiving too many requests from this account at the moment"
BROKEN = "ElevenLabs has a problem of its own at the moment"
LATE = "ElevenLabs took too long to answer"
UNREACHABLE = "ElevenLabs cannot be reached; is this machine online?"
VOICE = "the voice you chose is not there any more; choose another one"
REJECTED = "ElevenLabs did not accept it"

CODES = {
    "invalid_api_key": KEY,
    "needs_authorization": KEY,
    "missing_permissions": PERMISSION,
    "quota_exceeded": QUOTA,
    "insufficient_credits": QUOTA,
    "detected_unusual_activity": BLOCKED,
    "voice_not_found": VOICE,
    "too_many_concurrent_requests": BUSY,
    "concurrent_limit_exceeded": BUSY,
    "rate_limit_exceeded": BUSY,
    "system_busy": BUSY,
}
STATUSES = {401: KEY, 402: QUOTA, 403: PERMISSION, 408: LATE, 425: BUSY, 429: BUSY, 504: LATE}
AGAIN = frozenset({BUSY, BROKEN, UNREACHABLE})  # not LATE: the person has waited long enough
TROUBLE = AGAIN | {LATE}  # says something about the service, not about this request


class Failed(Exception):
    """One attempt failed. `why` is a clause for people, `detail` for the log: it never holds what was said. `after`:
    seconds before another try makes sense, where the vendor said so."""

    def __init__(self, why: str, detail: str = "", *, after: float | None = None) -> None:
        super().__init__(why)
        self.why, self.detail, self.after = why, detail, after

    @property
    def again(self) -> bool:
        return self.why in AGAIN

    @property
    def trouble(self) -> bool:
        return self.why in TROUBLE


def failure(error: Exception) -> Failed:
    """What an exception of the vendor's client or of its transport stands for."""
    from elevenlabs.core.api_error import ApiError
    from httpx import TimeoutException

    if isinstance(error, ApiError):
        return _of_status(error.status_code or 0, error.body, error.headers or {})
    if isinstance(error, TimeoutException | TimeoutError):
        return Failed(LATE, type(error).__name__)
    return Failed(UNREACHABLE, type(error).__name__)


def code_of(body: Any) -> str:
    """The vendor's own name of an error; empty where there is none (a list of wrong fields, a proxy's page)."""
    detail = body.get("detail") if isinstance(body, dict) else None
    found = (detail.get("status") or detail.get("code")) if isinstance(detail, dict) else None
    return found if isinstance(found, str) else ""


def _of_status(status: int, body: Any, headers: dict[str, str]) -> Failed:
    code = code_of(body)
    unclear = BROKEN if status < 400 or status >= 500 else REJECTED
    why = CODES.get(code) or STATUSES.get(status) or unclear
    return Failed(why, f"{status} {code}".strip(), after=_seconds(headers.get("retry-after")))


def _seconds(value: str | None) -> float | None:
    """`retry-after` in seconds; anything else counts as not said."""
    try:
        return max(0.0, float(value)) if value else None
    except ValueError:
        return None
