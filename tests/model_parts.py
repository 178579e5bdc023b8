"""What the tests of the language model share: whose call it is, what is asked, who watches, and a clock."""

from __future__ import annotations

from typing import Any

from bot.model import Prompt, Said, Tier
from bot.people import Scope

SCOPE = Scope(org="org", user="ann")


def person(*texts: str, **more: Any) -> Said:
    return Said(role="user", texts=texts, **more)


def prompt(*messages: Said, tier: Tier = Tier.STANDARD, **more: Any) -> Prompt:
    given = {"purpose": "turn", "system": "You are Aurelius.", "messages": messages or (person("hi"),), **more}
    return Prompt(tier=tier, **given)


class Shown:
    """What a person watching would have seen, step by step."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    async def __call__(self, text: str) -> None:
        self.steps.append(text)


class Waits:
    """A clock and a sleep that takes no time."""

    def __init__(self) -> None:
        self.time = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
