"""The built-in skills as a whole: every action is complete, every prompt has its holes, every word is worded well."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from bot.action import Action, Call, Json, Risk
from bot.people import User
from scheduler.recurrence import CronRecurrence
from skills.catalogue import BUILTIN, Catalogue
from skills.check import check
from skills.preview import fill
from skills.prompts import prompt
from skills.sorry import Sorry
from skills.which import pick
from skills.wording import day_in_words, moment_in_words, plain

CATALOGUE = Catalogue(recurrence=CronRecurrence())


def builtin() -> list[Action]:
    return [spec.action for skill in CATALOGUE.skills for spec in skill.specs]


def test_the_always_offered_actions_are_few_small_and_in_a_stable_order() -> None:
    always = [action.id for action in CATALOGUE.always()]
    assert always == sorted(always)
    assert set(always) == {
        "memory.recall",
        "memory.remember",
        "people.find",
        "reminders.list",
        "reminders.set",
        "tasks.add",
        "tasks.complete",
        "tasks.list",
    }


@pytest.mark.parametrize("action", builtin(), ids=lambda action: action.id)
def test_every_built_in_action_is_whole(action: Action) -> None:
    assert action.about.endswith(".") or action.about.endswith("?")
    assert all(about.get("description") or action.name == "restore" for about in action.inputs["properties"].values())
    assert action.risk is Risk.READ or action.atomic, "an effect and the record of it commit together"
    example = {name: _example(about) for name, about in action.inputs["properties"].items()}
    assert check(action.inputs, example) is None
    assert "?" not in fill(action.preview, example)


def _example(schema: dict[str, Any]) -> Any:
    formats = {
        "date": "2026-11-27",
        "date-time": "2026-11-27T16:00",
        "email": "a@example.com",
        "uri": "https://a.example",
    }
    if "enum" in schema:
        return schema["enum"][0]
    number = schema.get("minimum", 1.5)
    kinds = {"string": "x", "integer": 1, "number": number, "boolean": True, "array": [], "object": {}}
    return formats.get(schema.get("format", ""), kinds[schema["type"]])


def calls_in(data: Json) -> Iterator[Json]:
    """Every {"action": ..., "arguments": ...} in it, however deep."""
    if isinstance(data, dict):
        if {"action", "arguments"} <= set(data):
            yield data
        for value in data.values():
            yield from calls_in(value)
    elif isinstance(data, list):
        for value in data:
            yield from calls_in(value)


def test_all_that_the_offline_model_can_ask_for_exists_and_fits() -> None:
    repertoire = json.loads(files("lab").joinpath("repertoire.json").read_text(encoding="utf-8"))
    calls = [Call(action=c["action"], arguments=c["arguments"], key="k") for c in calls_in(repertoire)]
    assert len(calls) > 100
    problems = {(call.action, problem) for call in calls if (problem := CATALOGUE.check(call)) is not None}
    assert not problems


@pytest.mark.parametrize("path", sorted(BUILTIN.glob("*/code.py")), ids=lambda path: path.parent.name)
def test_a_skill_imports_only_the_mind_the_engine_and_the_standard_library(path: Path) -> None:
    ours = {"bot", "skills"}
    strangers = {"adapters", "memory", "scheduler", "web_oauth", "aurelius", "lab", "sqlalchemy", "httpx2", "anthropic"}
    tops = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
    }
    assert not tops & strangers
    assert tops & ours


HOLES = {
    "agenda/calendar.md": {"zone", "language"},
    "agenda/digest.md": {"day", "sections"},
    "drafts/email.md": {"name", "language"},
    "memory/categorise.md": {"categories"},
    "summaries/brief.md": {"language"},
    "summaries/bullets.md": {"language"},
    "summaries/detailed.md": {"language"},
    "tasks/analysis.md": {"language"},
    "web/read.md": {"language"},
    "web/search.md": {"language"},
}


def test_every_prompt_file_is_known_with_its_holes() -> None:
    assert {str(path.relative_to(BUILTIN)) for path in BUILTIN.glob("*/*.md")} == set(HOLES)


@pytest.mark.parametrize("file", sorted(HOLES))
def test_a_prompt_has_its_holes_and_treats_what_it_is_given_as_data(file: str) -> None:
    text = prompt(BUILTIN / file, **dict.fromkeys(HOLES[file], "VALUE"))
    assert "{{" not in text
    assert text.count("VALUE") >= len(HOLES[file])
    assert file == "agenda/digest.md" or "data" in text
    with pytest.raises(KeyError):
        prompt(BUILTIN / file, **dict.fromkeys(HOLES[file] | {"more"}, "VALUE"))


# Words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("buy *milk* [now](x) <b>", r"buy \*milk\* \[now\](x) \<b\>"),
        ("# not a heading", r"\# not a heading"),
        ("1. not a list", r"1\. not a list"),
        ("- nor this", r"\- nor this"),
        ("snake_case and _emphasis_", r"snake_case and \_emphasis\_"),
        ("two\nlines", "two lines"),
    ],
)
def test_a_text_means_itself_in_commonmark(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_days_and_moments_are_said_with_weekday_and_zone() -> None:
    today = date(2026, 11, 20)
    assert day_in_words(date(2026, 11, 21), today) == "tomorrow"
    assert day_in_words(date(2026, 11, 27), today) == "Fri 27 Nov"
    assert day_in_words(date(2027, 1, 4), today) == "Mon 4 Jan 2027"
    berlin = User(id="u", org="o", name="Ann", zone="Europe/Berlin")
    now = datetime(2026, 11, 20, 18, tzinfo=UTC)
    said = moment_in_words(datetime(2026, 11, 21, 15, tzinfo=UTC), berlin, now)
    assert said == "tomorrow, Sat 21 Nov, 16:00 (Europe/Berlin)"


def test_what_is_meant_is_found_by_id_then_whole_then_part_then_words() -> None:
    things = [Thing("1", "Buy milk"), Thing("2", "Milk"), Thing("3", "Call the milk man today")]
    assert pick("3", things, Thing.words, "task").id == "3"
    assert pick("milk", things, Thing.words, "task").id == "2"
    assert pick("BUY  milk", things, Thing.words, "task").id == "1"
    assert pick("today call", things, Thing.words, "task").id == "3"
    with pytest.raises(Sorry, match="no task like “bread”"):
        pick("bread", things, Thing.words, "task")
    with pytest.raises(Sorry, match="Which one") as which:
        pick("mil", things, Thing.words, "task")
    assert [option["id"] for option in which.value.data["options"]] == ["1", "3", "2"]


class Thing:
    def __init__(self, id: str, text: str) -> None:
        self.id, self.text = id, text

    def words(self) -> str:
        return self.text
