"""The edit form of a card: it shows every kind of value, gives it back unchanged, and says what does not fit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.action import Action, Call, Json, Risk
from bot.card import Field, edited, fields
from tests.test_card import quick, suggestion

TYPES: dict[str, Json] = {
    "title": {"type": "string"},
    "due": {"type": "string", "format": "date"},
    "at": {"type": "string", "format": "date-time"},
    "mail": {"type": "string", "format": "email"},
    "count": {"type": "integer"},
    "amount": {"type": "number"},
    "loud": {"type": "boolean"},
    "level": {"type": "string", "enum": ["low", "high"]},
    "size": {"type": "integer", "enum": [1, 2]},
    "labels": {"type": "array", "items": {"type": "string"}},
    "numbers": {"type": "array", "items": {"type": "integer"}},
    "more": {"type": "object"},
    "any": {},
    "maybe": {"type": ["string", "null"]},
}
FORM = Action(skill="tasks", name="add", about="", risk=Risk.WRITE, inputs={"type": "object", "properties": TYPES})
GOOD: list[tuple[str, Json, str, str]] = [
    ("title", "milk", "text", "milk"),
    ("title", "x" * 81, "long", "x" * 81),
    ("title", "a\nb", "long", "a\nb"),
    ("title", "  a ", "text", "  a "),
    ("due", "2026-11-20", "date", "2026-11-20"),
    ("at", "2026-11-20T12:00:00", "datetime", "2026-11-20T12:00:00"),
    ("mail", "a@x.org", "text", "a@x.org"),
    ("count", -3, "number", "-3"),
    ("amount", 2.5, "number", "2.5"),
    ("loud", True, "bool", "true"),
    ("loud", False, "bool", "false"),
    ("level", "high", "enum", "high"),
    ("size", 2, "enum", "2"),
    ("labels", ["a", "b c"], "text", "a, b c"),
    ("labels", ["Lee, Ann", "b"], "text", '["Lee, Ann", "b"]'),
    ("labels", ["[x]"], "text", '["[x]"]'),
    ("labels", [" a"], "text", '[" a"]'),
    ("labels", [""], "text", '[""]'),
    ("numbers", [1, 2], "text", "[1, 2]"),
    ("more", {"a": [1]}, "text", '{"a": [1]}'),
]


@pytest.mark.parametrize(("name", "value", "kind", "shown"), GOOD)
def test_the_form_shows_each_kind_and_gives_it_back(name: str, value: Json, kind: str, shown: str) -> None:
    call = Call(action="tasks.add", arguments={name: value}, key="k")
    form = {field.name: field for field in fields(suggestion(call), FORM)}
    assert (form[name].kind, form[name].value) == (kind, shown)
    assert edited(call, ((name, shown),), FORM) == call
    if shown == shown.strip():
        assert edited(replace(call, arguments={}), ((name, shown),), FORM) == call


def test_the_form_has_a_field_for_every_input() -> None:
    call = Call(action="tasks.add", arguments={}, key="k")
    form = fields(suggestion(call), FORM)
    assert [field.name for field in form] == list(TYPES)
    assert all(field.value == "" for field in form)
    assert form[-6] == Field(name="size", label="size", kind="enum", value="", options=("1", "2"))
    assert edited(call, tuple((field.name, field.value) for field in form), FORM) == call
    assert fields(suggestion(call), None) == ()
    assert fields(suggestion(), FORM) == ()


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES: dict[str, st.SearchStrategy[Json]] = {
    "title": texts,
    "count": st.integers(),
    "amount": st.floats(allow_nan=False, allow_infinity=False),
    "loud": st.booleans(),
    "labels": st.lists(texts),
    "numbers": st.lists(st.integers()),
    "more": st.dictionaries(texts, texts),
    "any": st.one_of(texts, st.integers(), st.booleans(), st.none()),
}


@quick
@given(st.fixed_dictionaries({}, optional=VALUES))
def test_an_untouched_form_changes_nothing_even_as_browsers_send_it(arguments: dict[str, Json]) -> None:
    call = Call(action="tasks.add", arguments=arguments, key="k")
    values = tuple((f.name, f.value.replace("\n", "\r\n")) for f in fields(suggestion(call), FORM))
    assert edited(call, values, FORM) == call


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("title", " bread ", "bread"),
        ("title", "a\r\nb", "a\nb"),
        ("count", " 4 ", 4),
        ("amount", "4", 4.0),
        ("loud", "On", True),
        ("loud", "no", False),
        ("labels", "a,, b ,", ["a", "b"]),
        ("labels", '["a, b"]', ["a, b"]),
        ("numbers", "1, 2", [1, 2]),
        ("more", '{"a": 1}', {"a": 1}),
        ("any", "5", "5"),
        ("maybe", "x", "x"),
    ],
)
def test_what_is_typed_becomes_its_kind(name: str, typed: str, value: Json) -> None:
    call = Call(action="tasks.add", arguments={"title": "milk", "loud": None}, key="k")
    changed = edited(call, ((name, typed),), FORM).arguments[name]
    assert (changed, type(changed)) == (value, type(value))


def test_an_emptied_field_is_an_argument_left_out() -> None:
    call = Call(action="tasks.add", arguments={"title": "milk", "count": 3, "loud": True}, key="k")
    assert edited(call, (("count", " "), ("loud", "")), FORM).arguments == {"title": "milk", "loud": False}


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("count", "many", "count must be a whole number, and “many” is none."),
        ("count", "4.5", "count must be a whole number, and “4.5” is none."),
        ("amount", "4,5", "amount must be a number, and “4,5” is none."),
        ("amount", "nan", "amount must be a number, and “nan” is none."),
        ("amount", "1e999", "amount must be a number, and “1e999” is none."),
        ("loud", "maybe", "loud must be yes or no, and “maybe” is none."),
        ("labels", "[a", "labels must be a list, and “[a” is none."),
        ("labels", "[" * 100_000, f"labels must be a list, and “{'[' * 80}” is none."),
        ("numbers", "1, x", "numbers must be a whole number, and “x” is none."),
        ("more", "{", "more must be JSON, and “{” is none."),
        ("sub_task", "x", "There is no field sub task."),
    ],
)
def test_a_wrong_value_gets_a_clear_sentence(name: str, typed: str, sentence: str) -> None:
    call = Call(action="tasks.add", arguments={}, key="k")
    with pytest.raises(ValueError) as problem:
        edited(call, ((name, typed),), FORM)
    assert str(problem.value) == sentence
