"""A year of one person's life: told bit by bit, changed, in part forgotten; what is answered at three points of it."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.model import Answer, End, Prompt, Tier, Usage
from bot.people import Scope
from tests.learning_stage import known, learned, proposed, wrote
from tests.path_stage import MovedClock, clock, lab, ports, running, settings, talk  # noqa: F401 - fixtures
from tests.talk import Talk

BEGIN = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Told:
    """Said on a `day` of the year. `key` is the word that only this statement has; `replaces` the key of an older one;
    `forgotten`: the day on which the person asks to forget it."""

    day: int
    said: str
    category: str
    key: str
    replaces: str = ""
    forgotten: int = 999
    who: str = ""


LIFE = (
    Told(2, "I live in Zurich.", "places", "Zurich"),
    Told(3, "I work as a nurse at the Lindenhof.", "work", "Lindenhof"),
    Told(5, "My partner is Robin.", "relations", "Robin"),
    Told(6, "My sister Eve studies law.", "family", "law", who="Eve"),
    Told(8, "My dentist is Doctor Abel.", "health", "Abel"),
    Told(9, "My car is an old Volvo.", "other", "Volvo"),
    Told(11, "I drink coffee every morning.", "preferences", "coffee"),
    Told(13, "My gym is the Olympia.", "health", "Olympia"),
    Told(15, "I pay 1400 francs rent.", "finance", "1400"),
    Told(17, "My phone plan is with Sunrise.", "finance", "Sunrise"),
    Told(20, "I am allergic to peanuts.", "health", "peanuts"),
    Told(24, "My brother Tom is a baker.", "family", "baker", who="Tom"),
    Told(30, "I will send Carla the slides by Friday.", "commitments", "Carla"),
    Told(33, "I learn Spanish on Tuesdays.", "preferences", "Spanish"),
    Told(36, "My cat is called Minka.", "family", "Minka"),
    Told(41, "I met Olaf and we had a quarrel.", "people", "Olaf", forgotten=150),
    Told(45, "I earn 6200 francs a month.", "finance", "6200", forgotten=100),
    Told(50, "My doctor gave me Sertraline.", "health", "Sertraline", forgotten=110),
    Told(55, "I have a debt with my uncle Karl.", "finance", "Karl", forgotten=220),
    Told(58, "My therapist is Miriam Keller.", "health", "Miriam", forgotten=230),
    Told(62, "I was fired from the bakery Huber in 2019.", "work", "Huber", forgotten=240),
    Told(64, "My blood type is AB negative.", "health", "AB"),
    Told(66, "I prefer window seats on trains.", "preferences", "window"),
    Told(68, "My mother Rosa has her birthday on 4 May.", "family", "Rosa", who="Rosa"),
    Told(70, "We decided to marry in September.", "decisions", "September"),
    Told(95, "I moved to Bern last week.", "places", "Bern", replaces="Zurich"),
    Told(97, "I work as a nurse at the Inselspital now.", "work", "Inselspital", replaces="Lindenhof"),
    Told(102, "My gym is the Titan now.", "health", "Titan", replaces="Olympia"),
    Told(105, "I pay 1650 francs rent now.", "finance", "1650", replaces="1400"),
    Told(111, "My dentist is Doctor Baumann now.", "health", "Baumann", replaces="Abel"),
    Told(118, "I drink green tea every morning, no longer the other stuff.", "preferences", "green", replaces="coffee"),
    Told(130, "My sister Eve studies medicine now.", "family", "medicine", replaces="law", who="Eve"),
    Told(160, "We decided to marry in October.", "decisions", "October", replaces="September"),
    Told(170, "My car is an electric Renault.", "other", "Renault", replaces="Volvo"),
    Told(181, "My phone plan is with Salt.", "finance", "Salt", replaces="Sunrise"),
    Told(200, "I learn Italian on Tuesdays.", "preferences", "Italian", replaces="Spanish"),
    Told(225, "I live in Lausanne since Monday.", "places", "Lausanne", replaces="Bern"),
    Told(226, "I pay 1900 francs rent these days.", "finance", "1900", replaces="1650"),
    Told(228, "My gym is the Arena in Lausanne-Ouchy.", "health", "Arena", replaces="Titan"),
    Told(250, "My brother Tom is a teacher.", "family", "teacher", replaces="baker", who="Tom"),
)
QUESTIONS = (
    "where do I live", "which city did I move to", "where do I work as a nurse", "who is my partner",
    "what does my sister Eve study", "who is my dentist", "what is my car", "what do I drink every morning",
    "what is my gym", "how many francs rent do I pay", "who is my phone plan with", "what am I allergic to",
    "what is my brother Tom", "what did I want to send by Friday", "what do I learn on Tuesdays",
    "what is my cat called", "whom did I meet and quarrel with", "how many francs do I earn a month",
    "what did my doctor give me", "with whom do I have a debt, my uncle", "who is my therapist",
    "where was I fired from, a bakery", "what is my blood type", "which seats on trains do I prefer",
    "when is the birthday of my mother Rosa", "when did we decide to marry",
)  # fmt: skip


class Reader:
    """A model that finds what the life says, and names the mark under which it is shown what that replaces."""

    def __init__(self) -> None:
        self.calls = 0

    async def ask(self, scope: Scope, prompt: Prompt, grow: Any = None) -> Answer:
        self.calls += 1
        shown = prompt.messages[-1].texts[0]
        marks = dict(reversed(pair) for pair in re.findall(r"^(m\d+) \[.*?\] (?:\(\w+\) )?(.*)$", shown, re.M))
        text = json.dumps(
            {"facts": [self._fact(found, marks) for found in re.finditer(r"^(\d+) \[.*?\] (.*)$", shown, re.M)]}
        )
        usage = Usage(model="reader", tier=Tier.FAST, input_tokens=0, output_tokens=0, cache_read_tokens=0,
                      cache_write_tokens=0, dollars=0.0, seconds=0.0)  # fmt: skip
        return Answer(text=text, uses=(), end=End.DONE, blocks=(), usage=usage)

    @staticmethod
    def _fact(found: re.Match[str], marks: dict[str, str]) -> dict[str, Any]:
        told = next(each for each in LIFE if each.said == found[2])
        old = next((marks[text] for text in marks if told.replaces and told.replaces in text), "")
        quote = told.said.rstrip(".")
        more = {"category": told.category, "who": told.who, "message": int(found[1]), "supersedes": old}
        return proposed(quote, quote, **more)


def counts(told: Told, day: int) -> bool:
    """Whether it is true and not forgotten on this day."""
    over = any(other.replaces == told.key and other.day <= day for other in LIFE)
    return told.day <= day < told.forgotten and not over


async def live(talk: Talk, clock: MovedClock, since: int, until: int) -> int:
    """The days of the life up to this one, with a reading every ten days; how many calls that took."""
    reader = Reader()
    for day in range(since, until + 1):
        clock.ahead = BEGIN + timedelta(days=day) - datetime.now(UTC)
        for told in LIFE:
            if told.day == day:
                await wrote(talk, told.said)
        if day % 10 == 0 or day == until:
            await learned(talk, ports=replace(talk.ports, model=reader))
        for told in LIFE:
            if told.forgotten == day:
                await forget(talk, told.key)
    return reader.calls


async def forget(talk: Talk, key: str) -> None:
    async with talk.ports.memory.work(talk.user.scope) as work:
        (fact,) = [fact for fact in await work.facts.list() if key in fact.text]
        await work.facts.forget(fact.id)


async def answers(talk: Talk, question: str) -> Sequence[str]:
    async with talk.ports.memory.work(talk.user.scope) as work:
        return [hit.text for hit in await work.facts.recall(question, limit=8)]


def holds(text: str, key: str) -> bool:
    return re.search(rf"\b{re.escape(key)}\b", text) is not None


async def test_a_year_of_a_life_is_answered_without_what_is_no_longer_true_or_was_forgotten(
    talk: Talk, clock: MovedClock
) -> None:
    assert (len(LIFE), len([t for t in LIFE if t.replaces]), len([t for t in LIFE if t.forgotten < 999])) == (40, 15, 6)
    since = 0
    for until in (90, 190, 300):
        calls = await live(talk, clock, since, until)
        since = until + 1
        assert calls <= 11  # one for ten days in which something was said
        true = {told.key for told in LIFE if counts(told, until)}
        false = {told.key for told in LIFE if told.day <= until} - true
        facts = [fact.text for fact in await known(talk)]
        assert {key for key in true | false if any(holds(text, key) for text in facts)} == true
        said = [text for question in QUESTIONS for text in await answers(talk, question)]
        assert {key for key in false if any(holds(text, key) for text in said)} == set()
        assert {key for key in true if not any(holds(text, key) for text in said)} == set()


@pytest.mark.parametrize("question", ["where did I live before", "which city did I use to live in earlier"])
async def test_what_was_true_once_is_told_when_the_past_is_asked_for(
    talk: Talk, clock: MovedClock, question: str
) -> None:
    await live(talk, clock, 0, 230)
    assert any("Zurich" in text for text in await answers(talk, question))
    async with talk.ports.memory.work(talk.user.scope) as work:
        (home,) = [fact for fact in await work.facts.list() if "I live in" in fact.text]
        history = [fact.text for fact in await work.facts.history(home.id)]
    assert history == ["I moved to Bern last week", "I live in Zurich"]
