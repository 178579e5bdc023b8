"""What the business sends: POST /{number}/messages. Each kind is checked as the real one checks it, or refused in its
words (cloud-api/reference/messages)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lab.whatsapp import webhook
from lab.whatsapp.refusal import Refusal, missing, wrong
from lab.whatsapp.world import DAY, TEMPLATES, Chat, Json, Line, Person, World

TEXT, BODY, FOOTER, CAPTION = 4096, 1024, 60, 1024
BURST, SECONDS = 45, 6.0  # messages to one person at once, then one in so many seconds
TYPING = 25.0  # seconds
SCOPED = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]+")

Check = Callable[[World, Json], None]


async def send(world: World, given: Json, late: Refusal | None = None) -> Json:
    """The answer to a message that was taken. `late`: it fails afterwards, and a status says so."""
    if given.get("messaging_product") != "whatsapp":
        raise missing("messaging_product")
    if "status" in given:
        return await _mark(world, given)
    chat = _to(world, given)
    kind = str(given.get("type") or "text")
    check = CHECKS.get(kind)
    if check is None:
        raise Refusal(131051, f"Message type {kind} is not supported")
    if not isinstance(given.get(kind), dict):
        raise missing(kind)
    check(world, given[kind])
    quoted = (given.get("context") or {}).get("message_id")
    if chat is not None:
        _quotable(chat, quoted)
        _paced(world, chat)
        if kind != "template" and world.now() - chat.person.wrote_at > DAY:
            closed = "Message failed to send because more than 24 hours have passed since the customer last replied"
            raise Refusal(131047, closed)
    return await _taken(world, chat, given, kind, late)


def _to(world: World, given: Json) -> Chat | None:
    """None for a phone number that is not on WhatsApp: that is told by a failed status only."""
    to, recipient = given.get("to"), given.get("recipient")
    if not to and not recipient:
        raise missing("to")
    if to and not any(sign.isdigit() for sign in str(to)):
        raise wrong("Recipient phone number is not valid")
    if not to and not SCOPED.fullmatch(str(recipient)):
        raise wrong("Recipient is not a business-scoped user ID")
    return world.found(str(to) if to else None, str(recipient) if recipient else None)


def _quotable(chat: Chat, quoted: str | None) -> None:
    if quoted is not None and quoted not in chat.lines:
        raise wrong("context.message_id: no such message in this chat")


def _paced(world: World, chat: Chat) -> None:
    """The generic cell rate algorithm."""
    now, person = world.now(), chat.person
    if person.whole_at - (BURST - 1) * SECONDS > now:
        raise Refusal(131056, "Too many messages sent from this phone number to the same phone number")
    person.whole_at = max(person.whole_at, now) + SECONDS


async def _taken(world: World, chat: Chat | None, given: Json, kind: str, late: Refusal | None) -> Json:
    sent = Line(id=world.wamid(), author="bot", native={"type": kind, **given})
    asked = {"input": str(given.get("to") or given.get("recipient"))}
    if chat is None:
        late = late or Refusal(131026)
        stranger = Person(id="", name="", phone=asked["input"] if given.get("to") else None, scoped=None)
        await webhook.status(world, stranger, sent, "failed", late.failed())
    elif late is not None:
        await webhook.status(world, chat.person, sent, "failed", late.failed())
    else:
        sent.reply_to = (given.get("context") or {}).get("message_id")
        chat.lines[sent.id] = sent
        chat.typing_until = 0.0
        await webhook.status(world, chat.person, sent, "sent")
        await webhook.status(world, chat.person, sent, "delivered")
    known = {} if chat is None else {"wa_id": chat.person.phone} if given.get("to") else {"user_id": chat.person.scoped}
    return {"messaging_product": "whatsapp", "contacts": [asked | known], "messages": [{"id": sent.id}]}


async def _mark(world: World, given: Json) -> Json:
    """Read, and with a typing indicator the person sees that somebody writes."""
    if given["status"] != "read":
        raise Refusal(100, "(#100) Param status must be one of {read}")
    asked = str(given.get("message_id") or "")
    chat = next((chat for chat in world.chats.values() if asked in chat.lines), None)
    if chat is None or chat.lines[asked].author != "person":
        raise wrong("message_id: no such message")
    if "typing_indicator" in given:
        if given["typing_indicator"] != {"type": "text"}:
            raise wrong("typing_indicator.type must be text")
        chat.typing_until = world.now() + TYPING
    for line in chat.lines.values():
        line.read = line.read or line.author == "person"
        if line.id == asked:
            break
    return {"success": True}


def _length(name: str, value: Any, longest: int, least: int = 1) -> str:
    if not isinstance(value, str):
        raise missing(name)
    if not least <= len(value) <= longest or (least and not value.strip()):
        raise wrong(f"{name} must be at least {least} and at most {longest} characters long")
    return value


def _text(world: World, text: Json) -> None:
    _length("text['body']", text.get("body"), TEXT)
    if not isinstance(text.get("preview_url", False), bool):
        raise wrong("text['preview_url'] must be a boolean")


def _interactive(world: World, given: Json) -> None:
    _length("interactive['body']['text']", (given.get("body") or {}).get("text"), BODY)
    if "footer" in given:
        _length("interactive['footer']['text']", given["footer"].get("text"), FOOTER)
    action = given.get("action")
    if not isinstance(action, dict):
        raise missing("interactive['action']")
    if given.get("type") == "button":
        _buttons(action.get("buttons"))
    elif given.get("type") == "list":
        _list(action)
    else:
        raise wrong("interactive['type'] must be one of button, list")


def _buttons(buttons: Any) -> None:
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise wrong("Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3")
    replies = [button.get("reply") or {} for button in buttons if button.get("type") == "reply"]
    if len(replies) != len(buttons):
        raise wrong("Button type is invalid. Allowed: reply")
    for reply in replies:
        _length("button title", reply.get("title"), 20)
        _length("button id", reply.get("id"), 256)
    _different("button titles", [reply["title"] for reply in replies])
    _different("button ids", [reply["id"] for reply in replies])


def _different(what: str, values: list[str]) -> None:
    if len(set(values)) != len(values):
        raise wrong(f"{what} must be unique")


def _list(action: Json) -> None:
    _length("action['button']", action.get("button"), 20)
    sections = action.get("sections")
    if not isinstance(sections, list) or not 1 <= len(sections) <= 10:
        raise wrong("Invalid sections count. Min allowed: 1, Max allowed: 10")
    if len(sections) > 1:
        for section in sections:
            _length("section title", section.get("title"), 24)
    rows = [row for section in sections for row in section.get("rows") or ()]
    if not 1 <= len(rows) <= 10:
        raise wrong("Total row count exceed max allowed count: 10")
    for row in rows:
        _length("row title", row.get("title"), 24)
        _length("row id", row.get("id"), 200)
        _length("row description", row.get("description", ""), 72, 0)
    _different("row ids", [row["id"] for row in rows])


def _media(*mimes: str) -> Check:
    def check(world: World, given: Json) -> None:
        if "link" in given:
            raise wrong("this stand-in fetches no links: upload the file")
        media = world.media.get(str(given.get("id") or ""))
        if media is None or media.until < world.now():
            raise Refusal(131053, "No such media, or it has expired")
        if not media.mime.startswith(mimes):
            raise Refusal(131053, f"Media of type {media.mime} cannot be sent so")
        if given.get("voice") and not media.mime.startswith("audio/ogg"):
            raise wrong("audio['voice'] needs an Ogg file with the Opus codec")
        _length("caption", given.get("caption", ""), CAPTION, 0)

    return check


def _reaction(world: World, given: Json) -> None:
    if not any(str(given.get("message_id")) in chat.lines for chat in world.chats.values()):
        raise wrong("reaction['message_id']: no such message")


def _template(world: World, given: Json) -> None:
    name, language = str(given.get("name") or ""), str((given.get("language") or {}).get("code") or "")
    if not name:
        raise missing("template['name']")
    if language not in TEMPLATES.get(name, {}):
        raise Refusal(132001, f"template name ({name}) does not exist in {language}")


CHECKS: dict[str, Check] = {
    "text": _text,
    "interactive": _interactive,
    "audio": _media("audio/"),
    "image": _media("image/jpeg", "image/png"),
    "video": _media("video/"),
    "sticker": _media("image/webp"),
    "document": _media(""),
    "reaction": _reaction,
    "template": _template,
}
