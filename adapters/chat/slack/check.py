"""Whether the settings for Slack work, in words for people."""

from __future__ import annotations

import asyncio

from adapters.chat.slack.connection import ROOT, said
from adapters.chat.slack.install import SCOPES

SECONDS = 10
APPS = "https://api.slack.com/apps"


async def check(
    *, token: str | None, app_token: str | None, signing_secret: str | None, root: str | None = None
) -> str | None:
    """None when they work; else what is wrong and what to do."""
    if app_token is None and signing_secret is None:
        return "Nothing can arrive: set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (events over HTTP)."
    await asyncio.to_thread(__import__, "slack_sdk.web.async_client")
    from aiohttp import ClientError
    from slack_sdk.errors import SlackApiError
    from slack_sdk.web.async_client import AsyncWebClient

    client = AsyncWebClient(base_url=root or ROOT, timeout=SECONDS, retry_handlers=[])
    name = "SLACK_BOT_TOKEN"
    try:
        if token is not None:
            answer = await client.auth_test(token=token)
            lacking = _lacking(str(answer.headers.get("x-oauth-scopes", "")))
            if lacking:
                return f"The bot lacks the scopes {', '.join(lacking)}: add them at {APPS} and install the app again."
        if app_token is not None:
            name = "SLACK_APP_TOKEN"
            await client.apps_connections_open(app_token=app_token)
    except SlackApiError as error:
        return f"Slack refuses {name} ({said(error)}): {_advice(name)}"
    except (ClientError, OSError, TimeoutError) as error:
        return f"Slack does not answer ({error!r}): check the network."
    return None


def _lacking(scopes: str) -> list[str]:
    return sorted(set(SCOPES) - {scope.strip() for scope in scopes.split(",")}) if scopes else []


def _advice(name: str) -> str:
    if name == "SLACK_APP_TOKEN":
        return f"make an app-level token (xapp-) with connections:write under Basic Information at {APPS}."
    return f"copy the Bot User OAuth Token (xoxb-) from OAuth & Permissions at {APPS}."
