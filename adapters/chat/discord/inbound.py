"""A dispatch of Discord's gateway as one of our values. Pure. Field names are those of the API (v10)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from adapters.chat.discord.modal import values
from bot.message import Address, Attachment, ButtonPress, Command, Inbound, InboundMessage, Kind, Reaction, Stop
from bot.people import Person

PLATFORM = "discord"
EVENTS = ("MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_REACTION_ADD", "INTERACTION_CREATE")  # those that people cause
SAID = (0, 19)  # types of messages that people write: plain and reply
THREADS = (10, 11, 12)  # types of channels
FORWARD = 1  # type of a message's reference
VOICE = 1 << 13  # flag of a message that is a voice note
CATCH_ALL = "aurelius"  # a slash command whose text is a plain message to us
COMPONENT = 3  # type of an interaction: a button was pressed
STOP = "stop."  # a button that begins so ends the answer which is being written
FORWARDED = "forwarded:"  # such a ref holds the text itself
VISION = ("image/jpeg", "image/png", "image/gif", "image/webp")
EPOCH = 1_420_070_400_000  # milliseconds; an id holds its time since then in its upper bits
MENTION = re.compile(r"<@!?(\d+)>")

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The bot's own account, and the threads that there are."""

    id: str
    threads: frozenset[str] = frozenset()


def parse(event: str, data: Data, me: Me) -> Inbound | None:
    """None for what is not for us: bots, webhooks, our own messages, system messages, kinds that we do not know."""
    match event:
        case "MESSAGE_CREATE":
            return _message(data, me)
        case "MESSAGE_UPDATE":
            return _edited(data, me)
        case "MESSAGE_REACTION_ADD":
            return _reaction(data, me)
        case "INTERACTION_CREATE":
            return _interaction(data, me)
    return None


def made_at(id: str) -> datetime:
    """When the thing with this id was made."""
    return datetime.fromtimestamp(((int(id) >> 22) + EPOCH) / 1000, UTC)


def _address(data: Data, me: Me) -> Address:
    """A thread is a channel with an id of its own."""
    place = str(data["channel_id"])
    is_thread = place in me.threads or (data.get("channel") or {}).get("type") in THREADS
    return Address(platform=PLATFORM, tenant="", place=place, thread=place if is_thread else "")


def _person(user: Data) -> Person:
    shown, name = user.get("global_name"), str(user.get("username", ""))
    return Person(platform=PLATFORM, tenant="", id=str(user["id"]), name=f"{shown} (@{name})" if shown else name)


def _edited(data: Data, me: Me) -> InboundMessage | None:
    """An update also comes when a preview was added: then nobody edited."""
    found = _message(data, me) if data.get("edited_timestamp") else None
    if found is None:
        return None
    moment = str(data["edited_timestamp"])
    delivery = f"{found.ref}.{moment}"
    return replace(found, delivery=delivery, edit_of=found.ref, sent_at=datetime.fromisoformat(moment))


def _message(data: Data, me: Me) -> InboundMessage | None:
    author = data.get("author")
    if author is None or author.get("bot") or author.get("system") or "webhook_id" in data:
        return None
    if data["type"] not in SAID:
        return None
    text, files = _text(data, me), (*_files(data), *_forwarded(data))
    if not text and not files:
        return None
    return InboundMessage(
        delivery=str(data["id"]),
        at=_address(data, me),
        sender=_person(author),
        ref=str(data["id"]),
        text=text,
        sent_at=datetime.fromisoformat(str(data["timestamp"])),
        attachments=files,
        direct="guild_id" not in data,
        mentioned=_mentioned(data, me),
        reply_to=_replied(data),
    )


def _text(data: Data, me: Me) -> str:
    """What the person wrote, with the names of who is mentioned; without our own in front: it says to whom, not
    what."""
    names = {str(user["id"]): user.get("global_name") or user["username"] for user in data.get("mentions", ())}
    text = re.sub(rf"^\s*<@!?{me.id}>[\s,:]*", "", str(data.get("content") or ""))
    text = MENTION.sub(lambda found: f"@{names.get(found[1], found[1])}", text)
    stickers = " ".join(f"[sticker: {sticker['name']}]" for sticker in data.get("sticker_items", ()))
    return "\n".join(part for part in (text, stickers) if part)


def _mentioned(data: Data, me: Me) -> bool:
    replied = (data.get("referenced_message") or {}).get("author") or {}
    named = any(str(user["id"]) == me.id for user in data.get("mentions", ()))
    return named or str(replied.get("id")) == me.id


def _replied(data: Data) -> str | None:
    reference = data.get("message_reference") or {}
    is_reply = data["type"] == 19 and reference.get("type", 0) != FORWARD
    return str(reference["message_id"]) if is_reply and reference.get("message_id") else None


def _files(data: Data) -> tuple[Attachment, ...]:
    voice = bool(int(data.get("flags") or 0) & VOICE)
    return tuple(_file(file, data, voice) for file in data.get("attachments", ()))


def _file(file: Data, data: Data, voice: bool) -> Attachment:
    """`ref` finds the file again when its address has run out: channel, message and attachment, then the address."""
    mime = str(file.get("content_type") or "application/octet-stream").partition(";")[0]
    duration = file.get("duration_secs")
    return Attachment(
        kind=_kind(mime, voice and bool(file.get("waveform"))),
        ref=f"{data['channel_id']}/{data['id']}/{file['id']} {file['url']}",
        mime=mime,
        size=int(file["size"]),
        name=str(file.get("title") or file["filename"]),
        duration=float(duration) if duration is not None else None,
    )


def _kind(mime: str, voice: bool) -> Kind:
    if voice:
        return Kind.VOICE
    if mime in VISION:
        return Kind.IMAGE
    return Kind.VIDEO if mime.startswith("video/") else Kind.FILE


def _forwarded(data: Data) -> tuple[Attachment, ...]:
    """Words and files of somebody else: a file each, never words of the person who forwards them, nor their voice."""
    if (data.get("message_reference") or {}).get("type") != FORWARD:
        return ()
    found: list[Attachment] = []
    for snapshot in data.get("message_snapshots", ()):
        message = snapshot["message"]
        if message.get("content"):
            found.append(_quoted(str(message["content"])))
        found += [_file(file, data, voice=False) for file in message.get("attachments", ())]
    return tuple(found)


def _quoted(text: str) -> Attachment:
    size = len(text.encode(errors="replace"))
    return Attachment(
        kind=Kind.FILE, ref=FORWARDED + text, mime="text/plain", size=size, name="message forwarded from somebody"
    )


def _reaction(data: Data, me: Me) -> Reaction | None:
    user, emoji = str(data["user_id"]), data["emoji"]
    member = (data.get("member") or {}).get("user") or {"id": user}
    if user == me.id or member.get("bot"):
        return None
    name = str(emoji.get("name") or emoji.get("id") or "")
    return Reaction(
        delivery=f"{data['message_id']}.{user}.{name}",
        at=_address(data, me),
        sender=_person(member),
        ref=str(data["message_id"]),
        emoji=name,
    )


def _interaction(data: Data, me: Me) -> Inbound | None:
    user = data.get("user") or (data.get("member") or {}).get("user")
    if user is None or "channel_id" not in data:
        return None
    about: dict[str, Any] = {
        "delivery": str(data["id"]), "at": _address(data, me), "sender": _person(user)
    }  # fmt: skip
    given = data.get("data") or {}
    match data["type"]:
        case 2 if given.get("type", 1) == 1:
            return _command(about, given, data)
        case 3 if str(given["custom_id"]).startswith(STOP):
            return Stop(**about)
        case 3:
            return ButtonPress(**about, token=str(given["custom_id"]))
        case 5:
            return ButtonPress(**about, token=str(given["custom_id"]), values=values(given["components"]))
    return None


def _command(about: dict[str, Any], given: Data, data: Data) -> Command | InboundMessage:
    text = _option(given.get("options") or ())
    name = str(given["name"])
    sent_at = made_at(str(data["id"]))
    if name == CATCH_ALL and text:
        direct = "guild_id" not in data
        return InboundMessage(**about, ref=about["delivery"], text=text, sent_at=sent_at, direct=direct, mentioned=True)
    return Command(**about, name="help" if name == CATCH_ALL else name, text=text, sent_at=sent_at)


def _option(options: Sequence[Data]) -> str:
    return str(options[0].get("value", "")).strip() if options else ""
