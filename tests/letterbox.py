"""What the pretended service of `skills_on_trial` really did, and how a test has the model ask for it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from bot.action import Json
from bot.records import Message
from bot.suggestion import Suggestion
from tests.talk import Lab, Talk

SKILLS = Path(__file__).parent / "skills_on_trial"
DONE: list[tuple[str, str]] = []  # (to whom or where, what): tests use places of their own
BEGUN = asyncio.Event()  # a long action has begun


def done_to(whom: str) -> list[str]:
    return [what for to, what in DONE if to == whom]


def use(action: str, **arguments: Json) -> dict[str, Json]:
    """The model uses an action that is not always there."""
    return {"name": "call_action", "input": {"id": action, "arguments": arguments}}


def letter(to: str, **more: Json) -> dict[str, Json]:
    """The model writes a letter, which waits for a yes."""
    return use("post.send", to=to, text="Hello", **more)


def answers(card: Suggestion, decision: str, **more: Json) -> dict[str, Json]:
    """The model passes on the person's answer to a card."""
    return {"name": "answer_card", "input": {"card": card.nonce[:8], "decision": decision, **more}}


async def said(lab: Lab, talk: Talk, words: str, *tools: dict[str, Any], then: str = "All right.") -> list[Message]:
    """The person says `words`, the model uses `tools` in one go and then says `then`; the lines that come of it."""
    replies: list[dict[str, Any]] = [{"tools": list(tools)}] if tools else []
    await lab.script(*replies, {"text": then}, match={"text": words})
    return await talk.say(words)


async def card_of(lab: Lab, talk: Talk, words: str, *tools: dict[str, Any]) -> Message:
    """The card that comes of it."""
    card = (await said(lab, talk, words, *tools))[-1]
    assert card.state == "open", card
    return card
