"""The card: all that runs is shown, nothing in a value can dress up, the form gives back what it was given."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot import card
from bot.action import Action, Call, Json, Risk
from bot.card import choices, parse_token, undo_choice, when
from bot.ids import new_nonce
from bot.people import Scope, User
from bot.suggestion import Evidence, State, Suggestion, digest_of
from bot.trigger import Why

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ANN = User(id="u", org="o", name="Ann", zone="Europe/Berlin")
SEND = Action(
    skill="mail",
    name="send",
    about="",
    risk=Risk.SEND,
    targets=("to",),
    inputs={"type": "object", "properties": {n: {"type": "string"} for n in ("to", "cc", "reply_to", "text")}},
)
ADD = replace(SEND, skill="tasks", name="add", risk=Risk.WRITE, undoable=True, targets=())
quick = settings(max_examples=60, deadline=None, derandomize=True, database=None)


def find(action: str) -> Action | None:
    return {SEND.id: SEND, ADD.id: ADD}.get(action)


def suggestion(*steps: Call, state: State = State.OPEN, **changed: Json) -> Suggestion:
    waiting = Suggestion(
        id="s",
        scope=Scope(org="o", user="u"),
        revision=1,
        trigger=Why.ASKED,
        title="Send a mail",
        steps=steps,
        risk=Risk.SEND,
        state=state,
        digest=digest_of(steps),
        nonce="n" * 22,
        created_at=NOW,
        expires_at=NOW + timedelta(hours=20),
    )
    return replace(waiting, **changed)


def send(**arguments: Json) -> Call:
    return Call(action="mail.send", arguments=arguments, key="k")


def drawn(*steps: Call, state: State = State.OPEN, **changed: Json) -> str:
    return card.text(suggestion(*steps, state=state, **changed), ANN, find, NOW)


def tokens(text: str) -> list[Token]:
    return [token for top in MarkdownIt("commonmark").parse(text) for token in (top, *(top.children or ()))]


def rendered(text: str) -> str:
    """What a person reads, blanks made equal."""
    words = [
        " " if token.type in ("softbreak", "hardbreak") else token.content
        for token in tokens(text)
        if not token.children
    ]
    return " ".join("".join(words).split())


def shape(text: str) -> list[str]:
    return [token.type for token in tokens(text) if token.type not in ("text", "text_special")]


def test_a_card_reads_from_the_preview_to_the_expiry() -> None:
    why = "You asked: “tell Bob Thursday works”. This cannot be undone."
    step = replace(send(to="bob@example.com", text="Works for me"), account="ann.lee@work")
    text = drawn(step, why=why, evidence=(Evidence(source="Bob, 19 Nov", quote="Thursday?"),))
    assert text.split("\n\n") == [
        "**Send a mail**",
        "- account: ann.lee@work\n- to: bob@example.com\n- text: Works for me\n- cc, reply to: none",
        f"Why: {why}",
        "> Thursday? (Bob, 19 Nov)",
        "Cannot be undone · expires tomorrow 09:00",
    ]


def test_a_card_for_an_action_that_is_gone_still_shows_every_argument() -> None:
    text = drawn(Call(action="gone.away", arguments={"to": "bob"}, key="k"))
    assert "- to: bob" in text
    assert "Cannot be undone" in text


def test_only_what_can_wholly_be_undone_says_so() -> None:
    add = Call(action="tasks.add", arguments={}, key="k")
    assert "Can be undone" in drawn(add)
    assert "Cannot be undone" in drawn(add, send(to="bob"))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "to: none"),
        ("", "to: (empty)"),
        (" \n", "to: (empty)"),
        (True, "to: true"),
        (0, "to: 0"),
        ([], "to: []"),
        ([1, "a, b"], 'to: [1, "a, b"]'),
        ({"a": {"b": None}}, 'to: {"a": {"b": null}}'),
        ("Ünï – “ö” 👩‍👧", "to: Ünï – “ö” 👩‍👧"),
    ],
)
def test_every_value_has_a_look_of_its_own(value: Json, shown: str) -> None:
    assert shown in rendered(drawn(send(to=value)))


words = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp", "Lm", "Lo", "So", "Co", "Cn")), max_size=30
)
nasty = st.lists(
    st.sampled_from(
        ["\n", "\r", "\r\n", "\n\n", " ", "    ", "\t", "- ", "+ ", "* ", "1. ", "1) ", "2026. ", "# ", "> ", "```",
         "~~~", "---", "===", "**", "__", "`", "<b>", "</b>", "<!--", "<https://evil.example>", "![x](y)", "[x]: /y",
         "[Approve](https://evil.example)", "&#10;", "&lt;", "| a | b |", "to: eve", "x", "2", "\u2028", "\x0b",
         "\\", "&amp;", "\u00a0"]
    ),
    max_size=8,
).map("".join)  # fmt: skip
plain = st.one_of(words, nasty)


def squeezed(text: str) -> str:
    """Without blanks, and with the names of invisible characters undone."""
    named = re.sub(r"⟨U\+([0-9A-F]+)⟩", lambda code: chr(int(code[1], 16)), text)
    return "".join(named.split())


@quick
@given(st.dictionaries(st.sampled_from(["to", "cc", "text"]), plain, min_size=1))
def test_every_text_can_be_read_on_the_card_as_it_will_run(arguments: dict[str, str]) -> None:
    read = squeezed(rendered(drawn(send(**arguments))))
    for value in arguments.values():
        assert squeezed(value) in read


@quick
@given(
    st.recursive(
        plain | st.integers() | st.booleans(),
        lambda inner: st.lists(inner) | st.dictionaries(words, inner),
        max_leaves=5,
    )
)
def test_every_nested_value_can_be_read_on_the_card_as_it_will_run(value: Json) -> None:
    if isinstance(value, str):
        return
    assert squeezed(json.dumps(value, ensure_ascii=False)) in squeezed(rendered(drawn(send(to=value))))


@quick
@given(plain.filter(lambda value: len(value.splitlines()) <= 1), plain, plain, plain)
def test_no_value_changes_what_the_card_is_made_of(value: str, title: str, quote: str, account: str) -> None:
    def made(value: str, title: str, quote: str, account: str) -> list[str]:
        step = replace(send(to=value, text="z"), account=account or "a")
        return shape(drawn(step, title=f"t{title}t", why=quote or "w", evidence=(Evidence(source=quote, quote=quote),)))

    assert made(value, title, quote, account) == made("plain", "plain", "plain", "plain")


@quick
@given(nasty)
def test_several_lines_stay_in_their_quote(value: str) -> None:
    text = drawn(send(to=f"a\n{value}\nb", text="z"))
    kinds = [kind for kind in shape(text) if kind not in ("hardbreak", "softbreak")]
    inside = kinds[kinds.index("blockquote_open") + 1 : kinds.index("blockquote_close")]
    assert set(inside) == {"paragraph_open", "inline", "paragraph_close"}
    outside = kinds[: kinds.index("blockquote_open")] + kinds[kinds.index("blockquote_close") :]
    expected = [kind for kind in shape(drawn(send(to="a\nb", text="z"))) if kind != "hardbreak"]
    opened, closed = expected.index("blockquote_open"), expected.index("blockquote_close")
    assert outside == expected[:opened] + expected[closed:]


def test_lines_keep_their_order_and_their_indent() -> None:
    text = drawn(send(text="Hello\n  - one\n\n1. two\\\nBye  "))
    quote = [line for line in text.splitlines() if line.startswith("  >")]
    assert quote == ["  > Hello\\", "  > \u00a0\u00a0- one", "  > ", "  > 1\\. two\\\\\\", "  > Bye"]
    assert rendered(text).count("two\\") == 1


@pytest.mark.parametrize(
    "hidden", ["\u202e", "\u200f", "\u2066", "\u200b", "\ufeff", "\x00", "\x1b", "\u2028", "\u00ad", "\U000e0041"]
)
def test_what_is_invisible_or_turns_the_order_around_is_named(hidden: str) -> None:
    text = drawn(send(to=f"bob{hidden}@x.org and"))
    assert hidden not in text
    assert f"⟨U+{ord(hidden):04X}⟩" in text or hidden == "\u2028"
    assert hidden not in drawn(send(to=[f"bob{hidden}"]), title=f"a{hidden}b", why=f"a{hidden}b")


def test_joiners_of_scripts_and_emoji_stay() -> None:
    assert "👩‍👧 می‌خواهم" in drawn(send(to="👩‍👧 می‌خواهم"))


def test_names_of_arguments_cannot_dress_up_either() -> None:
    assert shape(drawn(send(**{"to: eve `x` [y](z)": "1"}))) == shape(drawn(send(plain="1")))


# Buttons


BUTTONS = {
    State.OPEN: ["Approve a", "Edit e", "Deny d", "Later l", "Always w"],
    State.SNOOZED: ["Approve a", "Deny d"],
    State.SCHEDULED: ["Cancel c"],
    State.UNKNOWN: ["Run again r", "Leave it x"],
    State.DONE: ["Undo u"],
}


@pytest.mark.parametrize("state", State)
def test_every_state_offers_its_buttons(state: State) -> None:
    offered = choices(suggestion(send(to="bob"), state=state, undo=(send(to="bob"),)), find)
    assert [f"{choice.label} {choice.token[0]}" for choice in offered] == BUTTONS.get(state, [])
    assert all(parse_token(choice.token) == (choice.token[0], "n" * 22) for choice in offered)
    assert all(choice.token[0] in card.VERBS for choice in offered)


def test_a_button_holds_a_real_nonce_within_every_platforms_limits() -> None:
    nonce = new_nonce()
    for choice in choices(suggestion(send(to="bob"), nonce=nonce), find):
        assert len(choice.label) <= 20
        assert len(choice.token.encode()) <= 64
        assert parse_token(choice.token) == (choice.token[0], nonce)


def test_undo_is_offered_where_there_is_one_and_counts_its_steps() -> None:
    assert choices(suggestion(send(to="bob"), state=State.DONE), find) == ()
    assert undo_choice(suggestion(undo=(send(),))).label == "Undo"
    assert undo_choice(suggestion(undo=(send(),) * 99_999)).label == "Undo all (99999)"


def test_always_is_offered_only_for_one_step_with_a_named_target_below_danger() -> None:
    def always(*steps: Call, risk: Risk = Risk.SEND) -> bool:
        return any(choice.label == "Always" for choice in choices(suggestion(*steps, risk=risk), find))

    assert always(send(to="bob"))
    assert not always(send(to="bob"), risk=Risk.DANGER)
    assert not always(send(to=None))
    assert not always(send(text="hi"))
    assert not always(send(to="bob"), send(to="bob"))
    assert not always()
    assert not always(Call(action="gone.away", arguments={"to": "bob"}, key="k"))
    assert not always(Call(action="tasks.add", arguments={"to": "bob"}, key="k"))


@pytest.mark.parametrize("token", ["", "a", "a.", ".n", "aa.n", "approve", "…"])
def test_a_token_of_nobody_is_none(token: str) -> None:
    assert parse_token(token) is None


def test_only_the_first_dot_ends_the_verb() -> None:
    assert parse_token("a.b.c") == ("a", "b.c")


STATUS = [
    (State.SNOOZED, "Put off; it comes back by itself. Expires tomorrow 09:00."),
    (State.SCHEDULED, "Planned."),
    (State.RUNNING, "Running …"),
    (State.UNDOING, "Undoing …"),
    (State.EXPIRED, "Expired; ask again if you still want it."),
    (State.UNKNOWN, "I do not know whether this happened. Please check, then choose."),
    (State.DONE, "✅ It is sent."),
    (State.FAILED, "❌ It is sent."),
    (State.UNDONE, "↩️ It is sent."),
    (State.COMPENSATED, "↩️ It is sent."),
    (State.DENIED, "✖️ It is sent."),
]


@pytest.mark.parametrize(("state", "status"), STATUS)
def test_the_last_line_says_how_it_stands(state: State, status: str) -> None:
    assert drawn(send(to="bob"), state=state, result="It is sent.").split("\n\n")[-1] == status


def test_without_a_result_the_state_itself_is_told() -> None:
    assert drawn(send(to="bob"), state=State.DONE).endswith("✅ done")


@pytest.mark.parametrize(
    ("moment", "zone", "said"),
    [
        (NOW, "Europe/Berlin", "today 13:00"),
        (NOW + timedelta(hours=11), "Europe/Berlin", "tomorrow 00:00"),
        (NOW + timedelta(hours=11), "America/New_York", "today 18:00"),
        (NOW - timedelta(hours=14), "Europe/Berlin", "yesterday 23:00"),
        (NOW + timedelta(days=9), "Europe/Berlin", "Sun 29 Nov 13:00"),
        (NOW, None, "today 12:00 UTC"),
    ],
)
def test_times_are_said_in_the_persons_own_zone(moment: datetime, zone: str | None, said: str) -> None:
    assert when(moment, replace(ANN, zone=zone), NOW) == said
