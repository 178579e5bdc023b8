"""What we say in Slack's own blocks, forms and pages; pure, checked by the stand-in's reading of Block Kit."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from adapters.chat.commonmark import plain, spans
from adapters.chat.slack.growing import Grown, streamable
from adapters.chat.slack.inbound import Around, Me, parse
from adapters.chat.slack.outbound import LONGEST, Part, render
from adapters.chat.slack.pages import home, modal
from adapters.chat.slack.words import addressed, escaped, mentioned, readable
from adapters.chat.splitting import utf16
from bot.card import Field
from bot.message import Address, Attachment, ButtonPress, Choice, Kind, Reply, Tone, Upload
from bot.ports import Form, Home
from lab.slack import blocks, views
from tests.test_commonmark import ANYTHING

AT = Address(platform="slack", tenant="T1", place="D1", thread="1.2")
CHOICES = (
    Choice(label="Approve", token="a.nonce", tone=Tone.PRIMARY),
    Choice(label="Edit", token="e.nonce"),
    Choice(label="Deny", token="d.nonce", tone=Tone.DANGER),
)
SOUND = Upload(about=Attachment(kind=Kind.VOICE, ref="", mime="audio/ogg", size=1), content=b"x")
AROUND = Around(me=Me(team="T1", user="UME", bot="BME"), now=datetime(2026, 12, 1, tzinfo=UTC))


def parts(text: str, **more: Any) -> tuple[Part, ...]:
    return render(Reply(to=AT, text=text, **more))


def elements(part: Part) -> list[Any]:
    return [e for block in part.blocks if block["type"] == "rich_text" for e in block["elements"]]


def words(text: str) -> list[str]:
    return "".join(text.split()).split()


def test_markup_becomes_rich_text() -> None:
    (part,) = parts(
        "**bold** _it_ ~~no~~ `x < y` [label](https://example.com/a)\n\n```py\nif x:\n    *y*\n```\n\n> said"
    )
    assert elements(part) == [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "bold", "style": {"bold": True}},
                {"type": "text", "text": " "},
                {"type": "text", "text": "it", "style": {"italic": True}},
                {"type": "text", "text": " "},
                {"type": "text", "text": "no", "style": {"strike": True}},
                {"type": "text", "text": " "},
                {"type": "text", "text": "x < y", "style": {"code": True}},
                {"type": "text", "text": " "},
                {"type": "link", "url": "https://example.com/a", "text": "label"},
                {"type": "text", "text": " (example.com ↗)"},
            ],
        },
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "if x:\n    *y*"}]},
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": "said"}]},
    ]


def test_nothing_that_is_said_calls_anybody() -> None:
    (part,) = parts("<!channel> <@U123> @here *not bold* & <x|y>")
    assert {piece["type"] for element in elements(part) for piece in element["elements"]} == {"text"}
    assert part.text.startswith("&lt;!channel&gt; &lt;@U123&gt; @here not bold &amp;")


def test_buttons_stand_below_the_last_part_and_carry_verb_and_token() -> None:
    first, last = parts("word " * 1000, choices=CHOICES)
    assert not list(blocks.buttons(list(first.blocks)))
    shown = [(b["action_id"], b["value"], b.get("style")) for b in blocks.buttons(list(last.blocks))]
    assert shown == [("a.0", "a.nonce", "primary"), ("e.1", "e.nonce", None), ("d.2", "d.nonce", "danger")]


def test_a_voice_note_needs_no_words_and_nothing_else_is_silent() -> None:
    assert parts("", voice=SOUND) == ()
    assert [part.text for part in parts("")] == ["…"]
    assert len(parts("", voice=SOUND, choices=CHOICES)) == 1


def test_more_than_25_buttons_take_several_blocks() -> None:
    many = tuple(Choice(label=f"No. {number}", token=f"a.{number}") for number in range(30))
    (part,) = parts("choose", choices=many)
    assert len(list(blocks.buttons(blocks.check(list(part.blocks))))) == 30


@settings(max_examples=150)
@given(ANYTHING)
def test_whatever_is_said_is_valid_and_nothing_of_it_is_lost(text: str) -> None:
    found = parts(text, choices=CHOICES)
    for part in found:
        blocks.check(list(part.blocks))
        assert utf16(blocks.plain([b for b in part.blocks if b["type"] == "rich_text"])) <= LONGEST + 1
        assert 0 < len(part.text) <= 4000
        assert "<" not in part.text
    shown = "".join(blocks.plain([b for b in part.blocks if b["type"] == "rich_text"]) for part in found)
    assert words(shown) == words(plain(spans(text))) or (shown == "…" and not plain(spans(text)).strip())


@given(ANYTHING, ANYTHING)
def test_what_streams_is_always_a_continuation(before: str, more: str) -> None:
    grown = streamable(before + more)
    assert grown.startswith(streamable(before))
    assert "](" not in grown
    assert "<" not in grown


def test_only_what_goes_on_from_the_stream_is_added_to_it() -> None:
    grown = Grown(ts="1", text="It is ", streams=True)
    assert grown.rest("It is four.") == "four."
    assert grown.rest("It is ") == ""
    for other in ("No.", "It is 3 < 4.", "It is [here](https://example.com).", "It is " + "x" * 20_000):
        assert grown.rest(other) is None


@given(some.text(max_size=200))
def test_escaped_words_are_read_as_they_were(text: str) -> None:
    assert readable(escaped(text), {}) == text
    assert mentioned(escaped(text)) == set()


@given(some.text(alphabet="<>@#!|&;:UC09 ltgamp/", max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    readable(text, {})
    addressed(text, "U0")


# Forms and pages


def form(*fields: Field, title: str = "Send a mail") -> Form:
    return Form(token="e.nonce", title=title, fields=fields)


def field(kind: str, value: str, options: tuple[str, ...] = ()) -> Field:
    return Field(name=kind, label=kind, kind=kind, value=value, options=options)


def sent_off(view: dict[str, Any], given: dict[str, str]) -> ButtonPress:
    """What arrives when somebody sends the form off."""
    state = {"values": views.values(view, given)}
    user = {"id": "U1", "name": "ann"}
    body = {"type": "view_submission", "trigger_id": "1.2.3", "user": user, "view": view | {"state": state}}
    found = parse(json.loads(json.dumps(body)), AROUND)
    assert isinstance(found, ButtonPress)
    return found


FIELDS = (
    field("text", "Thursday"),
    field("long", "Dear Bob,\n\nyes."),
    field("number", "4.5"),
    field("date", "2026-12-04"),
    field("datetime", "2026-12-04T16:00:00+01:00"),
    field("bool", "true"),
    field("enum", "high", ("low", "high")),
)


def test_a_form_that_is_sent_off_unchanged_changes_nothing() -> None:
    view = modal(form(*FIELDS), AT)
    assert view is not None
    views.checked({"view": view}, "modal")
    press = sent_off(view, {})
    assert press.values == tuple((each.name, each.value) for each in FIELDS)
    assert (press.token, press.at) == ("e.nonce", AT)


def test_a_form_takes_what_was_typed() -> None:
    view = modal(form(*FIELDS), AT)
    assert view is not None
    given = {"text": "", "date": "2026-12-05", "bool": "false", "enum": "low"}
    assert dict(sent_off(view, given).values) | given == dict(sent_off(view, given).values)


@pytest.mark.parametrize(
    ("odd", "element"),
    [
        (field("date", "tomorrow"), "plain_text_input"),
        (field("enum", "x", ("x" * 76,)), "plain_text_input"),
        (field("enum", "5", tuple(str(number) for number in range(101))), "plain_text_input"),
        (field("bool", ""), "static_select"),
        (field("number", ""), "number_input"),
        (field("date", ""), "datepicker"),
    ],
)
def test_what_an_element_cannot_hold_is_typed(odd: Field, element: str) -> None:
    view = modal(form(odd, title="A title that is much longer than Slack shows"), AT)
    assert view is not None
    views.checked({"view": view}, "modal")
    assert view["blocks"][0]["element"]["type"] == element
    assert sent_off(view, {}).values == ((odd.kind, odd.value),)


def test_a_form_that_does_not_fit_is_none() -> None:
    assert modal(form(field("long", "x" * 3001)), AT) is None
    assert modal(form(*(field("text", "") for _ in range(101))), AT) is None


@settings(max_examples=40)
@given(some.lists(ANYTHING, max_size=20), some.lists(some.text(max_size=80), max_size=20))
def test_any_home_page_is_valid(cards: list[str], tasks: list[str]) -> None:
    view = home(Home(cards=tuple((card, CHOICES) for card in cards), tasks=tuple(tasks)))
    views.checked({"view": view}, "home")


def test_a_stranger_at_home_is_told_how_to_begin() -> None:
    view = home(None)
    views.checked({"view": view}, "home")
    assert "Write me a message" in blocks.plain(view["blocks"])
