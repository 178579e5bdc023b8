"""What WhatsApp delivers, as our values. Pure. Field names are those of the webhooks of Meta's Cloud API
(developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages).

A person is known by the id that Meta gives them for our business ("US.13491208655302741918"), which everybody has, and
by the phone number only where a webhook brings no such id. Phone numbers may be hidden behind usernames.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bot.card import parse_token
from bot.message import Address, Attachment, ButtonPress, Delivered, Inbound, InboundMessage, Kind, Reaction
from bot.people import Person

PLATFORM = "whatsapp"
FORWARDED = "forwarded:"  # such a ref holds the text itself
VISION = ("image/jpeg", "image/png", "image/gif", "image/webp")
STATES = {"sent": "sent", "delivered": "delivered", "read": "read", "played": "read", "failed": "failed"}
MEDIA = {
    "image": (Kind.IMAGE, "image/jpeg", "photo.jpg"),
    "sticker": (Kind.IMAGE, "image/webp", "sticker.webp"),
    "video": (Kind.VIDEO, "video/mp4", "video.mp4"),
    "audio": (Kind.FILE, "audio/ogg", "audio"),
    "document": (Kind.FILE, "application/octet-stream", "file"),
}

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One message or one status of a webhook's body, with the people that the webhook names."""

    message: Any = None
    status: Any = None
    contacts: Any = ()


def pieces(body: Any, me: str) -> Iterator[Piece]:
    """All that is for our number (`me`, its id), in its order: several accounts, changes, messages and statuses may
    come in one body. What is not as it should be is a piece that cannot be parsed."""
    for entry in _listed(body, "entry"):
        for change in _listed(entry, "changes"):
            value = change.get("value") if isinstance(change, Mapping) else None
            if not isinstance(value, Mapping):
                yield Piece(message=value)
            elif change.get("field") == "messages" and _number(value) == me:
                contacts = _listed(value, "contacts")
                yield from (Piece(message=message, contacts=contacts) for message in _listed(value, "messages"))
                yield from (Piece(status=status, contacts=contacts) for status in _listed(value, "statuses"))


def _listed(owner: Any, name: str) -> list[Any]:
    found = owner.get(name, []) if isinstance(owner, Mapping) else None
    return found if isinstance(found, list) else [None]


def _number(value: Data) -> str:
    about = value.get("metadata")
    return str(about.get("phone_number_id", "")) if isinstance(about, Mapping) else ""


def parse(piece: Piece, me: str) -> Inbound | None:
    """None for what is nothing for us: system messages, kinds that WhatsApp does not pass on, deleted messages, groups.
    Raises KeyError, TypeError, ValueError, AttributeError for what is malformed."""
    if piece.status is not None:
        return _status(piece.status, piece.contacts, me)
    message = piece.message
    if message["type"] == "system" or "group_id" in message:
        return None
    sender = _person(message, piece.contacts, me)
    at = Address(platform=PLATFORM, tenant=me, place=sender.id)
    if message["type"] == "edit":
        return _edited(message, sender, at)
    pressed = _token(message)
    if pressed is not None:
        return ButtonPress(delivery=str(message["id"]), at=at, sender=sender, token=pressed)
    if message["type"] == "reaction":
        return _reaction(message, sender, at)
    return _message(message, message, sender, at)


def _person(message: Data, contacts: Any, me: str) -> Person:
    """Who wrote. Where a webhook knows a person's id and their number, they are the id."""
    phone, scoped = str(message.get("from") or ""), str(message.get("from_user_id") or "")
    contact = _contact(contacts, phone, scoped)
    key = scoped or str(contact.get("user_id") or "") or phone
    if not key:
        raise ValueError("a message of nobody")
    profile = contact.get("profile") or {}
    name, username = str(profile.get("name") or ""), str(profile.get("username") or "").removeprefix("@")
    shown = " ".join(part for part in (name, f"(@{username})" if username else "") if part)
    return Person(platform=PLATFORM, tenant=me, id=key, name=shown)


def _contact(contacts: Any, phone: str, scoped: str) -> Data:
    found: list[Data] = [contact for contact in contacts if isinstance(contact, Mapping)]
    for contact in found:
        if (scoped and contact.get("user_id") == scoped) or (phone and contact.get("wa_id") == phone):
            return contact
    return found[0] if len(found) == 1 and not (phone and scoped) else {}


def _status(status: Data, contacts: Any, me: str) -> Delivered | None:
    """What we put into a message as its `biz_opaque_callback_data`, the chat, comes back with its statuses; else the
    person is named as in messages, and a failed status may name only the number."""
    state = STATES.get(str(status["status"]))
    if state is None or status.get("recipient_type") == "group":
        return None
    named = {"from": status.get("recipient_id"), "from_user_id": status.get("recipient_user_id")}
    place = str(status.get("biz_opaque_callback_data") or "") or _person(named, contacts, me).id
    return Delivered(
        delivery=f"{status['id']}+{status['status']}",
        at=Address(platform=PLATFORM, tenant=me, place=place),
        sender=Person(platform=PLATFORM, tenant=me, id=place),
        ref=str(status["id"]),
        state=state,
    )


def failure(status: Data) -> tuple[int, str]:
    """(code, words) of a failed status."""
    error: Data = next(iter(status.get("errors") or ()), {})
    data = error.get("error_data") or {}
    said = (error.get("title"), error.get("message"), data.get("details"))
    return int(error.get("code") or 0), ". ".join(dict.fromkeys(str(part) for part in said if part))


def _token(message: Data) -> str | None:
    """What stood behind a pressed button, a chosen row, or a template's button if that is one of our tokens."""
    if message["type"] == "interactive":
        about = message["interactive"]
        chosen = about.get("button_reply") or about.get("list_reply")
        return str(chosen["id"]) if chosen else None
    payload = str(message["button"].get("payload") or "") if message["type"] == "button" else ""
    return payload if parse_token(payload) else None


def _reaction(message: Data, sender: Person, at: Address) -> Reaction | None:
    """One that was taken back has no emoji."""
    about = message["reaction"]
    if not about.get("emoji"):
        return None
    return Reaction(
        delivery=str(message["id"]), at=at, sender=sender, ref=str(about["message_id"]), emoji=str(about["emoji"])
    )


def _edited(message: Data, sender: Person, at: Address) -> InboundMessage | None:
    edit = message["edit"]
    found = _message(message, edit["message"], sender, at)
    original = str(edit["original_message_id"])
    return None if found is None else replace(found, ref=original, edit_of=original)


def _message(message: Data, content: Data, sender: Person, at: Address) -> InboundMessage | None:
    """`content` is the message itself, or what an edit made of it."""
    text, files = _text(content), _files(content)
    context = content.get("context") or {}
    if context.get("forwarded") or context.get("frequently_forwarded"):
        files = tuple(replace(file, kind=Kind.FILE) if file.kind is Kind.VOICE else file for file in files)
        text, files = "", (*files, _forwarded(text)) if text else files
    if not text and not files:
        return None
    return InboundMessage(
        delivery=str(message["id"]),
        at=at,
        sender=sender,
        ref=str(message["id"]),
        text=text,
        sent_at=datetime.fromtimestamp(int(message["timestamp"]), UTC),
        attachments=files,
        reply_to=str(context["id"]) if context.get("id") else None,
    )


def _text(content: Data) -> str:
    """What the person wrote, or in words what they sent."""
    kind = content["type"]
    if kind == "text":
        return str(content["text"]["body"])
    if kind == "location":
        return _place(content["location"])
    if kind == "contacts":
        return "\n".join(_card(contact) for contact in content["contacts"])
    if kind == "button":
        return str(content["button"].get("text") or "")
    return str(content[kind].get("caption") or "") if kind in MEDIA else ""


def _place(location: Data) -> str:
    where = f"{float(location['latitude']):.6f}, {float(location['longitude']):.6f}"
    named = ", ".join(str(location[part]) for part in ("name", "address") if location.get(part))
    return f"📍 {named} ({where})" if named else f"📍 {where}"


def _card(contact: Data) -> str:
    """A contact as it was sent: every phone number and address that stands on it."""
    name = str((contact.get("name") or {}).get("formatted_name") or "somebody")
    reached = [phone.get("phone") for phone in contact.get("phones") or ()]
    reached += [mail.get("email") for mail in contact.get("emails") or ()]
    return ", ".join([f"👤 {name}", *(str(part) for part in reached if part)])


def _files(content: Data) -> tuple[Attachment, ...]:
    """One at most. How large it is, WhatsApp tells only when it is fetched."""
    known = MEDIA.get(content["type"])
    if known is None:
        return ()
    kind, mime, name = known
    about = content[content["type"]]
    mime = str(about.get("mime_type") or mime).partition(";")[0].strip()
    if about.get("voice"):
        kind, name = Kind.VOICE, "voice.ogg"
    if kind is Kind.FILE and mime in VISION:
        kind = Kind.IMAGE
    return (Attachment(kind=kind, ref=str(about["id"]), mime=mime, size=0, name=str(about.get("filename") or name)),)


def _forwarded(text: str) -> Attachment:
    """Words of somebody else are a file, never words of the person who forwards them. Whose they are is not told."""
    size = len(text.encode(errors="replace"))
    return Attachment(kind=Kind.FILE, ref=FORWARDED + text, mime="text/plain", size=size, name="forwarded message")
