"""What Slack delivers (events, presses, forms, commands, shortcuts) as one of our values. Pure.

The shapes are those of docs.slack.dev/reference/events and docs.slack.dev/reference/interaction-payloads. Whoever
mentions us where we are also a member is delivered twice, as a message and as a mention, each with an event id of its
own: so a message is known by its channel and time, all else by the event's or the interaction's id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from adapters.chat.slack.attachments import files, quoted
from adapters.chat.slack.words import addressed, mentioned, readable
from bot.message import Address, ButtonPress, Command, Inbound, InboundMessage, Reaction
from bot.people import Person
from bot.shortcuts import OWN, SENTENCES, SHORTCUTS

PLATFORM = "slack"
NAME = "Aurelius"
FORM = "edit_card"  # callback id of the form behind an Edit button
SPOKEN = (None, "file_share", "thread_broadcast", "me_message")  # subtypes of messages that people write
ASKS = {"remember_this": ("remember", "Remember this"), "make_task": ("task", "Make a task of this")}
EMOJI = {"+1": "👍", "thumbsup": "👍", "-1": "👎", "thumbsdown": "👎", "heart": "❤️", "white_check_mark": "✅"}

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Our own account in one workspace."""

    team: str
    user: str
    bot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is known around a delivery. `names` by user id; `direct`: the person's direct conversation with us, needed
    for what happens outside of any conversation of ours (see `needs_direct`)."""

    me: Me
    now: datetime
    names: Mapping[str, str] = field(default_factory=dict)
    direct: str = ""

    def read(self, text: str) -> str:
        """As people see it, ourselves by our name."""
        return readable(text, {**self.names, self.me.user: NAME})

    def person(self, id: str) -> Person:
        return Person(platform=PLATFORM, tenant=self.me.team, id=id, name=self.names.get(id, ""))

    def at(self, place: str, thread: str = "") -> Address:
        return Address(platform=PLATFORM, tenant=self.me.team, place=place, thread=thread)


def parse(body: Data, around: Around) -> Inbound | None:
    """None for what is not for us."""
    if "command" in body:
        return _slash(body, around)
    match body.get("type"):
        case "event_callback":
            return _event(body, around)
        case "block_actions":
            return _press(body, around)
        case "view_submission":
            return _submitted(body, around)
        case "message_action":
            return _shortcut(body, around)
    return None


def tenant_of(body: Data) -> str:
    """The workspace in which we are installed; where a channel is shared between two, that is not the sender's."""
    seen: Data = next(iter(body.get("authorizations") or ()), {})
    team: Data = body.get("team") or {}
    return str(seen.get("team_id") or body.get("team_id") or team.get("id") or "")


def sender_of(body: Data) -> str:
    """The user's id; empty for what nobody did."""
    event = _said(body)
    who: Data = body.get("user") or {}
    by = event.get("user") or body.get("user_id") or who.get("id")
    return by if isinstance(by, str) else ""


def _said(body: Data) -> Data:
    """The event; of an edited message, the message as it is now."""
    event: Data = body.get("event") or {}
    message: Data = event.get("message") or event
    return message


def people_in(body: Data) -> set[str]:
    """Whose names are needed to understand it."""
    about: Data = body.get("message") or {}
    text = str(_said(body).get("text") or about.get("text") or body.get("text") or "")
    return {sender_of(body), str(about.get("user") or ""), *mentioned(text)} - {""}


def needs_direct(body: Data) -> bool:
    kind = body.get("type")
    return "command" in body or kind == "message_action" or (kind == "block_actions" and "channel" not in body)


def _moment(ts: str) -> datetime:
    return datetime.fromtimestamp(float(ts), UTC)


def _event(body: Data, around: Around) -> Inbound | None:
    event, delivery = body["event"], str(body["event_id"])
    match event.get("type"), event.get("subtype"):
        case "message", "message_changed":
            return _edited(event, delivery, around)
        case (("message" | "app_mention"), _):
            return _message(event, f"{event['channel']}.{event['ts']}", around)
        case "reaction_added", _:
            return _reaction(event, delivery, around)
    return None


def _message(event: Data, delivery: str, around: Around, edited: bool = False) -> InboundMessage | None:
    """In a channel only what mentions us or stands in a thread; the answer to a mention begins a thread there."""
    user, raw = str(event.get("user") or ""), str(event.get("text") or "")
    if event.get("subtype") not in SPOKEN or event.get("bot_id") or user in ("", around.me.user, "USLACKBOT"):
        return None
    place, ts, thread = str(event["channel"]), str(event["ts"]), str(event.get("thread_ts") or "")
    direct, named = place.startswith("D"), around.me.user in mentioned(raw)
    if not (direct or named or thread):
        return None
    text, attachments = around.read(addressed(raw, around.me.user)), files(event, around.me.team)
    if not text.strip() and not attachments:
        return None
    return InboundMessage(
        delivery=delivery,
        at=around.at(place, thread or ("" if direct else ts)),
        sender=around.person(user),
        ref=ts,
        text=text,
        sent_at=_moment(ts),
        attachments=attachments,
        direct=direct,
        mentioned=named,
        reply_to=thread if thread != ts and thread else None,
        edit_of=ts if edited else None,
    )


def _edited(event: Data, delivery: str, around: Around) -> InboundMessage | None:
    """Only a change of words by whoever wrote them: a link that gets its preview is "changed" too."""
    message, before = event["message"], event.get("previous_message") or {}
    by = (message.get("edited") or {}).get("user")
    if by != message.get("user") or message.get("text") == before.get("text"):
        return None
    return _message({**message, "channel": event["channel"]}, delivery, around, edited=True)


def _reaction(event: Data, delivery: str, around: Around) -> Reaction | None:
    item, user = event["item"], str(event.get("user") or "")
    if item.get("type") != "message" or user in ("", around.me.user):
        return None
    name = str(event["reaction"])
    return Reaction(
        delivery=delivery,
        at=around.at(str(item["channel"])),
        sender=around.person(user),
        ref=str(item["ts"]),
        emoji=EMOJI.get(name.partition("::")[0], name),
    )


def _press(body: Data, around: Around) -> ButtonPress | None:
    """A message that others answered carries a thread of its own, in which it does not stand itself."""
    action, message = body["actions"][0], body.get("message") or {}
    if action.get("type") != "button" or not action.get("value"):
        return None
    thread = str(message.get("thread_ts") or "")
    at = around.at(str(body["channel"]["id"]), thread if thread != message.get("ts") else "") if message else None
    return ButtonPress(
        delivery=str(body["trigger_id"]),
        at=at or around.at(around.direct),
        sender=around.person(str(body["user"]["id"])),
        token=str(action["value"]),
    )


def _submitted(body: Data, around: Around) -> ButtonPress | None:
    view = body["view"]
    if view.get("callback_id") != FORM:
        return None
    kept = json.loads(view["private_metadata"])
    given = view["state"]["values"]
    return ButtonPress(
        delivery=str(body["trigger_id"]),
        at=around.at(str(kept["place"]), str(kept["thread"])),
        sender=around.person(str(body["user"]["id"])),
        token=str(kept["token"]),
        values=tuple((name, _value(next(iter(field.values())))) for name, field in given.items()),
    )


def _value(state: Data) -> str:
    """What stands in one field of a form, by the kind of its element."""
    chosen = state.get("selected_option")
    return str((chosen or {}).get("value") or state.get("selected_date") or state.get("value") or "")


def _slash(body: Data, around: Around) -> InboundMessage | Command:
    """ "/aurelius tasks" is the command "tasks"; "/aurelius what is up?" is a message."""
    said = around.read(str(body.get("text") or "")).strip()
    name, _, rest = said.partition(" ")
    if not said or name.lower() in {*OWN, *SENTENCES, *SHORTCUTS}:
        return _ordered(body, around, name.lower() or "help", rest.strip())
    return _told(body, around, said)


def _shortcut(body: Data, around: Around) -> InboundMessage | Command | None:
    """The words of a message: their own writer's are an order, somebody else's only a file beside one."""
    name, asked = ASKS.get(str(body["callback_id"]), ("", ""))
    if not name:
        return None
    message = body["message"]
    text, author = around.read(str(message.get("text") or "")), str(message.get("user") or "")
    attachments = files(message, around.me.team)
    if author == sender_of(body) and not attachments:
        return _ordered(body, around, name, text)
    whose = around.names.get(author) or str(message.get("username") or "")
    quote = (quoted(text, whose, "quoted"),) if text else ()
    return _told(body, around, asked, (*quote, *attachments))


def _ordered(body: Data, around: Around, name: str, text: str) -> Command:
    return Command(
        delivery=str(body["trigger_id"]),
        at=around.at(around.direct),
        sender=around.person(sender_of(body)),
        name=name,
        text=text,
        sent_at=around.now,
    )


def _told(body: Data, around: Around, text: str, attachments: Any = ()) -> InboundMessage:
    return InboundMessage(
        delivery=str(body["trigger_id"]),
        at=around.at(around.direct),
        sender=around.person(sender_of(body)),
        ref=str(body["trigger_id"]),
        text=text,
        sent_at=around.now,
        attachments=attachments,
    )
