"""Every value of ours goes to JSON and back unchanged; what does not fit is named."""

from __future__ import annotations

import dataclasses
import importlib
import json
import pkgutil
import types
import typing
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from enum import Enum

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bot
from bot.action import Call, Json, Outcome, Risk
from bot.codec import Malformed, decode, encode
from bot.message import Address, ButtonPress, Choice, Command, Inbound, InboundMessage, Reaction, Stop
from bot.model import Said
from bot.people import Person
from bot.policy import Seen
from bot.trust import Trust

# Bundles of functions, raw requests and contents: they never leave their process.
NOT_KEPT = {"Arrival", "Context", "Reply", "Upload", "Ports", "Response", "Request", "Hook"}


def kept_types() -> list[type]:
    """All dataclasses of the mind: whoever adds one finds it tested here."""
    modules = [importlib.import_module(f"bot.{info.name}") for info in pkgutil.iter_modules(bot.__path__)]
    items = {name: item for module in modules for name, item in vars(module).items() if name not in NOT_KEPT}
    return [
        items[name] for name in sorted(items) if isinstance(items[name], type) and dataclasses.is_dataclass(items[name])
    ]


TYPES = kept_types()
texts = st.text(max_size=8)
jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=3,
)
LEAVES: dict[object, st.SearchStrategy[Json]] = {
    typing.Any: jsons,
    str: texts,
    int: st.integers(),
    float: st.floats(allow_nan=False),
    bool: st.booleans(),
    type(None): st.none(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    date: st.dates(),
    time: st.times(),
}


def values(kind: typing.Any) -> st.SearchStrategy[Json]:
    """Values of a type as it is written in a dataclass."""
    arguments = typing.get_args(kind)
    origin = typing.get_origin(kind)
    if kind in LEAVES:
        return LEAVES[kind]
    if origin in (typing.Union, types.UnionType):
        return st.one_of([values(item) for item in arguments])
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return st.lists(values(arguments[0]), max_size=2).map(tuple)
        return st.tuples(*[values(item) for item in arguments])
    if origin is frozenset:
        return st.frozensets(values(arguments[0]), max_size=2)
    if origin is not None and issubclass(origin, Mapping):
        return st.dictionaries(texts, values(arguments[1]), max_size=2)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    return whole(kind)


def whole(kind: type) -> st.SearchStrategy[Json]:
    if kind is Choice:
        return st.builds(
            Choice, label=st.text("ab", min_size=1, max_size=20), token=st.text("ab", min_size=1, max_size=64)
        )
    hints = typing.get_type_hints(kind)
    fields = {field.name: values(hints[field.name]) for field in dataclasses.fields(kind)}
    return st.builds(kind, **fields)


STRATEGIES = {kind: whole(kind) for kind in TYPES}
few = settings(
    max_examples=8, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
@few
@given(data=st.data())
def test_every_value_comes_back_as_it_went(kind: type, data: st.DataObject) -> None:
    value = data.draw(STRATEGIES[kind])
    assert decode(kind, json.loads(json.dumps(encode(value)))) == value


def test_the_important_types_are_among_those_tested() -> None:
    names = {kind.__name__ for kind in TYPES}
    important = (
        "Address InboundMessage ButtonPress Command Stop Suggestion Trust Call Outcome Action Message Answer Prompt"
    )
    assert names >= {*important.split(), *"User Acted Begun Ran Decided Thought Seen Job Usage Reminder".split()}


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_no_field_takes_the_place_of_the_types_name(kind: type) -> None:
    assert "type" not in {field.name for field in dataclasses.fields(kind)}


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("data", [None, 5, "text", ["list"], {"type": "Nonsense"}], ids=str)
def test_what_is_no_such_value_is_named(kind: type, data: Json) -> None:
    with pytest.raises(Malformed, match=f"not a {kind.__name__}: "):
        decode(kind, data)


AT = Address(platform="web", tenant="", place="u")
ANN = Person(platform="web", tenant="", id="u")
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def test_in_a_union_the_name_of_the_type_decides() -> None:
    arrived: list[Inbound] = [
        Stop(delivery="d", at=AT, sender=ANN),
        Command(delivery="d", at=AT, sender=ANN, name="task", text="milk", sent_at=NOON),
        InboundMessage(delivery="d", at=AT, sender=ANN, ref="r", text="hi", sent_at=NOON),
        Reaction(delivery="d", at=AT, sender=ANN, ref="r", emoji="👍"),
        ButtonPress(delivery="d", at=AT, sender=ANN, token="a.n", values=(("title", "milk"),)),
    ]
    for inbound in arrived:
        assert decode(Inbound, encode(inbound)) == inbound
    assert decode(str | int | None, 5) == 5
    assert decode(str | int | None, "5") == "5"
    assert decode(str | int | None, None) is None
    assert decode(Stop | None, None) is None


WRONG: list[tuple[typing.Any, Json, str]] = [
    (Inbound, {"type": "Nothing"}, "none of"),
    (Inbound, "Stop", "none of"),
    (Inbound, None, "none of"),
    (str | int, 5.5, "none of"),
    (Address, encode(ANN), "it is a Person"),
    (Address, {"platform": "web"}, "missing"),
    (Address, {**encode(AT), "place": 5}, "5 is no str"),
    (Address, {**encode(AT), "place": None}, "None is no str"),
    (tuple[str, ...], "abc", "'abc' is no list"),
    (tuple[str, ...], {"a": 1}, "is no list"),
    (tuple[str, str], ["a"], "zip"),
    (tuple[str, str], ["a", "b", "c"], "zip"),
    (list[int], [1, True], "True is no int"),
    (frozenset[str], [["x"]], "is no str"),
    (int, True, "True is no int"),
    (int, 1.0, "1.0 is no int"),
    (float, True, "True is no float"),
    (float, "1", "'1' is no float"),
    (bool, 1, "1 is no bool"),
    (str, b"", "is no str"),
    (datetime, "yesterday", "yesterday"),
    (datetime, 5, "fromisoformat"),
    (date, "2026-11-20T12:00", "2026-11-20T12:00"),
    (time, "25:00", "hour"),
    (Risk, 9, "9 is not a valid Risk"),
    (Mapping[str, int], [1], "items"),
    (Mapping[str, int], {"a": "b"}, "'b' is no int"),
    (Choice, {"label": "x" * 21, "token": "t"}, "1 to 20 characters"),
]


@pytest.mark.parametrize(("kind", "data", "why"), WRONG)
def test_the_message_says_what_does_not_fit(kind: typing.Any, data: Json, why: str) -> None:
    with pytest.raises(Malformed, match="not a ") as problem:
        decode(kind, data)
    assert why in str(problem.value)


def test_a_field_of_tomorrow_is_overlooked_and_one_of_yesterday_has_its_default() -> None:
    assert decode(Address, {"platform": "web", "tenant": "", "place": "u", "colour": "red"}) == AT
    assert decode(Address, {**encode(AT), "type": "Address"}) == AT


def test_a_whole_number_may_stand_for_a_float_and_a_list_for_a_tuple() -> None:
    amount: float = decode(float, 5)
    assert (amount, type(amount)) == (5.0, float)
    assert decode(tuple[str, int], ("a", 1)) == ("a", 1)


@pytest.mark.parametrize("value", [object(), b"bytes", 1j, Address, {"a": object()}, [lambda: None]])
def test_what_has_no_json_form_is_refused(value: object) -> None:
    with pytest.raises(Malformed, match="has no JSON form"):
        encode(value)


def test_the_type_travels_beside_the_fields() -> None:
    assert encode(AT) == {"type": "Address", "platform": "web", "tenant": "", "place": "u", "thread": ""}
    assert encode({1: (Risk.SEND, NOON, date(2026, 1, 2), time(3, 4))}) == {
        "1": [3, "2026-11-20T12:00:00+00:00", "2026-01-02", "03:04:00"]
    }


def test_types_given_as_unions_or_mappings_keep_their_inner_types() -> None:
    trust = Trust(id="t", action="a", account=None, targets={"to": ["x"]}, until=NOON, at_most={"n": 5.0})
    assert decode(Trust, encode(trust)) == trust
    call = Call(action="a.b", arguments={"deep": [{"a": None}]}, key="k")
    outcome = Outcome(ok=True, text="t", data={"n": [1.5]}, undo=call)
    assert decode(Outcome, encode(outcome)) == outcome
    seen = Seen(found=frozenset({"a", "b"}))
    assert decode(Seen, encode(seen)) == seen
    assert decode(tuple[Said, ...], encode((Said(role="user"),))) == (Said(role="user"),)
