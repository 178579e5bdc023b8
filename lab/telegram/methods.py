"""The methods of the Bot API. Each takes the parameters as the API knows them and returns the result, or a Refusal."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from lab.telegram.markup import read_html, units
from lab.telegram.refusal import Refusal
from lab.telegram.world import Chat, Json, World

LONGEST, CAPTION = 4096, 1024
DOWNLOAD, PICTURE, UPLOAD = 20 * 1024**2, 10 * 1024**2, 50 * 1024**2  # bytes
TYPING = 5.0  # seconds that "typing" shows
ACTIONS = (
    "typing upload_photo record_video upload_video record_voice upload_voice upload_document find_location".split()
)
COMMAND = re.compile(r"[a-z0-9_]{1,32}")
STYLES = ("danger", "success", "primary")
MARKUP = ("inline_keyboard", "keyboard", "remove_keyboard", "force_reply")
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"

Method = Callable[[World, Mapping[str, Any]], Awaitable[Any]]


async def get_me(world: World, given: Mapping[str, Any]) -> Json:
    return world.bot


async def send_message(world: World, given: Mapping[str, Any]) -> Json:
    chat = _chat(world, given)
    text, entities = _text(given, "text", LONGEST)
    if not text.strip():
        raise Refusal("message text is empty")
    return await _sent(world, chat, given, {"text": text, "entities": entities})


async def _sent(world: World, chat: Chat, given: Mapping[str, Any], content: Json) -> Json:
    message: Json = {"from": world.bot} | content | _keyboard(given)
    if given.get("message_thread_id"):
        message |= {"message_thread_id": int(given["message_thread_id"]), "is_topic_message": True}
    chat.drafts.clear()
    chat.typing_until = 0.0
    return world.put(chat, message)


async def edit_message_text(world: World, given: Mapping[str, Any]) -> Json:
    chat = _chat(world, given)
    message = chat.messages.get(_number(given, "message_id"))
    if message is None:
        raise Refusal("message to edit not found")
    if message.get("from", {}).get("id") != world.bot["id"] or "text" not in message:
        raise Refusal("message can't be edited")
    text, entities = _text(given, "text", LONGEST)
    if not text.strip():
        raise Refusal("message text is empty")
    content = {"text": text, "entities": entities} | _keyboard(given)
    before = {key: message.get(key) for key in ("text", "entities", "reply_markup")}
    if before == {key: content.get(key) for key in before}:
        raise Refusal(NOT_MODIFIED)
    message.pop("reply_markup", None)
    message |= content | {"edit_date": message["date"]}
    chat.edits[message["message_id"]] += 1
    return message


async def edit_message_reply_markup(world: World, given: Mapping[str, Any]) -> Json:
    chat = _chat(world, given)
    message = chat.messages.get(_number(given, "message_id"))
    if message is None:
        raise Refusal("message to edit not found")
    keyboard = _keyboard(given)
    if message.get("reply_markup") == keyboard.get("reply_markup"):
        raise Refusal(NOT_MODIFIED)
    message.pop("reply_markup", None)
    message |= keyboard
    return message


async def delete_message(world: World, given: Mapping[str, Any]) -> bool:
    chat = _chat(world, given)
    number = _number(given, "message_id")
    if chat.messages.pop(number, None) is None:
        raise Refusal("message to delete not found")
    return True


async def send_message_draft(world: World, given: Mapping[str, Any]) -> bool:
    chat = _chat(world, given)
    if chat.about["type"] != "private":
        raise Refusal("drafts can be sent to private chats only")
    if _number(given, "draft_id") == 0:
        raise Refusal("DRAFT_ID_INVALID")
    chat.drafts[_number(given, "draft_id")] = _text({"text": ""} | dict(given), "text", LONGEST)
    chat.stoppable = str(given.get("can_stop", "")).lower() == "true"
    return True


async def send_chat_action(world: World, given: Mapping[str, Any]) -> bool:
    chat = _chat(world, given)
    if _needed(given, "action") not in ACTIONS:
        raise Refusal("wrong parameter action in request")
    chat.typing_until = time.monotonic() + TYPING
    return True


async def answer_callback_query(world: World, given: Mapping[str, Any]) -> bool:
    """Once: a second answer finds no query."""
    query = str(_needed(given, "callback_query_id"))
    if world.presses.get(query, True):
        raise Refusal(TOO_OLD)
    world.presses[query] = True
    return True


async def send_file(world: World, given: Mapping[str, Any], field: str) -> Json:
    """`field`: voice, document or photo, as an upload (name, mime, content) or a file_id. What is no OGG with Opus in
    it does not become a voice note."""
    chat = _chat(world, given)
    given_file = _needed(given, field)
    caption, entities = _text({"caption": ""} | dict(given), "caption", CAPTION)
    file_id = world.keep(*given_file) if isinstance(given_file, tuple) else str(given_file)
    if file_id not in world.files:
        raise Refusal("wrong file identifier/HTTP URL specified")
    sent = world.files[file_id]
    if len(sent.content) > (PICTURE if field == "photo" else UPLOAD):
        raise Refusal("Request Entity Too Large", code=413)
    file: Json = {"file_id": file_id, "file_unique_id": file_id[:12], "file_size": len(sent.content)}
    words = {"caption": caption, "caption_entities": entities} if caption else {}
    if field == "photo":
        return await _sent(world, chat, given, {"photo": [file | {"width": 90, "height": 90}]} | words)
    if field == "voice" and sent.content[:4] == b"OggS" and b"OpusHead" in sent.content[:64]:
        spoken = {"voice": file | {"duration": int(given.get("duration") or 0), "mime_type": "audio/ogg"}}
        return await _sent(world, chat, given, spoken | words)
    document = file | {"file_name": sent.name, "mime_type": sent.mime}
    return await _sent(world, chat, given, {"document": document} | words)


async def get_file(world: World, given: Mapping[str, Any]) -> Json:
    file_id = str(_needed(given, "file_id"))
    if file_id not in world.files:
        raise Refusal("wrong file_id or the file is temporarily unavailable")
    file = world.files[file_id]
    if len(file.content) > DOWNLOAD:
        raise Refusal("file is too big")
    about = {"file_id": file_id, "file_unique_id": file_id[:12], "file_size": len(file.content)}
    return about | {"file_path": file.path}


async def set_webhook(world: World, given: Mapping[str, Any]) -> bool:
    """An address without https is taken on loopback alone, where tests live."""
    url = str(given.get("url") or "")
    if url and not url.startswith(("https://", "http://127.0.0.1:")):
        raise Refusal("bad webhook: An HTTPS URL must be provided for webhook")
    secret = str(given.get("secret_token") or "")
    if len(secret) > 256 or not all(c.isascii() and (c.isalnum() or c in "_-") for c in secret):
        raise Refusal("secret token contains unallowed characters")
    _clear(world, given)
    world.webhook = {"url": url, "secret": secret, "connections": int(given.get("max_connections") or 40)}
    world.allowed = _json(given, "allowed_updates", world.allowed)
    return True


async def delete_webhook(world: World, given: Mapping[str, Any]) -> bool:
    _clear(world, given)
    world.webhook = {"url": ""}
    return True


def _clear(world: World, given: Mapping[str, Any]) -> None:
    if str(given.get("drop_pending_updates", "")).lower() == "true":
        world.updates.clear()


async def get_webhook_info(world: World, given: Mapping[str, Any]) -> Json:
    return {
        "url": world.webhook["url"],
        "has_custom_certificate": False,
        "pending_update_count": len(world.updates),
    }


async def set_my_commands(world: World, given: Mapping[str, Any]) -> bool:
    """Those that the app offers when somebody types a slash: at most 100, names of 1 to 32 small letters."""
    commands = _json(given, "commands", [])
    if len(commands) > 100:
        raise Refusal("too many commands")
    for command in commands:
        if not COMMAND.fullmatch(str(command.get("command", ""))):
            raise Refusal("BOT_COMMAND_INVALID")
        if not 0 < len(str(command.get("description", ""))) <= 256:
            raise Refusal("BOT_COMMAND_DESCRIPTION_INVALID")
    world.commands = [dict(command) for command in commands]
    return True


async def get_my_commands(world: World, given: Mapping[str, Any]) -> list[Json]:
    return world.commands


def _needed(given: Mapping[str, Any], name: str) -> Any:
    if given.get(name) in (None, ""):
        raise Refusal("message text is empty" if name == "text" else f"{name} is empty")
    return given[name]


def _number(given: Mapping[str, Any], name: str) -> int:
    try:
        return int(_needed(given, name))
    except ValueError:
        raise Refusal(f"{name} must be an integer") from None


def _json(given: Mapping[str, Any], name: str, default: Any) -> Any:
    """Lists and objects come as JSON, in a form as text."""
    value = given.get(name, default)
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        raise Refusal(f"can't parse {name} JSON object") from None


def _chat(world: World, given: Mapping[str, Any]) -> Chat:
    """Only chats that a person opened exist: a bot cannot begin."""
    if given.get("chat_id") in (None, ""):
        raise Refusal("chat_id is empty")
    found = world.chats.get(_number(given, "chat_id"))
    if found is None:
        raise Refusal("chat not found")
    if found.blocked:
        raise Refusal("bot was blocked by the user", code=403)
    return found


def _text(given: Mapping[str, Any], name: str, longest: int) -> tuple[str, list[Json]]:
    source, mode = str(given.get(name) or ""), str(given.get("parse_mode") or "")
    if mode and mode.lower() != "html":
        raise Refusal("unsupported parse_mode")
    text, entities = read_html(source) if mode else (source, [])
    if units(text) > longest:
        raise Refusal("message is too long" if name == "text" else "message caption is too long")
    return _stripped(text, entities)


def _stripped(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Without blanks around; the entities move along."""
    before, size = units(text) - units(text.lstrip()), units(text.strip())
    kept = []
    for entity in entities:
        start = max(entity["offset"] - before, 0)
        end = min(entity["offset"] - before + entity["length"], size)
        if start < end:
            kept.append(entity | {"offset": start, "length": end - start})
    return text.strip(), kept


def _keyboard(given: Mapping[str, Any]) -> Json:
    markup = _json(given, "reply_markup", None)
    if not markup:
        return {}
    if not isinstance(markup, dict) or not any(name in markup for name in MARKUP):
        raise Refusal("object expected as reply markup")
    for row in markup.get("inline_keyboard", ()):
        for button in row:
            _check_button(button)
    return {"reply_markup": markup} if markup.get("inline_keyboard") else {}


def _check_button(button: Json) -> None:
    if not str(button.get("text", "")).strip():
        raise Refusal("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if "callback_data" in button and not 0 < len(str(button["callback_data"]).encode()) <= 64:
        raise Refusal("BUTTON_DATA_INVALID")
    if "callback_data" not in button and "url" not in button:
        raise Refusal("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if button.get("style", "primary") not in STYLES:
        raise Refusal("invalid button style specified")


async def _send_voice(world: World, given: Mapping[str, Any]) -> Json:
    return await send_file(world, given, "voice")


async def _send_document(world: World, given: Mapping[str, Any]) -> Json:
    return await send_file(world, given, "document")


async def _send_photo(world: World, given: Mapping[str, Any]) -> Json:
    return await send_file(world, given, "photo")


METHODS: dict[str, Method] = {
    "getme": get_me,
    "sendmessage": send_message,
    "sendmessagedraft": send_message_draft,
    "sendchataction": send_chat_action,
    "sendvoice": _send_voice,
    "senddocument": _send_document,
    "sendphoto": _send_photo,
    "editmessagetext": edit_message_text,
    "editmessagereplymarkup": edit_message_reply_markup,
    "deletemessage": delete_message,
    "answercallbackquery": answer_callback_query,
    "getfile": get_file,
    "setwebhook": set_webhook,
    "deletewebhook": delete_webhook,
    "getwebhookinfo": get_webhook_info,
    "setmycommands": set_my_commands,
    "getmycommands": get_my_commands,
}
