"""The description of our Slack app, ready to paste where Slack makes apps "from a manifest".

https://docs.slack.dev/reference/app-manifest. Scopes and shortcuts are those that the adapter works with.
"""

from __future__ import annotations

import json
from typing import Any

HOOK = "/webhooks/slack"
# What the adapter understands, in the names of docs.slack.dev/reference/events.
EVENTS = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
    "reaction_added",
    "tokens_revoked",
)


def manifest(public_url: str) -> str:
    """As JSON. With `public_url` it also holds the addresses for events over HTTP and for further workspaces, which
    Slack uses once Socket Mode is switched off."""
    from adapters.chat.slack.install import BACK, SCOPES

    hook = f"{public_url}{HOOK}" if public_url else None
    found = {
        "display_information": {
            "name": "Aurelius",
            "description": "A personal chief of staff: answers, remembers, and asks before it acts.",
            "background_color": "#2f6b57",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Aurelius", "always_online": True},
            "shortcuts": _shortcuts(),
            "slash_commands": [_command(hook)],
        },
        "oauth_config": {
            **({"redirect_urls": [f"{public_url}{BACK}"]} if public_url else {}),
            "scopes": {"bot": list(SCOPES)},
        },
        "settings": {
            "event_subscriptions": {**_at("request_url", hook), "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **_at("request_url", hook)},
            "org_deploy_enabled": False,
            "socket_mode_enabled": True,
            "token_rotation_enabled": False,
        },
    }
    return json.dumps(found, indent=2)


def _at(name: str, hook: str | None) -> dict[str, str]:
    return {} if hook is None else {name: hook}


def _command(hook: str | None) -> dict[str, Any]:
    return {
        "command": "/aurelius",
        "description": "Ask Aurelius, or give it a command",
        "usage_hint": "tasks | reminders | help | anything",
        "should_escape": True,  # people in its words come with their ids
        **_at("url", hook),
    }


def _shortcuts() -> list[dict[str, str]]:
    from adapters.chat.slack.inbound import ASKS

    return [
        {"name": words, "type": "message", "callback_id": name, "description": f"Aurelius: {words.lower()}"}
        for name, (_, words) in ASKS.items()
    ]
