"""24 hours after somebody last wrote WhatsApp takes nothing but a template: what we had to say waits, and nothing is
lost. And what the settings' check says."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from adapters.chat import whatsapp as platform
from bot.ports import Ports
from lab.whatsapp.world import APP_SECRET, NUMBER_ID, TOKEN, VERIFY_TOKEN
from tests.app_stand_in import App, AppUser, stand_in
from tests.path_stage import Running, lab, ports, running, told  # noqa: F401 - fixtures
from tests.talk import Lab
from tests.whatsapp_stage import ann, hook, page_of, settings, whatsapp  # noqa: F401 - fixtures

TEMPLATE = "I have news for you. Write to me to hear it."


async def answered_too_late(lab: Lab, whatsapp: App, ann: AppUser, words: str) -> list[Any]:
    """The answer comes a day after the question; returns the calls of the API from the refusal on."""
    await lab.script({"text": f"The answer to {words}", "latency": 0.8}, match={"text": words})
    before = len(await whatsapp.events())
    await ann.send(words)
    await whatsapp.until(lambda events: [e for e in events[before:] if e["what"] == "webhook" and e["status"] == 200])
    await whatsapp.act("later", hours=25)
    await whatsapp.until(
        lambda events: [e for e in events[before:] if e["what"] == "call" and '"code": 131047' in json.dumps(e)]
    )
    return (await whatsapp.events())[before:]


async def test_what_comes_too_late_is_said_on_the_page_and_again_once_the_person_writes(
    lab: Lab, whatsapp: App, ann: AppUser, ports: Ports
) -> None:
    await answered_too_late(lab, whatsapp, ann, "question one")
    shown = len(await ann.shown())
    await ann.send("/tasks")
    first, second = await ann.until(lambda now: len(now) >= shown + 2 and now[shown:])
    assert first["text"] == "The answer to question one"
    assert "answer to" not in second["text"]
    assert not [message for message in await ann.shown() if message["text"] == TEMPLATE]
    copy = await told(page_of(ports, ann), "question one")
    assert "could not say this on WhatsApp" in copy.text


async def test_what_fails_afterwards_stands_as_failed_and_is_said_on_the_page(
    whatsapp: App, ann: AppUser, ports: Ports
) -> None:
    await whatsapp.fault("messages", code=131026, late=True)
    await ann.send("/task buy stamps")
    await told(page_of(ports, ann), "buy stamps")
    assert not [message for message in await ann.shown() if "stamps" in message["text"]]


async def test_a_template_asks_once_to_write(running: Running, lab: Lab, whatsapp: App, ann: AppUser) -> None:
    running.settings["whatsapp_template"] = "write_to_me:en"
    await running.restart()
    try:
        await answered_too_late(lab, whatsapp, ann, "question two")
        await ann.until(lambda shown: shown[-1]["text"] == TEMPLATE)
        await whatsapp.fault("messages", code=131047)
        shown = len(await ann.shown())
        await ann.send("/tasks")  # what waited is refused once more; the template was sent only just now
        await ann.until(lambda now: len(now) > shown)
        await whatsapp.forget_faults()
        await ann.send("/notes")
        await ann.until(lambda now: [m for m in now if m["text"] == "The answer to question two"])
        templates = [call for call in await whatsapp.calls("messages") if call["given"].get("type") == "template"]
        assert len(templates) <= 2
    finally:
        del running.settings["whatsapp_template"]
        await running.restart()


async def test_a_template_that_is_not_known_is_no_new_trouble(
    running: Running, lab: Lab, whatsapp: App, ann: AppUser
) -> None:
    running.settings["whatsapp_template"] = "unknown:en"
    await running.restart()
    try:
        await answered_too_late(lab, whatsapp, ann, "question three")
        await whatsapp.until(lambda events: [e for e in events if '"code": 132001' in json.dumps(e)])
        await ann.send("/tasks")
        await ann.until(lambda now: [m for m in now if m["text"] == "The answer to question three"])
    finally:
        del running.settings["whatsapp_template"]
        await running.restart()


async def test_a_message_that_fails_afterwards_for_that_reason_has_the_template_sent(
    running: Running, whatsapp: App, ann: AppUser
) -> None:
    running.settings["whatsapp_template"] = "write_to_me:en"
    await running.restart()
    try:
        await whatsapp.fault("messages", code=131047, late=True)
        await ann.send("/tasks")
        await ann.until(lambda shown: shown[-1]["text"] == TEMPLATE)
    finally:
        del running.settings["whatsapp_template"]
        await running.restart()


GOOD: dict[str, Any] = {
    "token": TOKEN,
    "phone_number_id": NUMBER_ID,
    "app_secret": APP_SECRET,
    "verify_token": VERIFY_TOKEN,
    "template": None,
}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({}, None),
        ({"template": "write_to_me:en"}, None),
        ({"token": None}, "WHATSAPP_ACCESS_TOKEN is missing"),
        ({"phone_number_id": None}, "WHATSAPP_PHONE_NUMBER_ID is missing"),
        ({"token": "guessed"}, "refuses the access token"),
        ({"phone_number_id": "4915112345"}, "not for this phone number id"),
        ({"app_secret": None, "verify_token": None}, "WHATSAPP_APP_SECRET and WHATSAPP_VERIFY_TOKEN missing"),
        ({"template": "write_to_me"}, "name:language"),
    ],
)
async def test_the_check_says_what_is_wrong_with_the_settings(
    whatsapp: App, wrong: dict[str, Any], words: str | None
) -> None:
    found = await platform.check(**GOOD | {"root": whatsapp.url} | wrong)
    assert (found is None) if words is None else (found is not None and words in found)


async def test_the_check_says_that_nobody_is_there(whatsapp: App) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    assert "cannot be reached" in str(await platform.check(**GOOD, root=nobody))


async def test_a_token_that_was_revoked_is_told_by_the_check() -> None:
    async with stand_in("whatsapp") as another:
        await another.revoke()
        assert "refuses the access token" in str(await platform.check(**GOOD, root=another.url))
        await another.restore()
        assert await platform.check(**GOOD, root=another.url) is None
