"""Remembering: what fits a question, what the time words mean, and what stays forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.ids import new_id
from bot.people import Scope
from bot.records import Author, Fact
from memory.database import Database
from memory.when import period, without_period
from memory.words import stem
from tests.memory_world import NOW, chat_of
from tests.test_memory_belongings import a_note
from tests.test_memory_messages import put, said

BERLIN = datetime(2026, 11, 20, 0, 30, tzinfo=ZoneInfo("Europe/Berlin"))  # Friday there, still Thursday in UTC
DAY = timedelta(days=1)


def days(first: str, last: str) -> tuple[date, date]:
    return date.fromisoformat(first), date.fromisoformat(last)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What did I say today?", days("2026-11-20", "2026-11-20")),
        ("yesterday", days("2026-11-19", "2026-11-19")),
        ("the day before yesterday", days("2026-11-18", "2026-11-18")),
        ("vorgestern", days("2026-11-18", "2026-11-18")),
        ("What did I tell you last Tuesday about Bob?", days("2026-11-17", "2026-11-17")),
        ("on friday", days("2026-11-13", "2026-11-13")),
        ("am Montag", days("2026-11-16", "2026-11-16")),
        ("last week", days("2026-11-09", "2026-11-15")),
        ("this week", days("2026-11-16", "2026-11-22")),
        ("letzte Woche", days("2026-11-09", "2026-11-15")),
        ("last month", days("2026-10-01", "2026-10-31")),
        ("in March", days("2026-03-01", "2026-03-31")),
        ("last December", days("2025-12-01", "2025-12-31")),
        ("in February 2024", days("2024-02-01", "2024-02-29")),
        ("im März", days("2026-03-01", "2026-03-31")),
        ("three days ago", days("2026-11-17", "2026-11-17")),
        ("2 weeks ago", days("2026-11-02", "2026-11-08")),
        ("a month ago", days("2026-10-01", "2026-10-31")),
        ("vor 3 Tagen", days("2026-11-17", "2026-11-17")),
        ("on November 3rd", days("2026-11-03", "2026-11-03")),
        ("3 November 2025", days("2025-11-03", "2025-11-03")),
        ("the 24th of December", days("2025-12-24", "2025-12-24")),
        ("2026-10-25", days("2026-10-25", "2026-10-25")),
        ("last year", days("2025-01-01", "2025-12-31")),
        ("in 2024", days("2024-01-01", "2024-12-31")),
        ("last night", days("2026-11-19", "2026-11-20")),
    ],
)
def test_time_words_mean_days_in_the_persons_own_zone(text: str, expected: tuple[date, date]) -> None:
    found = period(text, BERLIN)
    assert found is not None
    begin, end = found
    assert (begin.hour, end.hour, begin.tzinfo) == (0, 0, BERLIN.tzinfo)
    assert (begin.date(), end.date() - DAY) == expected


@pytest.mark.parametrize(
    "text",
    ["I may go", "march on", "the second of all", "31 June", "2026-13-45", "in 3000", "99999 days ago", "2027-01-01"],
)
def test_words_that_only_look_like_a_time_mean_none(text: str) -> None:
    assert period(text, BERLIN) is None


def test_every_count_of_months_ago_has_an_answer() -> None:
    assert period("1000 months ago", BERLIN) is not None
    assert period("9999 weeks ago", BERLIN) is None


def test_a_day_of_the_clock_change_has_its_own_length() -> None:
    begin, end = period("2026-10-25", BERLIN) or (BERLIN, BERLIN)
    assert end.astimezone(UTC) - begin.astimezone(UTC) == timedelta(hours=25)


def test_what_is_left_without_the_time_is_what_the_question_is_about() -> None:
    assert without_period("what about Bob last Tuesday?").split() == ["what", "about", "bob", "?"]


@pytest.mark.parametrize(
    ("word", "other"), [("meetings", "meeting"), ("allergic", "allergy"), ("moved", "move"), ("Termine", "Termin")]
)
def test_forms_of_a_word_share_their_stem(word: str, other: str) -> None:
    assert other.lower().startswith(stem(word.lower()))


def fact(text: str, age: int = 0, source: str = "you") -> Fact:
    return Fact(id=new_id(), text=text, category="", source=source, at=NOW - age * DAY)


async def remember(database: Database, scope: Scope, *facts: Fact) -> None:
    async with database.work(scope) as work:
        for each in facts:
            await work.facts.put(each)


async def recalled(database: Database, scope: Scope, query: str, limit: int = 8) -> list[str]:
    async with database.work(scope) as work:
        return [found.text for found in await work.facts.recall(query, limit)]


FACTS = (
    fact("My sister Anna lives in Lisbon", 30),
    fact("I am allergic to peanuts", 400),
    fact("The wifi password at the office is on the whiteboard", 3),
    fact("I prefer meetings in the afternoon", 10),
    fact("Bob's birthday is on 4 May", 90),
)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("Where does my sister live?", 0),
        ("what allergies do I have", 1),
        ("what is the pasword of the wifi", 2),
        ("when do I like a meeting", 3),
        ("birthdays", 4),
        ("Where is Lisbno", 0),
        ("peanut", 1),
    ],
)
async def test_the_fact_that_answers_comes_first(database: Database, ann: Scope, query: str, first: int) -> None:
    await remember(database, ann, *(replace(each, id=new_id()) for each in FACTS))
    assert (await recalled(database, ann, query))[0] == FACTS[first].text


@pytest.mark.parametrize("query", ["hi", "thanks!", "what is the capital of Mongolia", "\U0001f600"])
async def test_nothing_is_recalled_when_nothing_fits(database: Database, ann: Scope, query: str) -> None:
    await remember(database, ann, *(replace(each, id=new_id()) for each in FACTS))
    assert await recalled(database, ann, query) == []


async def test_recall_finds_facts_notes_and_ones_own_messages_with_their_dates(database: Database, ann: Scope) -> None:
    here = chat_of(ann)
    await remember(database, ann, fact("Rio is a cat", 2))
    answer = said(here, "Rio sounds lovely", Author.ASSISTANT)
    await put(database, ann, replace(said(here, "Rio was at the vet"), sent_at=NOW - DAY), answer)
    await put(database, ann, said(here, "what about Rio?"))  # the question itself is no answer
    async with database.work(ann) as work:
        await work.notes.put(replace(a_note(), title="Rio", text="eats at seven"))
        found = await work.facts.recall("what about Rio?")
    assert {(f.kind, f.text, f.at) for f in found} == {
        ("fact", "Rio is a cat", NOW - 2 * DAY),
        ("message", "Rio was at the vet", NOW - DAY),
        ("note", "Rio\neats at seven", NOW),
    }
    assert all(f.score > 0 for f in found)


async def test_a_question_about_a_day_brings_what_was_said_on_it(database: Database, ann: Scope) -> None:
    here = chat_of(ann)
    told = {
        "The plumber comes at nine": NOW - 3 * DAY,
        "Order flowers": NOW - 3 * DAY,
        "Call the plumber": NOW - 9 * DAY,
    }
    for words, at in told.items():
        await put(database, ann, replace(said(here, words), sent_at=at))
    assert set(await recalled(database, ann, "What did I say last Tuesday?")) == {
        "The plumber comes at nine",
        "Order flowers",
    }
    assert (await recalled(database, ann, "what about the plumber last tuesday"))[0] == "The plumber comes at nine"
    assert await recalled(database, ann, "What did I say yesterday?") == []


async def test_of_two_that_fit_equally_the_newer_comes_first(database: Database, ann: Scope) -> None:
    await remember(database, ann, fact("Gym at six", 60), fact("Gym at seven", 1))
    assert await recalled(database, ann, "gym") == ["Gym at seven", "Gym at six"]


async def test_a_replaced_fact_is_history_and_not_recalled(database: Database, ann: Scope) -> None:
    old, new = fact("I live in Berlin", 9), fact("I live in Lima")
    await remember(database, ann, old, new, replace(old, replaced_by=new.id))
    assert await recalled(database, ann, "where do I live") == ["I live in Lima"]
    async with database.work(ann) as work:
        assert list(await work.facts.list()) == [new]
        assert await work.facts.get(old.id) == replace(old, replaced_by=new.id)


async def test_forgetting_takes_the_history_too_and_stays_forgotten(database: Database, ann: Scope) -> None:
    old, new = fact("I smoke cigars"), fact("I smoke a pipe")
    await remember(database, ann, old, new, replace(old, replaced_by=new.id))
    await put(database, ann, said(chat_of(ann), "Remember that I SMOKE a pipe!"), said(chat_of(ann), "The pipe leaks"))
    async with database.work(ann) as work:
        await work.facts.forget(new.id)
        assert await work.facts.get(old.id) is None
        assert await work.facts.is_forgotten("i smoke  CIGARS.")
        assert await work.facts.is_forgotten("I smoke a pipe")
        assert not await work.facts.is_forgotten("I smoke")
    assert await recalled(database, ann, "pipe") == ["The pipe leaks"]
    await remember(database, ann, fact("I smoke a pipe", source="learned from a mail"))
    async with database.work(ann) as work:
        assert await work.facts.is_forgotten("I smoke a pipe")  # a mail does not bring it back, the person does
    await remember(database, ann, fact("I smoke a pipe", source="you, 20 Nov"))
    async with database.work(ann) as work:
        assert not await work.facts.is_forgotten("I smoke a pipe")
