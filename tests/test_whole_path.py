"""The whole path through real parts: say it, it answers, it asks, approve, it is done, take it back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from aurelius.wiring import System
from tests.talk import Lab, Talk, button, offline_model, owner_talk, whole


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lab() -> AsyncIterator[Lab]:
    async with offline_model() as lab:
        yield lab


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def system(module_url: str, lab: Lab, tmp_path_factory) -> AsyncIterator[System]:  # type: ignore[no-untyped-def]
    folder: Path = tmp_path_factory.mktemp("data")
    async with whole(module_url, lab, folder) as system:
        yield system


@pytest_asyncio.fixture
async def talk(system: System) -> Talk:
    return await owner_talk(system.ports)


async def test_a_greeting_is_answered_and_says_that_it_is_not_claude(talk: Talk) -> None:
    answer = (await talk.say("hi"))[-1]
    assert "offline" in answer.text.lower()


async def test_a_task_is_added_listed_and_taken_back(talk: Talk) -> None:
    added = (await talk.say("add buy oat milk to my list"))[-1]
    assert "oat milk" in added.text.lower()
    assert "oat milk" in (await talk.say("what's on my list?"))[-1].text.lower()
    await talk.press(button(added, "Undo"))
    await talk.card_becomes(added, "undone")
    assert "oat milk" not in (await talk.say("/tasks"))[-1].text.lower()


async def test_forgetting_waits_for_approval_and_then_happens_once(talk: Talk) -> None:
    await talk.say("remember that I like peppermint tea")
    card = (await talk.say("forget that I like peppermint tea"))[-1]
    assert card.state == "open"
    await talk.press(button(card, "Approve"))
    await talk.press(button(card, "Approve"))
    done = await talk.card_becomes(card, "done")
    assert not [choice for choice in done.choices if choice.label == "Approve"]
