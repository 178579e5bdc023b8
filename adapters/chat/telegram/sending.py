"""One message over the wire: sent, changed or deleted by the SDK. Raises the SDK's TelegramError."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import structlog

from adapters.chat.telegram.outbound import Enclosure, Part, Shape
from bot.message import Address

if TYPE_CHECKING:
    from telegram import Bot

log = structlog.get_logger()


def thread(at: Address) -> int | None:
    return int(at.thread) if at.thread else None


def _where(at: Address) -> dict[str, Any]:
    return {"chat_id": int(at.place), "message_thread_id": thread(at)}


async def post(bot: Bot, at: Address, part: Part) -> int:
    """The id of the new message, as of all here."""
    sent = await _as_html(lambda shown: bot.send_message(**_where(at), **shown, **_looks(part)), part)
    return int(sent.message_id)


async def enclose(bot: Bot, at: Address, enclosure: Enclosure) -> int:
    """What Telegram will not show as a voice note (the person may forbid them) or as a picture is sent as a file."""
    from telegram.error import BadRequest

    if enclosure.shape is Shape.DOCUMENT:
        return await _document(bot, at, enclosure)
    about, content = enclosure.upload.about, enclosure.upload.content
    try:
        if enclosure.shape is Shape.PHOTO:
            return (await bot.send_photo(**_where(at), photo=content, filename=about.name or None)).message_id
        seconds = round(about.duration or 0) or None
        sent = await bot.send_voice(**_where(at), voice=content, filename=about.name or "voice.ogg", duration=seconds)
    except BadRequest as error:
        log.info("telegram_sends_as_file", why=str(error))
        return await _document(bot, at, enclosure)
    return sent.message_id


async def _document(bot: Bot, at: Address, enclosure: Enclosure) -> int:
    about, content = enclosure.upload.about, enclosure.upload.content
    return (await bot.send_document(**_where(at), document=content, filename=about.name or "file")).message_id


async def edit(bot: Bot, at: Address, id: int, part: Part) -> int:
    from telegram.error import BadRequest

    try:
        await _as_html(
            lambda shown: bot.edit_message_text(chat_id=int(at.place), message_id=id, **shown, **_looks(part)), part
        )
    except BadRequest as error:
        if "not modified" not in str(error):
            raise
    return id


async def delete(bot: Bot, at: Address, id: int) -> int:
    from telegram.error import BadRequest

    try:
        await bot.delete_message(int(at.place), id)
    except BadRequest as error:  # gone already, or too old to be deleted
        log.info("telegram_message_not_deleted", why=str(error))
    return id


async def _as_html(call: Callable[[dict[str, Any]], Awaitable[Any]], part: Part) -> Any:
    """Should Telegram refuse our markup, the words still arrive."""
    from telegram.error import BadRequest

    try:
        return await call({"text": part.html, "parse_mode": "HTML"})
    except BadRequest as error:
        if "parse entities" not in str(error):
            raise
        log.error("telegram_refused_markup", why=str(error))
        return await call({"text": part.plain})


def _looks(part: Part) -> dict[str, Any]:
    """Without previews of links: whoever serves the page would learn that it was mentioned."""
    from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions

    rows = [
        [InlineKeyboardButton(button.text, callback_data=button.data, style=button.style) for button in row]
        for row in part.rows
    ]
    keyboard = InlineKeyboardMarkup(rows) if rows else None
    return {"reply_markup": keyboard, "link_preview_options": LinkPreviewOptions(is_disabled=True)}
