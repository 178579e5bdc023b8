"""Slack end to end: a person's app, Slack's stand-in, the real SDK, the whole system on a real PostgreSQL."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.ports import Ports
from tests.app_stand_in import App, AppUser, labels, stand_in
from tests.letterbox import done_to
from tests.path_stage import Running, lab, ports, running  # noqa: F401 - fixtures
from tests.slack_stage import card_of, code_in, letter, linked, settings_for
from tests.talk import Lab

PICTURE = base64.b64encode(b"\xff\xd8\xff\xe0picture").decode()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def slack() -> AsyncIterator[App]:
    async with stand_in("slack") as slack:
        yield slack


@pytest.fixture(scope="module")
def settings(slack: App) -> dict[str, Any]:
    return settings_for(slack)


@pytest_asyncio.fixture
async def ann(ports: Ports, lab: Lab, slack: App) -> AppUser:
    await lab.reset()
    return await linked(ports, slack, "Ann")


# First contact


async def test_a_stranger_gets_a_code_and_a_link_and_nothing_else(running: Running, slack: App) -> None:
    eve, before = slack.person("Eve"), len(await running.lab.requests())
    shown = await eve.say("what is on my list?")
    assert len(code_in(shown)) == 8
    assert f"/link?code={code_in(shown)}" in shown["text"]
    assert labels(shown) == []
    assert len(await running.lab.requests()) == before


async def test_a_linked_person_is_answered(ann: AppUser) -> None:
    await ann.say("add buy oat milk to my list")
    assert "oat milk" in (await ann.say("what's on my list?"))["text"]


# Cards


async def test_a_card_is_approved_once_however_often_it_is_pressed(lab: Lab, ann: AppUser) -> None:
    card = await card_of(lab, ann, "write to Bob", letter("Bob"))
    assert labels(card)[:3] == ["Approve", "Edit", "Deny"]
    assert [button["style"] for button in card["buttons"]][:3] == ["primary", "", "danger"]
    await asyncio.gather(*(ann.press(card, "Approve") for _ in range(4)))
    done = await ann.becomes(card, "Sent to Bob")
    assert labels(done) == []
    assert done_to("Bob") == ["Hello"]


async def test_a_card_is_pressed_after_a_restart(running: Running, lab: Lab, ann: AppUser) -> None:
    card = await card_of(lab, ann, "write to Carl", letter("Carl"))
    await running.restart()
    await ann.app.until(lambda events: [e["what"] for e in events].count("connected") > 1)
    await ann.press(card, "Approve")
    await ann.becomes(card, "Sent to Carl")
    assert done_to("Carl") == ["Hello"]


async def test_a_denied_card_says_so_and_runs_nothing(lab: Lab, ann: AppUser) -> None:
    card = await card_of(lab, ann, "write to Dora", letter("Dora"))
    await ann.press(card, "Deny")
    assert labels(await ann.becomes(card, "Declined")) == []
    assert done_to("Dora") == []


async def test_a_card_is_changed_in_a_form(lab: Lab, ann: AppUser) -> None:
    card = await card_of(lab, ann, "write to Emil", letter("Emil", at="3pm"))
    await ann.press(card, "Edit")
    form = await ann.form()
    assert {field["name"]: field["value"] for field in form["fields"]}["at"] == "3pm"
    await ann.submit({"at": "4pm"})
    changed = await ann.becomes(card, "4pm")
    assert (await ann.screen())["form"] is None
    await ann.press(changed, "Approve")
    await ann.becomes(card, "Sent to Emil")
    assert done_to("Emil") == ["Hello 4pm"]


async def test_what_was_done_is_taken_back(lab: Lab, ann: AppUser) -> None:
    added = await ann.say("add water the plants to my list")
    assert labels(added) == ["Undo"]
    await ann.press(added, "Undo")
    assert labels(await ann.becomes(added, "↩️")) == []
