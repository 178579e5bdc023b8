"""What the tests of learning share: what was said and when, what the model makes of it, what is known then."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.ids import new_id
from bot.learning.candidate import Candidate
from bot.learning.facts import learn
from bot.message import Address
from bot.ports import Ports
from bot.records import Author, Fact, Message
from tests.talk import Lab, Talk

INSTRUCTIONS = (Path(__file__).parents[1] / "bot/prompts/learn.md").read_text()
READING = {"anywhere": "<said>"}  # a request of the learner


def proposed(text: str, quote: str, **more: Any) -> dict[str, Any]:
    """A fact as the model writes it."""
    given: dict[str, Any] = {
        "text": text, "quote": quote, "who": "", "category": "preferences", "confidence": 0.9, "manner": "stated",
        "message": 1, "due": "", "same": "", "supersedes": "",
    }  # fmt: skip
    return given | more


def candidate(text: str, quote: str, **more: Any) -> Candidate:
    return Candidate(**proposed(text, quote, **more))


def line(text: str, sent_at: datetime, **more: Any) -> Message:
    here = Address(platform="web", tenant="", place="here")
    return Message(**{"id": new_id(), "at": here, "author": Author.USER, "text": text, "sent_at": sent_at, **more})


async def wrote(talk: Talk, text: str, sent_at: datetime | None = None, **more: Any) -> Message:
    """A line of the conversation, without any turn."""
    given = {"at": talk.at, **more}
    async with talk.ports.memory.work(talk.user.scope) as work:
        return await work.messages.put(line(text, sent_at or talk.ports.clock.now(), **given))


async def model_says(lab: Lab, *facts: dict[str, Any]) -> None:
    await lab.script({"text": json.dumps({"facts": list(facts)})}, match=READING)


async def learned(talk: Talk, at: Address | None = None, ports: Ports | None = None) -> Sequence[Fact]:
    """Learn from the conversation now; what is known then, the newest first."""
    subject = f"{talk.user.org}/{talk.user.id}/{(at or talk.at).conversation}"
    await learn(ports or talk.ports, subject, instructions=INSTRUCTIONS)
    return await known(talk)


async def known(talk: Talk) -> Sequence[Fact]:
    async with talk.ports.memory.work(talk.user.scope) as work:
        return await work.facts.list()


async def readings(lab: Lab) -> list[Any]:
    """What the model was asked by the learner."""
    found = [seen["body"] for seen in await lab.requests() if seen["path"] == "/v1/messages"]
    return [body for body in found if "list the facts" in json.dumps(body.get("system", ""))]
