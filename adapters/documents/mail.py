"""A mail that was saved as a file (RFC 5322), and a calendar (RFC 5545)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from adapters.documents.parts import parts
from adapters.documents.unreadable import Unreadable
from bot.records import Page

SHOWN = ("From", "To", "Cc", "Date", "Subject")
FOLD = re.compile(r"\r?\n[ \t]")
LINE = re.compile(
    r"^(SUMMARY|DTSTART|DTEND|DUE|DURATION|RRULE|LOCATION|ORGANIZER|ATTENDEE|STATUS|DESCRIPTION)[^:\n]*:(.*)$", re.M
)
ESCAPED = re.compile(r"\\([\\;,nN])")


def letter(content: bytes, html_text: Callable[[str], str]) -> Iterator[Page]:
    """Its head and its text; what is attached is only named. Raises Unreadable."""
    mail = message_from_bytes(content, policy=default)
    assert isinstance(mail, EmailMessage)  # noqa: S101 - by the policy
    try:
        head = [f"{name}: {mail[name]}" for name in SHOWN if mail[name]]
        body = mail.get_body(("plain", "html"))
        text = str(body.get_content()) if body is not None else ""
        if body is not None and body.get_content_subtype() == "html":
            text = html_text(text)
        attached = [f"Attached: {part.get_filename() or 'a file'}" for part in mail.iter_attachments()]
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise Unreadable(Unreadable.DAMAGED) from error
    return parts("\n".join([*head, *attached, "", text]))


def calendar(text: str) -> Iterator[Page]:
    events = re.split(r"^BEGIN:(?:VEVENT|VTODO)\s*$", FOLD.sub("", text), flags=re.MULTILINE)[1:]
    for number, event in enumerate(events, start=1):
        lines = [f"{name.capitalize()}: {_plain(value)}" for name, value in LINE.findall(event)]
        yield Page(label=f"entry {number}", text="\n".join(lines))


def _plain(value: str) -> str:
    return ESCAPED.sub(lambda sign: "\n" if sign[1] in "nN" else sign[1], value.strip())
