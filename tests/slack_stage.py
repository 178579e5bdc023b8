"""What the tests of Slack share: the stand-in of one file, and people who are linked to us there."""

from __future__ import annotations

import re
from typing import Any

from bot.ids import new_id
from bot.link import link
from bot.people import User
from bot.ports import Ports
from lab.slack.app import APP_TOKEN, CLIENT_ID, CLIENT_SECRET, SIGNING_SECRET, TOKEN
from tests.app_stand_in import App, AppUser, labels
from tests.letterbox import use
from tests.talk import Lab

PUBLIC = "http://127.0.0.1:1"  # where the browser is sent back to; nobody listens there


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


async def linked(ports: Ports, slack: App, name: str, **about: Any) -> AppUser:
    """Somebody new at the direct conversation with us, who has an account with us."""
    app = slack.person(name)
    app = AppUser(slack, {**app.user, **about})
    user = User(id=new_id(), org=new_id(), name=name, zone="Europe/Berlin")
    async with ports.memory.door() as door:
        await door.persons.add_user(user)
    asked = await app.say("hello")
    assert await link(ports, user, code_in(asked)) is not None
    await app.until(lambda shown: "You are linked" in shown[-1]["text"])
    return app


def code_in(message: Any) -> str:
    found = re.search(r"code is (\w{8})", message["text"])
    assert found is not None, message["text"]
    return found[1]


async def card_of(lab: Lab, app: AppUser, words: str, tool: Any, **more: Any) -> Any:
    """Write it; the model uses the tool, which asks; returns the card."""
    await lab.script({"tools": [tool]}, {"text": "That needs your yes."}, match={"text": words})
    await app.send(words, **more)
    return await app.until(lambda shown: shown and "Approve" in labels(shown[-1]) and shown[-1])


def letter(to: str, **more: str) -> Any:
    return use("post.send", to=to, text="Hello", **more)
