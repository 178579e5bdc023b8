"""A Telegram update as one of our values. Pure. Field names are those of the Bot API (core.telegram.org/bots/api)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bot.message import Address, Attachment, ButtonPress, Command, Inbound, InboundMessage, Kind, Reaction, Stop
from bot.people import Person
from bot.shortcuts import OWN, SENTENCES, SHORTCUTS

PLATFORM = "telegram"
STOPPED = "stopped_message_generation"
KINDS = ("message", "edited_message", "callback_query", "message_reaction", STOPPED)  # of updates that we ask for
FORWARDED = "forwarded:"  # such a ref holds the text itself
VISION = ("image/jpeg", "image/png", "image/gif", "image/webp")

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The bot's own account."""

    id: str
    username: str
    reads_all: bool = False  # every message of a group comes to it, not only what is said to it


def parse(update: Data, me: Me) -> Inbound | None:
    """None for what is not for us: other bots, channel posts, service messages, kinds that we do not know."""
    delivery = str(update["update_id"])
    if "callback_query" in update:
        return _press(update["callback_query"], delivery, me)
    if "message_reaction" in update:
        return _reaction(update["message_reaction"], delivery, me)
    if STOPPED in update:
        return _stop(update[STOPPED], delivery, me)
    if "edited_message" in update:
        return _edited(update["edited_message"], delivery, me)
    return _message(update["message"], delivery, me) if "message" in update else None


def _person(user: Data, me: Me) -> Person:
    name = " ".join(part for part in (user["first_name"], user.get("last_name")) if part)
    at = f" (@{user['username']})" if user.get("username") else ""
    return Person(platform=PLATFORM, tenant=me.id, id=str(user["id"]), name=f"{name}{at}")


def _address(message: Data, me: Me) -> Address:
    """Only a forum's topic is a thread: `message_thread_id` also stands in plain replies."""
    thread = str(message["message_thread_id"]) if message.get("is_topic_message") else ""
    return Address(platform=PLATFORM, tenant=me.id, place=str(message["chat"]["id"]), thread=thread)


def _press(query: Data, delivery: str, me: Me) -> ButtonPress | None:
    if not query.get("data") or "message" not in query:
        return None
    at = _address(query["message"], me)
    return ButtonPress(delivery=delivery, at=at, sender=_person(query["from"], me), token=str(query["data"]))


def _reaction(reaction: Data, delivery: str, me: Me) -> Reaction | None:
    emojis = [item["emoji"] for item in reaction["new_reaction"] if item.get("type") == "emoji"]
    if not emojis or "user" not in reaction:
        return None
    return Reaction(
        delivery=delivery,
        at=_address(reaction, me),
        sender=_person(reaction["user"], me),
        ref=str(reaction["message_id"]),
        emoji=emojis[-1],
    )


def _stop(stopped: Data, delivery: str, me: Me) -> Stop:
    """The button below a growing answer. Drafts grow only in private chats, whose id is that of the person."""
    place = str(stopped["chat"]["id"])
    thread = str(stopped.get("message_thread_id") or "")
    at = Address(platform=PLATFORM, tenant=me.id, place=place, thread=thread)
    return Stop(delivery=delivery, at=at, sender=Person(platform=PLATFORM, tenant=me.id, id=place))


def _edited(message: Data, delivery: str, me: Me) -> Inbound | None:
    """A live location is edited all the time, which says nothing."""
    found = None if "location" in message else _message(message, delivery, me)
    return replace(found, edit_of=found.ref) if isinstance(found, InboundMessage) else found


def _message(message: Data, delivery: str, me: Me) -> InboundMessage | Command | None:
    user = message.get("from")
    if user is None or user["is_bot"] or message["chat"]["type"] == "channel" or "via_bot" in message:
        return None
    text, files = _text(message), _files(message)
    if "forward_origin" in message:
        text, files = "", _of_somebody_else(message, text, files)
    if not text and not files:
        return None
    found = InboundMessage(
        delivery=delivery,
        at=_address(message, me),
        sender=_person(user, me),
        ref=str(message["message_id"]),
        text=text,
        sent_at=datetime.fromtimestamp(message.get("edit_date") or message["date"], UTC),
        attachments=files,
        direct=message["chat"]["type"] == "private",
        mentioned=_mentions(message, me),
        reply_to=_replied(message),
    )
    return _command(_addressed(found, me), message, me)


def _text(message: Data) -> str:
    """What the person wrote, or in words what they sent."""
    if "venue" in message:
        venue = message["venue"]
        return f"📍 {venue['title']}, {venue['address']} ({_place(venue['location'])})"
    if "location" in message:
        return f"📍 {_place(message['location'])}"
    if "contact" in message:
        contact = message["contact"]
        name = " ".join(part for part in (contact["first_name"], contact.get("last_name")) if part)
        return f"👤 {name}, {contact['phone_number']}"
    if "sticker" in message:
        return str(message["sticker"].get("emoji", ""))
    if "poll" in message:
        return _listed("📊", message["poll"]["question"], message["poll"]["options"])
    if "checklist" in message:
        return _listed("☑️", message["checklist"]["title"], message["checklist"]["tasks"])
    return str(message.get("text") or message.get("caption") or "")


def _listed(sign: str, title: str, items: Sequence[Data]) -> str:
    return "\n".join([f"{sign} {title}", *(f"- {item['text']}" for item in items)])


def _place(location: Data) -> str:
    return f"{location['latitude']:.6f}, {location['longitude']:.6f}"


def _files(message: Data) -> tuple[Attachment, ...]:
    """One at most. An animation also comes as a document, so it is looked for first."""
    if message.get("photo"):
        largest = max(message["photo"], key=lambda size: size["width"] * size["height"])
        return (_file(largest, Kind.IMAGE, "image/jpeg", "photo.jpg"),)
    kinds = (
        ("voice", Kind.VOICE, "audio/ogg", "voice.ogg"),
        ("audio", Kind.FILE, "audio/mpeg", "audio"),
        ("animation", Kind.VIDEO, "video/mp4", "animation.mp4"),
        ("video", Kind.VIDEO, "video/mp4", "video.mp4"),
        ("video_note", Kind.VIDEO, "video/mp4", "video.mp4"),
        ("document", Kind.FILE, "application/octet-stream", "file"),
    )
    for field, kind, mime, name in kinds:
        if field in message:
            return (_file(message[field], kind, mime, name),)
    return ()


def _file(file: Data, kind: Kind, mime: str, name: str) -> Attachment:
    mime = str(file.get("mime_type") or mime)
    return Attachment(
        kind=Kind.IMAGE if kind is Kind.FILE and mime in VISION else kind,
        ref=str(file["file_id"]),
        mime=mime,
        size=int(file.get("file_size") or 0),
        name=str(file.get("file_name") or name),
        duration=float(file["duration"]) if "duration" in file else None,
    )


def _of_somebody_else(message: Data, text: str, files: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
    """What was forwarded is never the person's own: neither the words, which become a file, nor the voice."""
    sounds = tuple(replace(file, kind=Kind.FILE) if file.kind is Kind.VOICE else file for file in files)
    return (*sounds, _forwarded(message, text)) if text else sounds


def _forwarded(message: Data, text: str) -> Attachment:
    origin = message["forward_origin"]
    chat = origin.get("chat") or origin.get("sender_chat") or {}
    name = origin.get("sender_user", {}).get("first_name") or origin.get("sender_user_name") or chat.get("title")
    return Attachment(
        kind=Kind.FILE,
        ref=FORWARDED + text,
        mime="text/plain",
        size=len(text.encode(errors="replace")),
        name=f"message forwarded from {name or 'somebody'}",
    )


def _replied(message: Data) -> str | None:
    """In a topic every message formally answers the message that opened the topic."""
    replied = message.get("reply_to_message")
    return None if replied is None or "forum_topic_created" in replied else str(replied["message_id"])


def _mentions(message: Data, me: Me) -> bool:
    replied = message.get("reply_to_message") or {}
    if _replied(message) is not None and str(replied.get("from", {}).get("id")) == me.id:
        return True
    return any(_is_me(entity, message, me) for entity in _entities(message))


def _entities(message: Data) -> list[Data]:
    return list(message.get("entities") or message.get("caption_entities") or ())


def _is_me(entity: Data, message: Data, me: Me) -> bool:
    if entity["type"] == "text_mention":
        return str(entity["user"]["id"]) == me.id
    said = _stretch(str(message.get("text") or message.get("caption") or ""), entity)
    return entity["type"] == "mention" and said.casefold() == f"@{me.username}".casefold()


def _stretch(text: str, entity: Data) -> str:
    """Offsets count UTF-16 code units."""
    units = text.encode("utf-16-le", "surrogatepass")
    start = entity["offset"] * 2
    return units[start : start + entity["length"] * 2].decode("utf-16-le", "replace")


def _addressed(found: InboundMessage, me: Me) -> InboundMessage:
    """Without "@aurelius_bot" in front: it says to whom, not what."""
    name, rest = f"@{me.username}", found.text[len(me.username) + 1 :]
    named = found.text[: len(name)].casefold() == name.casefold() and not rest[:1].isalnum() and rest[:1] != "_"
    return replace(found, text=rest.lstrip(" ,:\n")) if named and rest.strip() else found


def _command(found: InboundMessage, message: Data, me: Me) -> InboundMessage | Command:
    """ "/tasks" and "/tasks@aurelius_bot". In groups a command that is not ours belongs to some other bot."""
    entity = next((e for e in _entities(message) if e["type"] == "bot_command" and e["offset"] == 0), None)
    if entity is None or found.attachments or found.edit_of:
        return found
    said = _stretch(found.text, entity)
    name, _, whose = said.removeprefix("/").lower().partition("@")
    name = "help" if name == "start" else name
    ours = whose == me.username.lower() if whose else found.direct or name in {*OWN, *SENTENCES, *SHORTCUTS}
    if not ours:
        return replace(found, mentioned=False)
    return Command(
        delivery=found.delivery,
        at=found.at,
        sender=found.sender,
        name=name,
        text=found.text[len(said) :].strip(),
        sent_at=found.sent_at,
        direct=found.direct,
    )
