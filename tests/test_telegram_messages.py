"""Telegram's updates as our values, one by one; pure, on payloads as the Bot API writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.chat.telegram.inbound import Me, parse
from bot.message import Address, ButtonPress, Command, InboundMessage, Kind, Reaction, Stop
from lab.telegram.people import entities

ME = Me(id="42", username="aurelius_bot")
ANN = {"id": 7, "is_bot": False, "first_name": "Ann", "last_name": "Lee", "username": "ann", "language_code": "de"}
OURS = {"id": 42, "is_bot": True, "first_name": "Aurelius", "username": "aurelius_bot"}
PRIVATE = {"id": 7, "type": "private", "first_name": "Ann"}
GROUP = {"id": -100123, "type": "supergroup", "title": "Family", "is_forum": True}
SMALL = {"file_id": "S", "width": 90, "height": 60, "file_size": 2}
INLINE = {"id": "1", "from": ANN, "chat_instance": "1", "inline_message_id": "i", "data": "a.b"}
AT = Address(platform="telegram", tenant="42", place="7")
HERE = Address(platform="telegram", tenant="42", place="-100123")


def message(chat: dict[str, Any] = PRIVATE, **fields: Any) -> dict[str, Any]:
    text = fields.get("text", "")
    found = {"message_id": 11, "from": ANN, "chat": chat, "date": 1795208090, "entities": entities(text)}
    return {"update_id": 9, "message": found | fields}


def parsed(update: dict[str, Any]) -> InboundMessage:
    found = parse(update, ME)
    assert isinstance(found, InboundMessage)
    return found


def test_a_private_message_has_all_that_we_need() -> None:
    found = parsed(message(text="hello"))
    assert (found.delivery, found.ref, found.at, found.text) == ("9", "11", AT, "hello")
    assert (found.sender.id, found.sender.tenant, found.sender.name) == ("7", "42", "Ann Lee (@ann)")
    assert found.sent_at == datetime.fromtimestamp(1795208090, UTC)
    assert found.direct
    assert not found.mentioned


@pytest.mark.parametrize(
    ("fields", "kind", "mime", "name", "size", "duration"),
    [
        (
            {"voice": {"file_id": "F", "duration": 3, "mime_type": "audio/ogg", "file_size": 9}},
            Kind.VOICE, "audio/ogg", "voice.ogg", 9, 3.0,
        ),
        (
            {"audio": {"file_id": "F", "duration": 60, "mime_type": "audio/mp4", "file_name": "a.m4a"}},
            Kind.FILE, "audio/mp4", "a.m4a", 0, 60.0,
        ),
        (
            {"document": {"file_id": "F", "file_name": "a.pdf", "mime_type": "application/pdf", "file_size": 5}},
            Kind.FILE, "application/pdf", "a.pdf", 5, None,
        ),
        (
            {"document": {"file_id": "F", "file_name": "a.png", "mime_type": "image/png"}},
            Kind.IMAGE, "image/png", "a.png", 0, None,
        ),
        ({"document": {"file_id": "F"}}, Kind.FILE, "application/octet-stream", "file", 0, None),
        ({"video": {"file_id": "F", "duration": 2}}, Kind.VIDEO, "video/mp4", "video.mp4", 0, 2.0),
        ({"video_note": {"file_id": "F", "duration": 2}}, Kind.VIDEO, "video/mp4", "video.mp4", 0, 2.0),
        (
            {"animation": {"file_id": "F", "duration": 1}, "document": {"file_id": "D"}},
            Kind.VIDEO, "video/mp4", "animation.mp4", 0, 1.0,
        ),
        (
            {"photo": [SMALL, {"file_id": "F", "width": 1280, "height": 853, "file_size": 8}]},
            Kind.IMAGE, "image/jpeg", "photo.jpg", 8, None,
        ),
    ],
)  # fmt: skip
def test_a_file_keeps_its_kind_and_its_caption(
    fields: dict[str, Any], kind: Kind, mime: str, name: str, size: int, duration: float | None
) -> None:
    found = parsed(message(caption="look", **fields))
    file = found.attachments[0]
    assert (file.kind, file.ref, file.mime, file.name, file.size) == (kind, "F", mime, name, size)
    assert file.duration == duration
    assert (found.text, len(found.attachments)) == ("look", 1)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"location": {"latitude": 52.52, "longitude": 13.405}}, "📍 52.520000, 13.405000"),
        (
            {"venue": {"title": "Bar", "address": "Weg 1", "location": {"latitude": 1.0, "longitude": 2.0}},
             "location": {"latitude": 1.0, "longitude": 2.0}},
            "📍 Bar, Weg 1 (1.000000, 2.000000)",
        ),
        ({"contact": {"first_name": "Bob", "phone_number": "+491"}}, "👤 Bob, +491"),
        ({"sticker": {"file_id": "F", "emoji": "👍"}}, "👍"),
    ],
)  # fmt: skip
def test_what_is_neither_text_nor_file_is_told_in_words(fields: dict[str, Any], text: str) -> None:
    assert parsed(message(**fields)).text == text


@pytest.mark.parametrize(
    "update",
    [
        message(text="hi", **{"from": OURS | {"id": 99}}),
        message(text="hi", via_bot=OURS),
        message({"id": -5, "type": "channel", "title": "News"}, text="hi"),
        {"update_id": 1, "channel_post": message(text="hi")["message"]},
        message(new_chat_members=[ANN]),
        message(pinned_message={"message_id": 3}),
        {"update_id": 1, "edited_message": message(location={"latitude": 1.0, "longitude": 2.0})["message"]},
        {"update_id": 1, "callback_query": INLINE},
        {"update_id": 1, "my_chat_member": {"chat": PRIVATE, "from": ANN, "date": 1}},
        {"update_id": 1, "something_new": {}},
    ],
)  # fmt: skip
def test_what_is_not_for_us_is_nothing(update: dict[str, Any]) -> None:
    assert parse(update, ME) is None


@pytest.mark.parametrize(
    ("fields", "mentioned"),
    [
        ({"text": "hi all"}, False),
        ({"text": "hi @Aurelius_Bot, what is up?"}, True),
        ({"text": "🙂🙂 @aurelius_bot"}, True),
        ({"text": "hi @aurelius_bot_two"}, False),
        ({"text": "hi Aurelius", "entities": [{"type": "text_mention", "offset": 3, "length": 8, "user": OURS}]}, True),
        ({"text": "yes", "reply_to_message": {"message_id": 3, "from": OURS, "chat": GROUP, "date": 1}}, True),
        ({"text": "yes", "reply_to_message": {"message_id": 3, "from": ANN, "chat": GROUP, "date": 1}}, False),
        ({"text": "yes", "reply_to_message": {"message_id": 3, "from": OURS, "forum_topic_created": {}}}, False),
        ({"caption": "@aurelius_bot see", "caption_entities": entities("@aurelius_bot see"), "entities": [],
          "document": {"file_id": "F"}}, True),
    ],
)  # fmt: skip
def test_in_a_group_only_a_mention_or_an_answer_to_us_is_meant_for_us(fields: dict[str, Any], mentioned: bool) -> None:
    found = parsed(message(GROUP, **fields))
    assert (found.direct, found.mentioned, found.at) == (False, mentioned, HERE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@aurelius_bot what is up?", "what is up?"),
        ("@Aurelius_Bot, stop", "stop"),
        ("ask @aurelius_bot", "ask @aurelius_bot"),
        ("@aurelius_bot", "@aurelius_bot"),
        ("@aurelius_bots hi", "@aurelius_bots hi"),
    ],
)
def test_the_name_in_front_says_to_whom_and_not_what(text: str, said: str) -> None:
    assert parsed(message(GROUP, text=text)).text == said


def test_only_a_topic_is_a_thread() -> None:
    topic = parsed(message(GROUP, text="hi", message_thread_id=5, is_topic_message=True))
    assert topic.at.thread == "5"
    assert parsed(message(GROUP, text="hi", message_thread_id=5)).at.thread == ""


@pytest.mark.parametrize(
    ("chat", "text", "name", "rest"),
    [
        (PRIVATE, "/remember I like tea", "remember", "I like tea"),
        (PRIVATE, "/start", "help", ""),
        (PRIVATE, "/start deep_link", "help", "deep_link"),
        (PRIVATE, "/Tasks", "tasks", ""),
        (PRIVATE, "/nothing known", "nothing", "known"),
        (GROUP, "/tasks@Aurelius_Bot", "tasks", ""),
        (GROUP, "/tasks", "tasks", ""),
    ],
)
def test_a_command_is_a_command(chat: dict[str, Any], text: str, name: str, rest: str) -> None:
    found = parse(message(chat, text=text), ME)
    assert isinstance(found, Command)
    assert (found.name, found.text) == (name, rest)


@pytest.mark.parametrize("text", ["/tasks@other_bot", "/rules"])
def test_a_command_for_another_bot_is_not_ours(text: str) -> None:
    assert not parsed(message(GROUP, text=text)).mentioned


def test_a_press_is_the_token_of_its_button() -> None:
    query = {
        "id": "q",
        "from": ANN,
        "message": message(GROUP, text="card")["message"],
        "chat_instance": "1",
        "data": "a.n",
    }
    found = parse({"update_id": 5, "callback_query": query}, ME)
    assert isinstance(found, ButtonPress)
    assert (found.delivery, found.token, found.at, found.sender.id) == ("5", "a.n", HERE, "7")


def test_the_stop_button_below_a_draft_stops() -> None:
    update = {"update_id": 8, "stopped_message_generation": {"chat": PRIVATE, "draft_id": 5}}
    found = parse(update, ME)
    assert isinstance(found, Stop)
    assert (found.delivery, found.at, found.sender.id) == ("8", AT, "7")


def test_an_edit_says_what_it_is_an_edit_of() -> None:
    edited = message(text="hello!")["message"] | {"edit_date": 1795208100}
    found = parsed({"update_id": 6, "edited_message": edited})
    assert (found.edit_of, found.text, found.delivery) == ("11", "hello!", "6")
    assert found.sent_at == datetime.fromtimestamp(1795208100, UTC)


def test_an_answer_says_what_it_answers() -> None:
    assert parsed(message(text="yes", reply_to_message={"message_id": 3, "from": OURS})).reply_to == "3"


def test_a_reaction_is_its_newest_emoji() -> None:
    about = {"chat": PRIVATE, "message_id": 3, "user": ANN, "date": 1, "old_reaction": []}
    found = parse(
        {"update_id": 5, "message_reaction": about | {"new_reaction": [{"type": "emoji", "emoji": "👍"}]}}, ME
    )
    assert isinstance(found, Reaction)
    assert (found.ref, found.emoji) == ("3", "👍")
    assert parse({"update_id": 5, "message_reaction": about | {"new_reaction": []}}, ME) is None


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ({"type": "user", "sender_user": {"first_name": "Bob"}, "date": 1}, "Bob"),
        ({"type": "hidden_user", "sender_user_name": "Eve", "date": 1}, "Eve"),
        ({"type": "channel", "chat": {"title": "News"}, "message_id": 1, "date": 1}, "News"),
        ({"type": "chat", "sender_chat": {"title": "Club"}, "date": 1}, "Club"),
    ],
)
def test_what_was_forwarded_is_a_file_of_somebody_else(origin: dict[str, Any], name: str) -> None:
    found = parsed(message(text="pay Eve", forward_origin=origin))
    assert found.text == ""
    assert (found.attachments[0].mime, found.attachments[0].name) == ("text/plain", f"message forwarded from {name}")
    assert found.attachments[0].ref.endswith("pay Eve")


def test_a_forwarded_voice_note_is_not_the_persons_own_voice() -> None:
    origin = {"type": "hidden_user", "sender_user_name": "Eve", "date": 1}
    voice = {"file_id": "F", "duration": 3, "mime_type": "audio/ogg", "file_size": 9}
    (file,) = parsed(message(voice=voice, forward_origin=origin)).attachments
    assert (file.kind, file.mime, file.duration) == (Kind.FILE, "audio/ogg", 3.0)
