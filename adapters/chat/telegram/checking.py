"""Whether the settings for Telegram work, asked of Telegram itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from adapters.chat.telegram.connection import Connection, trouble

if TYPE_CHECKING:
    from telegram import WebhookInfo

PATH = "/webhooks/telegram"
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")  # Bot API, setWebhook: secret_token
TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]{20,}")


async def check(*, token: str, root: str | None, secret: str | None, public_url: str) -> str | None:
    """None when they work; else what is wrong, with what to do. Changes nothing at Telegram."""
    if not TOKEN.fullmatch(token):
        return "TELEGRAM_BOT_TOKEN does not look like a token of @BotFather (123456:ABC...). Copy it from there again."
    if secret is not None and (problem := _webhook_settings(secret, public_url)):
        return problem
    from telegram.error import TelegramError

    connection = Connection(token, root)
    try:
        await connection.me()
        return _webhook(await (await connection.bot()).get_webhook_info(), by_webhook=secret is not None)
    except TelegramError as error:
        return trouble(error)
    finally:
        await connection.close()


def _webhook_settings(secret: str, public_url: str) -> str | None:
    if not SECRET.fullmatch(secret):
        return "TELEGRAM_WEBHOOK_SECRET may only hold letters, digits, _ and -, at most 256 of them."
    if not public_url.startswith("https://") and urlsplit(public_url).hostname != "127.0.0.1":
        return (
            "TELEGRAM_WEBHOOK_SECRET asks for a webhook, and Telegram calls only https: set PUBLIC_URL to an https "
            "address of this machine, or remove the secret to poll."
        )
    return None


def _webhook(info: WebhookInfo, *, by_webhook: bool) -> str | None:
    """A webhook of ours may stay from before, and is set anew at each start."""
    if info.url and urlsplit(info.url).path != PATH:
        return (
            f"Another program gets this bot's messages: its webhook is {info.url}. Aurelius takes the bot over when it "
            "starts. If that is not what you want, make a bot of its own at @BotFather (/newbot)."
        )
    if by_webhook and info.url and info.pending_update_count and info.last_error_message:
        return (
            f"Telegram cannot deliver to {info.url}: {info.last_error_message}. "
            f"{info.pending_update_count} messages wait. Is PUBLIC_URL reached from the internet?"
        )
    return None
