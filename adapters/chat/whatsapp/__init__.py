"""WhatsApp as a chat platform, through Meta's Cloud API: webhooks become our values, our values become messages."""

from __future__ import annotations

from adapters.chat.whatsapp.client import WhatsAppChat
from adapters.chat.whatsapp.connection import Connection
from adapters.chat.whatsapp.failure import Refused, unreachable, words
from bot.ports import Memory

__all__ = ["WhatsAppChat", "check", "connect"]

TOKEN = "Set WHATSAPP_ACCESS_TOKEN to a system user's token that has whatsapp_business_messaging."
NUMBER = (
    "WHATSAPP_PHONE_NUMBER_ID is the id that the app dashboard shows under WhatsApp, API setup; not the number itself."
)
UNKNOWN_OBJECT = 33  # subcode of error 100: there is nothing with this id, or this token may not see it


def connect(
    *,
    token: str,
    phone_number_id: str,
    app_secret: str | None,
    verify_token: str | None,
    template: str | None,
    root: str | None,
    memory: Memory,
) -> WhatsAppChat:
    """Nothing is sent before `start`. `root` replaces https://graph.facebook.com; `template` is "name:language"."""
    connection = Connection(token, phone_number_id, root)
    return WhatsAppChat(connection, memory, app_secret=app_secret, verify_token=verify_token, template=template)


async def check(
    *,
    token: str | None,
    phone_number_id: str | None,
    app_secret: str | None,
    verify_token: str | None,
    template: str | None,
    root: str | None,
) -> str | None:
    """None when these settings work; else what is wrong and what to do, in words for people."""
    if token is None:
        return f"WHATSAPP_ACCESS_TOKEN is missing. {TOKEN}"
    if phone_number_id is None:
        return f"WHATSAPP_PHONE_NUMBER_ID is missing. {NUMBER}"
    problem = await _number_refused(Connection(token, phone_number_id, root))
    if problem is not None:
        return problem
    missing = [
        name
        for name, value in (("WHATSAPP_APP_SECRET", app_secret), ("WHATSAPP_VERIFY_TOKEN", verify_token))
        if value is None
    ]
    if missing:
        return f"{' and '.join(missing)} missing: without them nothing that WhatsApp delivers can be trusted."
    if template is not None and not all(template.partition(":")):
        return "WHATSAPP_TEMPLATE must be name:language, for example write_to_me:en."
    return None


async def _number_refused(connection: Connection) -> str | None:
    from httpx2 import HTTPError

    try:
        await connection.number()
    except Refused as refused:
        if refused.code == 190:
            return f"WhatsApp refuses the access token: {refused.message} {TOKEN}"
        if refused.code == 100 and refused.subcode == UNKNOWN_OBJECT:
            return f"The token works, but not for this phone number id. {NUMBER}"
        return f"WhatsApp says: {words(refused)}"
    except HTTPError as error:
        return f"WhatsApp cannot be reached: {unreachable(error)}"
    finally:
        await connection.close()
    return None
