"""What the page or the terminal sends, as our values. Pure. A ValueError's text is for the person."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from bot.action import Json
from bot.message import Attachment, ButtonPress, Inbound, InboundMessage, Stop
from bot.people import User
from bot.web import web_address, web_person

MEGABYTE = 1024 * 1024
DELIVERY = re.compile(r"[A-Za-z0-9_-]{8,64}")
UNSAYABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")  # controls but tab and newline; surrogates
FIELDS = 50
RELOAD = "Reload the page and try again."


def message(data: Json, user: User, files: Sequence[Attachment], now: datetime) -> Inbound:
    """`data`: delivery (made by the sender, the same for every try), text. Raises ValueError."""
    text = _text(data.get("text", ""), "The message").replace("\r\n", "\n").strip()
    if not text and not files:
        raise ValueError("The message is empty.")
    delivery = _delivery(data, user)
    return InboundMessage(
        delivery=delivery,
        at=web_address(user),
        sender=web_person(user),
        ref=delivery,
        text=text,
        sent_at=now,
        attachments=tuple(files),
    )


def press(data: Json, user: User) -> Inbound:
    """`data`: delivery, token, and values: {field: value} when it comes from a form. Raises ValueError."""
    token, values = data.get("token"), data.get("values") or {}
    if not isinstance(token, str) or not 0 < len(token.encode(errors="replace")) <= 64:
        raise ValueError(f"This is no button of mine. {RELOAD}")
    if not isinstance(values, dict) or len(values) > FIELDS:
        raise ValueError(f"This is no form of mine. {RELOAD}")
    pairs = tuple((_text(name, "A field's name"), _text(value, "A field")) for name, value in values.items())
    delivery = _delivery(data, user)
    return ButtonPress(
        delivery=delivery, at=web_address(user), sender=web_person(user), token=_text(token, ""), values=pairs
    )


def stop(data: Json, user: User) -> Inbound:
    return Stop(delivery=_delivery(data, user), at=web_address(user), sender=web_person(user))


def _text(value: Json, what: str) -> str:
    """Without characters that no text holds, within 1 MB."""
    if not isinstance(value, str):
        raise ValueError(f"{what} must be text. {RELOAD}")
    clean = UNSAYABLE.sub("", value)
    if len(clean.encode()) > MEGABYTE:
        raise ValueError(f"{what} has more than 1 MB of text. Send it as a file, or in parts.")
    return clean


def _delivery(data: Json, user: User) -> str:
    """Holds the user's id, so that nobody can take the name of somebody else's delivery."""
    delivery = data.get("delivery")
    if not isinstance(delivery, str) or not DELIVERY.fullmatch(delivery):
        raise ValueError(f"The delivery has no id of 8 to 64 letters and digits. {RELOAD}")
    return f"{user.id}.{delivery}"
