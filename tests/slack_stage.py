"""What the tests of Slack share: the settings for its stand-in, and a letter that waits for a yes."""

from __future__ import annotations

from typing import Any

from lab.slack.app import APP_TOKEN, CLIENT_ID, CLIENT_SECRET, SIGNING_SECRET, TOKEN
from tests.app_stand_in import App


def settings_for(slack: App, **more: Any) -> dict[str, Any]:
    """Socket Mode, signed requests and installing, all at once."""
    return {
        "slack_bot_token": TOKEN,
        "slack_app_token": APP_TOKEN,
        "slack_signing_secret": SIGNING_SECRET,
        "slack_client_id": CLIENT_ID,
        "slack_client_secret": CLIENT_SECRET,
        "slack_base_url": f"{slack.url}/api/",
    } | more
