"""The manifest of a skill: what it may say, what it compiles to, and how mistakes are told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.action import Call, Outcome, Risk
from bot.people import User
from bot.ports import Context
from skills.api import Api
from skills.catalogue import Catalogue
from skills.check import LONGEST, check
from skills.code import inputs_for
from skills.inputs import Ungrammatical, compile_inputs
from skills.manifest import Unfit, load
from skills.preview import fill, holes
from skills.search import ActionSearch
from skills.sorry import Sorry

GOOD = """
title = "Echo"
about = "Says things."

[actions.say]
about   = "Say something."
risk    = "write"
input   = ["text str: What", "times int = 1: How often"]
preview = "Say {text}"
undo    = "unsay"
run     = "say"

[actions.unsay]
about   = "Take it back."
risk    = "write"
preview = "Take it back"
undo    = "none"
run     = "unsay"
internal = true
"""
CODE = """
from bot.action import Outcome
from bot.codec import Malformed
from bot.repositories import Stale
from skills.sorry import Sorry

async def say(context, text, times):
    if text == "stale":
        raise Stale
    if text == "malformed":
        raise Malformed("no task")
    if text == "sorry":
        raise Sorry("No.", data={"ask": "which"})
    return Outcome(ok=True, text=text * times)

async def unsay(context):
    return Outcome(ok=True, text="")
"""


class NoClock:
    def next(self, rule: str, zone: str, after: datetime) -> datetime | None:
        raise ValueError("no rule")


def make(root: Path, manifest: str = GOOD, code: str = CODE, slug: str = "echo") -> Path:
    folder = root / slug
    folder.mkdir()
    (folder / "skill.toml").write_text(manifest)
    (folder / "code.py").write_text(code)
    return folder


def catalogue_of(root: Path) -> Catalogue:
    return Catalogue((root,), recurrence=NoClock())


def context() -> Context:
    user = User(id="ann", org="org", name="Ann", zone="Europe/Berlin")

    async def profile() -> User:
        return user

    @asynccontextmanager
    async def open_work() -> AsyncIterator[Any]:
        yield SimpleNamespace(profile=SimpleNamespace(get=profile))

    model: Any = None
    return Context(user=user, now=datetime(2026, 11, 20, tzinfo=UTC), key="k", open=open_work, model=model)


def schema_of(*lines: str, **nested: Any) -> Any:
    return compile_inputs(lines, nested)


# The grammar of inputs


@pytest.mark.parametrize(
    ("line", "schema"),
    [
        ("a str: x", {"type": "string"}),
        ("a int: x", {"type": "integer"}),
        ("a float: x", {"type": "number"}),
        ("a bool: x", {"type": "boolean"}),
        ("a date: x", {"type": "string", "format": "date"}),
        ("a datetime: x", {"type": "string", "format": "date-time"}),
        ("a email: x", {"type": "string", "format": "email"}),
        ("a url: x", {"type": "string", "format": "uri"}),
        ("a [str]: x", {"type": "array", "items": {"type": "string"}, "maxItems": 100}),
        ("a low|high: x", {"type": "string", "enum": ["low", "high"]}),
        ("a int = 3: x", {"type": "integer", "default": 3}),
        ("a bool = false: x", {"type": "boolean", "default": False}),
        ("a str = 9:30: x", {"type": "string", "default": "9:30"}),
        ("a low|high = low: x", {"type": "string", "enum": ["low", "high"], "default": "low"}),
    ],
)
def test_a_line_compiles_to_json_schema(line: str, schema: dict[str, Any]) -> None:
    assert compile_inputs([line], {})["properties"] == {"a": schema | {"description": "x"}}


def test_only_what_has_no_mark_and_no_default_is_required() -> None:
    schema = schema_of(
        "a str: x", "b str?: x", "c int = 1: x", d={"type": "object"}, e={"type": "string", "optional": True}
    )
    assert schema["required"] == ["a", "d"]
    assert schema["additionalProperties"] is False
    assert "optional" not in schema["properties"]["e"]


@pytest.mark.parametrize(
    ("lines", "remedy"),
    [
        (["title"], "name type: meaning"),
        (["Title str: x"], "name type: meaning"),
        (["a str x"], "name type: meaning"),
        (["a text: x"], "use one of str, int"),
        (["a int = three: x"], "write one that fits"),
        (["a bool = maybe: x"], "write one that fits"),
        (["a low|high = middle: x"], "choose one of them"),
        (["a str: x", "a int: x"], "remove one of them"),
        ([7], "name type: meaning"),
    ],
)
def test_a_line_that_does_not_follow_the_grammar_says_what_to_write(lines: list[Any], remedy: str) -> None:
    with pytest.raises(Ungrammatical, match=remedy):
        compile_inputs(lines, {})


def test_a_schema_keyword_that_nobody_checks_is_refused() -> None:
    with pytest.raises(Ungrammatical, match="oneOf"):
        schema_of(
            a={"type": "array", "items": {"type": "object", "properties": {"b": {"type": "string", "oneOf": []}}}}
        )
    with pytest.raises(Ungrammatical, match="`type`"):
        schema_of(a={"minimum": 1})


# Arguments against a schema


@pytest.mark.parametrize(
    ("line", "value", "remedy"),
    [
        ("a str: x", 3, "must be a text, not 3"),
        ("a int: x", "3", 'must be a whole number, not "3"'),
        ("a int: x", True, "must be a whole number, not true"),
        ("a float: x", "much", "must be a number"),
        ("a bool: x", "yes", "must be true or false"),
        ("a date: x", "tomorrow", "YYYY-MM-DD"),
        ("a date: x", "2026-02-30", "YYYY-MM-DD"),
        ("a date: x", "20261127", "YYYY-MM-DD"),
        ("a datetime: x", "2026-11-27", "YYYY-MM-DDTHH:MM"),
        ("a datetime: x", "at four o'clock", "YYYY-MM-DDTHH:MM"),
        ("a email: x", "ann at example", "ann@example.com"),
        ("a url: x", "example.com", "https://example.com"),
        ("a url: x", "javascript:alert(1)", "https://example.com"),
        ("a url: x", "https://exa mple.com/", "https://example.com"),
        ("a url: x", "http://[broken", "https://example.com"),
        ("a low|high: x", "urgent", "one of low, high"),
        ("a [str]: x", "milk", "must be a list"),
        ("a [str]: x", ["milk", 3], r"a\[1\] must be a text"),
        ("a [str]: x", ["x"] * 101, "at most 100"),
        ("a str: x", "x" * (LONGEST + 1), "characters"),
        ("a str: x", "a\x00b", "NUL"),
    ],
)
def test_a_value_that_does_not_fit_is_told_with_its_remedy(line: str, value: Any, remedy: str) -> None:
    problem = check(schema_of(line), {"a": value})
    assert problem is not None
    assert len(problem) < 400
    with pytest.raises(Exception, match=remedy):
        raise Sorry(problem)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("a date: x", "2028-02-29"),
        ("a datetime: x", "2026-11-27T16:00"),
        ("a datetime: x", "2026-11-27T16:00:00+01:00"),
        ("a datetime: x", "2026-11-27T16:00Z"),
        ("a email: x", "ann.lee+tag@mail.example.com"),
        ("a url: x", "https://example.com/a?b=c#d"),
        ("a float: x", 3),
        ("a [str]: x", []),
        ("a str?: x", None),
    ],
)
def test_a_value_that_fits_passes(line: str, value: Any) -> None:
    assert check(schema_of(line), {"a": value}) is None


def test_missing_and_unknown_arguments_are_named_together() -> None:
    problem = check(schema_of("title str: What to do", "due date?: When"), {"name": "milk"})
    assert problem == "title is missing (What to do); name is not known; there is title, due"


def test_bounds_and_nested_objects_are_checked() -> None:
    inner = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "minimum": 1, "maximum": 9}}}
    schema = schema_of(a=inner)
    assert check(schema, {"a": {"n": 5, "more": "allowed"}}) is None
    assert check(schema, {"a": {"n": 12}}) == "a.n must be from 1 to 9, not 12"
    assert check(schema, {"a": {}}) == "a.n is missing (required)"
    assert check(schema, {"a": None}) == "a must be an object, not null"


def test_values_reach_the_code_as_python_values() -> None:
    schema = schema_of("d date: x", "t datetime: x", "l [date]: x", "n int = 3: x", "o str?: x")
    berlin = User(id="u", org="o", name="Ann", zone="Europe/Berlin")
    given = {"d": "2026-11-27", "t": "2026-11-27T16:00", "l": ["2026-01-01"], "o": None}
    values = inputs_for(schema, given, berlin)
    assert values["d"] == date(2026, 11, 27)
    assert values["t"].astimezone(UTC) == datetime(2026, 11, 27, 15, tzinfo=UTC)
    assert values["l"] == (date(2026, 1, 1),)
    assert values["n"] == 3
    assert "o" not in values


# Previews


def test_a_preview_is_filled_once_and_stays_one_line() -> None:
    sentence = "Say {text} to {who} on {days}, {loud}"
    assert holes(sentence) == ("text", "who", "days", "loud")
    values = {"text": "{who}\nand more", "who": "Ann", "days": [1, 2], "loud": True}
    assert fill(sentence, values) == "Say {who} and more to Ann on 1, 2, yes"
    assert len(fill("{text}", {"text": "x" * 1000})) <= 120
    assert fill("until {t}", {"t": "2026-11-21T10:00:00+01:00"}) == "until 2026-11-21 10:00"


# Manifests


def test_a_good_manifest_becomes_actions(tmp_path: Path) -> None:
    skill = load(make(tmp_path))
    say = skill.specs[0].action
    assert (say.id, say.risk, say.undoable, say.title) == ("echo.say", Risk.WRITE, True, "Echo")
    assert say.inputs["required"] == ["text"]
    assert not skill.specs[1].action.undoable


@pytest.mark.parametrize(
    ("old", "new", "line", "wrong"),
    [
        ('title = "Echo"', 'title = "Echo', 2, "not TOML"),
        ('title = "Echo"', "", 1, "'title' is missing"),
        ('title = "Echo"', "title = 7", 2, "must be a text"),
        ('about = "Says things."', 'about = "x"\ncolour = "red"', 4, "unknown key 'colour'"),
        ('risk    = "write"\ninput', "input", 5, "'risk' is missing"),
        ('risk    = "write"\ninput', 'risk = "mild"\ninput', 7, "choose read, draft, write, send, danger"),
        ('preview = "Say {text}"', "", 5, "'preview' is missing"),
        ('preview = "Say {text}"', 'preview = "Say {word}"', 9, "{word}"),
        ('"text str: What"', '"text str?: What"', 9, "always given"),
        ('undo    = "unsay"', "", 5, "'undo' is missing"),
        ('undo    = "unsay"', 'undo = "hush"', 10, "'hush', which is no action"),
        ('run     = "say"', 'run = "say"\nshout = true', 12, "unknown key 'shout'"),
        ('run     = "say"', 'run = "say"\natomic = "yes"', 12, "must be true or false"),
        ('run     = "say"', 'run = "say"\ntargets = ["who"]', 12, "'who' is no input"),
        ('"text str: What"', '"text: What"', 8, "name type: meaning"),
        ("[actions.say]", "[actions.Say]", 5, "no name for an action"),
        ('run     = "say"\n', "", 5, "'run' is missing"),
    ],
)
def test_a_mistake_names_file_line_and_remedy(tmp_path: Path, old: str, new: str, line: int, wrong: str) -> None:
    assert GOOD.count(old) >= 1
    folder = make(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(Unfit) as error:
        load(folder)
    assert str(error.value).startswith(f"{folder / 'skill.toml'}:{line}: ")
    assert wrong in str(error.value)


def test_a_folder_without_a_manifest_or_with_a_bad_name_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Unfit, match=r"no skill\.toml"):
        load(tmp_path / "empty")
    with pytest.raises(Unfit, match="no slug"):
        load(make(tmp_path, slug="Echo Two"))


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("x = 1", "write `async def say"),
        ("def say(context, text, times): ...", "write `async def say"),
        ("async def say(context, text): ...", r"takes \['text'\], the manifest declares \['text', 'times'\]"),
        ("async def say(context, text, times, *, wallet): ...", "wants.*wallet.*the engine has"),
        ("import nothing_like_this", "does not load"),
        ("async def say(:", "does not load"),
    ],
)
def test_code_that_does_not_fit_its_manifest_is_told_at_the_start(tmp_path: Path, code: str, wrong: str) -> None:
    make(tmp_path, code=code)
    with pytest.raises(Unfit, match=wrong):
        catalogue_of(tmp_path)


def test_a_folder_of_skills_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unfit, match="correct AURELIUS_SKILLS_DIR"):
        catalogue_of(tmp_path / "nowhere")


def test_a_missing_code_file_and_a_second_skill_of_the_same_name_are_told(tmp_path: Path) -> None:
    folder = make(tmp_path)
    with pytest.raises(Unfit, match="there is a skill 'echo' already"):
        Catalogue((tmp_path, tmp_path), recurrence=NoClock())
    (folder / "code.py").unlink()
    with pytest.raises(Unfit, match=r"no code\.py"):
        catalogue_of(tmp_path)


# The catalogue


async def test_a_call_runs_with_its_defaults(tmp_path: Path) -> None:
    make(tmp_path)
    catalogue = catalogue_of(tmp_path)
    call = Call(action="echo.say", arguments={"text": "ho "}, key="k")
    assert catalogue.check(call) is None
    assert catalogue.preview(call) == "Say ho"
    assert await catalogue.run(call, context()) == Outcome(ok=True, text="ho ")


@pytest.mark.parametrize(
    ("text", "said"), [("sorry", "No."), ("stale", "changed by someone else"), ("malformed", "does not fit: no task")]
)
async def test_what_a_person_can_understand_is_an_outcome(tmp_path: Path, text: str, said: str) -> None:
    make(tmp_path)
    outcome = await catalogue_of(tmp_path).run(Call(action="echo.say", arguments={"text": text}, key="k"), context())
    assert not outcome.ok
    assert said in outcome.text
    assert outcome.data == ({"ask": "which"} if text == "sorry" else None)


async def test_a_call_that_does_not_fit_is_not_run(tmp_path: Path) -> None:
    make(tmp_path)
    catalogue = catalogue_of(tmp_path)
    for call in (
        Call(action="echo.say", arguments={"text": 3}, key="k"),
        Call(action="echo.gone", arguments={}, key="k"),
    ):
        outcome = await catalogue.run(call, context())
        assert not outcome.ok
        assert "does not fit" in outcome.text
    assert catalogue.preview(Call(action="echo.gone", arguments={}, key="k")) == "echo.gone"
    assert catalogue.get("echo.gone") is None


def test_an_empty_search_is_no_error() -> None:
    assert ActionSearch([]).find("anything", 5) == []


# Reaching out


async def test_code_reaches_only_the_hosts_of_its_manifest() -> None:
    api = Api(service="Echo", hosts=("https://api.example.com",))
    for url in ("https://evil.example.com/", "http://api.example.com/", "https://api.example.com@evil.example/"):
        with pytest.raises(PermissionError, match="manifest"):
            await api.get(url, {})
