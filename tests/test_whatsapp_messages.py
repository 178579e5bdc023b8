"""What WhatsApp delivers as our values, and our replies in its formatting; pure, on payloads as Meta writes them.

`payloads/whatsapp/index.json` names the page or source from which each payload's fields are."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from adapters.chat.commonmark import Span, plain, spans
from adapters.chat.splitting import utf16
from adapters.chat.whatsapp import outbound
from adapters.chat.whatsapp.failure import refused, unsent
from adapters.chat.whatsapp.inbound import Piece, failure, parse, pieces
from adapters.chat.whatsapp.markup import TWINS, markup, parts
from adapters.chat.whatsapp.outbound import CARD, LONGEST, addressed, change, kind_and_mime, render
from adapters.chat.whatsapp.shown import Shown
from bot import card
from bot.action import Call, Risk
from bot.message import Address, Attachment, Choice, Inbound, Kind, Reply, Upload
from bot.people import Scope, User
from bot.ports import Closed
from bot.suggestion import State, Suggestion, digest_of
from bot.trigger import Why
from lab.whatsapp.markup import html, shown
from lab.whatsapp.messages import CHECKS
from lab.whatsapp.refusal import Refusal
from lab.whatsapp.world import NUMBER_ID, World
from tests.test_commonmark import ANYTHING

PAYLOADS = Path(__file__).parent / "payloads" / "whatsapp"
INDEX: dict[str, str] = json.loads((PAYLOADS / "index.json").read_text())
AT = Address(platform="whatsapp", tenant=NUMBER_ID, place="DE.771200345")
FIVE = tuple(
    Choice(label=label, token=f"{label[0].lower()}.Zk3") for label in ("Approve", "Edit", "Deny", "Later", "Way")
)
UNTWINNED = str.maketrans({twin: sign for sign, twin in TWINS.items()})


def parsed(body: Any) -> list[Inbound]:
    found = [parse(piece, NUMBER_ID) for piece in pieces(body, NUMBER_ID)]
    return [inbound for inbound in found if inbound is not None]


@pytest.mark.parametrize("name", sorted(INDEX))
def test_a_payload_is_parsed_as_its_file_says(name: str) -> None:
    sample = json.loads((PAYLOADS / f"{name}.json").read_text())
    found = parsed(sample["body"])
    assert [type(inbound).__name__ for inbound in found] == [expected["is"] for expected in sample["expected"]]
    for inbound, expected in zip(found, sample["expected"], strict=True):
        for field, value in expected.items():
            assert field == "is" or _seen(inbound, field, value) == value


def _seen(inbound: Any, field: str, expected: Any) -> Any:
    if field == "place":
        return inbound.at.place
    if field == "sender":
        return inbound.sender.id
    if field == "name":
        return inbound.sender.name
    if field == "attachments":
        names = [list(one) for one in expected]
        assert len(inbound.attachments) == len(names)
        return [{n: getattr(file, n) for n in one} for file, one in zip(inbound.attachments, names, strict=True)]
    return getattr(inbound, field)


def test_every_payload_has_its_source() -> None:
    assert sorted(INDEX) == sorted(path.stem for path in PAYLOADS.glob("*.json") if path.stem != "index")
    assert len(INDEX) >= 25


def test_a_failed_message_says_why() -> None:
    status = json.loads((PAYLOADS / "status_failed.json").read_text())["body"]["entry"][0]["changes"][0]["value"]
    code, why = failure(status["statuses"][0])
    assert code == 131047
    assert why == "Re-engagement message. More than 24 hours have passed."


def test_the_time_is_the_messages_own() -> None:
    sample = json.loads((PAYLOADS / "text.json").read_text())["body"]
    assert parsed(sample)[0].sent_at == datetime.fromtimestamp(1795208090, UTC)  # type: ignore[union-attr]


NAMES = (
    "entry changes value field metadata phone_number_id messages type statuses id from text body contacts image "
    "context timestamp status"
).split()
VALUES = ["messages", NUMBER_ID, "text", "image", "reaction", "edit", "failed", "1795208090"]
JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=5) | some.sampled_from(VALUES),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.sampled_from(NAMES), inner, max_size=6),
    max_leaves=25,
)


@given(JSON)
def test_whatever_comes_is_parsed_or_refused_as_malformed(body: Any) -> None:
    value = {"metadata": {"phone_number_id": NUMBER_ID}, "messages": [body], "statuses": [body]}
    for whole in (body, {"entry": [{"changes": [{"field": "messages", "value": value}, body]}, body]}):
        for piece in pieces(whole, NUMBER_ID):
            assert isinstance(piece, Piece)
            try:
                parse(piece, NUMBER_ID)
            except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
                continue


# Formatting


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("**bold** _it_ ~~gone~~ `x*y`", "*bold* _it_ ~gone~ `x*y`"),
        ("**_both_**", "*_both_*"),
        ("# Head\n\ntext", "*Head*\n\ntext"),
        ("- one\n- two\n  - deep", "• one\n• two\n\u00a0\u00a0◦ deep"),
        ("3. three\n4. four", "3. three\n4. four"),
        ("```python\na = '*b*'\n\nc\n```", "```a = '*b*'\n\nc```"),
        ("> one\n> **two**\n\nafter", "> one\n> *two*\n\nafter"),
        ("[here](https://example.com/a_b)", "here (https://example.com/a_b)"),
        ("[**here**](https://example.com/_a_)", "*here* (https://example.com/%5Fa%5F)"),
        ("<https://example.com/a>", "https://example.com/a"),
        ("[example.com](https://example.com/a)", "https://example.com/a"),
        ("a\\*b\\*c 2 * 3 snake_case_name", "a*b*c 2 * 3 snake_case_name"),
        ("\\*not bold\\* \\_nor\\_ \\~this\\~ \\`x\\`", "∗not bold∗ ˍnorˍ ∼this∼ ˋxˋ"),
        ("\\> no quote\n\\- no list", "› no quote\n‐ no list"),
        ("in**side**words", "insidewords"),
        ("two\n\n**lines\nbold**", "two\n\n*lines*\n*bold*"),
        ("f(\\*args, \\*\\*kw)", "f(∗args, ∗∗kw)"),
    ],
)
def test_commonmark_becomes_whatsapps_own_formatting(text: str, written: str) -> None:
    assert markup_of(text) == written


def markup_of(text: str) -> str:
    return "\n<cut>\n".join(parts(spans(text), LONGEST))


@given(ANYTHING)
def test_plain_text_is_never_read_as_formatting(text: str) -> None:
    literal = " ".join(text.replace("\u2028", " ").split())
    written = markup([Span(literal)])
    assert not re.search(r"<(?:b|i|s|code|pre|blockquote)>", html(written)), written
    assert shown(written).translate(UNTWINNED) == literal.translate(UNTWINNED) or "http" in literal


@given(ANYTHING, some.sampled_from(["{}", "**{}**", "_{}_", "> {}", "- {}", "`{}`", "```\n{}\n```", "# {}", "a {} b"]))
def test_nothing_that_was_written_is_lost(text: str, around: str) -> None:
    found = spans(around.format(text))
    read = "".join(shown(part) for part in parts(found, LONGEST))
    if "http" not in text and "](" not in text:
        assert _inked(read) == _inked(plain(found))


def _inked(text: str) -> str:
    return "".join(text.translate(UNTWINNED).replace("•", "").split())


@given(ANYTHING, some.integers(40, 300), some.integers(30, 200))
def test_parts_fit_with_their_markup_and_the_last_one_above_its_buttons(text: str, limit: int, last: int) -> None:
    found = parts(spans(text), limit, last=last)
    assert all(utf16(part) <= limit for part in found)
    assert all(utf16(part) <= last for part in found[-1:])


# Messages


@given(some.text(max_size=3000), some.integers(0, 23))
def test_every_reply_is_taken_by_the_stand_in(text: str, buttons: int) -> None:
    choices = tuple(Choice(label="Go", token=f"a.{number}") for number in range(buttons))
    world = World()
    messages = render(Reply(to=AT, text=text, choices=choices))
    for content in messages:
        CHECKS[content["type"]](world, content[content["type"]])
    tokens = [token for content in messages for token in _tokens(content)]
    assert tokens == [choice.token for choice in choices]


def _tokens(content: Any) -> list[str]:
    action = content.get("interactive", {}).get("action", {})
    rows = [row["id"] for section in action.get("sections", ()) for row in section["rows"]]
    return [button["reply"]["id"] for button in action.get("buttons", ())] + rows


def test_three_choices_are_buttons_and_more_are_a_list() -> None:
    (three,) = render(Reply(to=AT, text="Shall I?", choices=FIVE[:3]))
    assert three["interactive"]["type"] == "button"
    (five,) = render(Reply(to=AT, text="Shall I?", choices=FIVE))
    assert five["interactive"]["action"]["button"] == "Choose"
    assert five["interactive"]["body"] == {"text": "Shall I?"}


def test_a_long_card_has_its_end_above_the_buttons() -> None:
    text = "**Send it**\n\n" + "word " * 400 + "\n\nCannot be undone"
    first, last = render(Reply(to=AT, text=text, choices=FIVE))
    assert first["text"]["body"].startswith("*Send it*\n\nword")
    assert last["interactive"]["body"]["text"] == "Cannot be undone"
    assert len(first["text"]["body"]) > CARD


def test_links_are_shown_without_a_preview() -> None:
    assert render(Reply(to=AT, text="https://example.com"))[0]["text"]["preview_url"] is False


@pytest.mark.parametrize(
    ("place", "field"),
    [("4915112345", "to"), ("US.13491208655302741918", "recipient"), ("US.ENT.11815799212886844830", "recipient")],
)
def test_an_answer_goes_to_the_number_or_to_the_id(place: str, field: str) -> None:
    at = Address(platform="whatsapp", tenant=NUMBER_ID, place=place)
    body = addressed(at, {"type": "text"}, "wamid.1")
    assert body[field] == place
    assert ("to" in body) != ("recipient" in body)
    assert body["context"] == {"message_id": "wamid.1"}


# What is said of a change

ANN = User(id="u", org="o", name="Ann")
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def suggestion(state: State, result: str = "") -> Suggestion:
    call = Call(action="mail.send", arguments={"to": "bob@example.com", "text": "✅ Done\n\n_yes_"}, key="k")
    return Suggestion(
        id="s", scope=Scope(org="o", user="u"), revision=1, trigger=Why.ASKED, title="Send a mail to Bob",
        steps=(call,), risk=Risk.SEND, state=state, digest=digest_of((call,)), nonce="Zk3", created_at=NOW,
        expires_at=NOW + timedelta(days=1), why="You asked", result=result,
    )  # fmt: skip


def drawn(state: State, result: str = "", note: str = "") -> Reply:
    one = suggestion(state, result)
    text = card.text(one, ANN, lambda action: None, NOW) + (f"\n\n_{note}_" if note else "")
    return Reply(to=AT, text=text, choices=card.choices(one, lambda action: None))


@pytest.mark.parametrize(
    ("state", "result", "said"),
    [
        (State.RUNNING, "", None),
        (State.UNDOING, "", None),
        (State.DONE, "Sent to Bob.", "✅ Sent to Bob."),
        (State.DONE, "Sent.\n\nTwice.", "✅ Sent.\n\nTwice."),
        (State.FAILED, "No such address.", "❌ No such address."),
        (State.UNDONE, "Taken back.", "↩️ Taken back."),
        (State.COMPENSATED, "Taken back.", "↩️ Taken back."),
        (State.DENIED, "Declined.", "✖️ Declined."),
        (State.SNOOZED, "", "Put off; it comes back by itself. Expires tomorrow 12:00 UTC."),
        (State.SCHEDULED, "", "Planned."),
        (State.EXPIRED, "", "Expired; ask again if you still want it."),
        (State.UNKNOWN, "", "I do not know whether this happened. Please check, then choose."),
    ],
)
@pytest.mark.parametrize("before", ["wamid.1", str(Shown(ids=("wamid.1",)).now((), drawn(State.OPEN).text))])
def test_of_a_card_that_is_over_only_the_outcome_is_said(
    before: str, state: State, result: str, said: str | None
) -> None:
    reply = drawn(state, result)
    found = change(reply, Shown.read(before))
    assert (None if found is None else found.text) == said
    assert found is None or found.choices == reply.choices


def test_every_state_of_a_card_has_its_rule() -> None:
    for state in set(State) - {State.OPEN}:
        found = change(drawn(state, "So."), Shown.read("wamid.1"))
        assert found is None or "bob@example.com" not in found.text, state


def test_a_card_that_was_changed_is_said_anew_as_a_whole() -> None:
    opened = drawn(State.OPEN)
    assert change(opened, Shown.read("wamid.1")) is opened


def test_a_press_in_vain_is_told_why_and_while_it_runs_nothing() -> None:
    done = Shown().now(("wamid.1",), drawn(State.DONE, "Sent.").text)
    again = change(drawn(State.DONE, "Sent.", "This was answered already."), done)
    assert again is not None
    assert again.text == "_This was answered already._"
    assert change(drawn(State.RUNNING, note="Somebody was faster."), Shown.read("wamid.1")) is None
    late = change(drawn(State.DONE, "Sent.", "This was answered already."), Shown.read("wamid.1"))
    assert late is not None
    assert late.text == "✅ Sent.\n\n_This was answered already._"


def test_of_an_answer_only_what_came_to_it_is_said() -> None:
    words = "I added it.\n\n✅ It is on your list.\n\n_So far._"
    before = Shown().now(("wamid.1",), words)
    assert change(Reply(to=AT, text=words), before) is None
    for ref in (str(before), "wamid.1"):
        undone = change(Reply(to=AT, text=f"{words}\n\n↩️ Removed again."), Shown.read(ref))
        assert undone is not None
        assert undone.text == "↩️ Removed again."
    other = Reply(to=AT, text=words.replace("added", "wrote"))
    assert change(other, before) is other


def test_a_ref_remembers_ids_and_words() -> None:
    ref = str(Shown().now(("wamid.A", "wamid.B"), "one"))
    assert ref.startswith("wamid.A,wamid.B,#3.")
    assert Shown.read(ref).ids == ("wamid.A", "wamid.B")
    assert Shown.read(ref).added("one two") == " two"
    assert Shown.read(ref).added("two") is None
    assert len(Shown(ids=tuple(map(str, range(40)))).now((), "x").ids) == 20


# Files and failures


def upload(mime: str, size: int) -> Upload:
    return Upload(about=Attachment(kind=Kind.FILE, ref="", mime=mime, size=size, name="a"), content=bytes(size))


@pytest.mark.parametrize(
    ("mime", "size", "expected"),
    [
        ("image/png", 10, ("image", "image/png")),
        ("image/gif", 10, None),
        ("audio/ogg", 10, ("audio", "audio/ogg; codecs=opus")),
        ("video/mp4", 10, ("video", "video/mp4")),
        ("application/pdf", 10, ("document", "application/pdf")),
        ("text/csv", 10, ("document", "text/plain")),
        ("application/json", 10, ("document", "text/plain")),
        ("image/png", 6 * 1024 * 1024, None),
        ("application/zip", 10, None),
    ],
)
def test_a_file_goes_as_what_whatsapp_takes(mime: str, size: int, expected: tuple[str, str] | None) -> None:
    assert kind_and_mime(upload(mime, size)) == expected


def test_a_file_that_is_not_taken_is_named() -> None:
    assert "application/zip" in outbound.not_taken(upload("application/zip", 10))["text"]["body"]


@pytest.mark.parametrize(
    ("status", "code", "again", "after"),
    [
        (400, 131056, True, 6.0),
        (429, 130429, True, 2.0),
        (400, 80007, True, 30.0),
        (429, 999, True, 2.0),
        (401, 190, True, 30.0),
        (403, 10, True, 30.0),
        (400, 131026, False, 0.0),
        (400, 131051, False, 0.0),
        (400, 100, False, 0.0),
        (500, 131000, True, 0.0),
        (503, 503, True, 0.0),
    ],
)
def test_an_error_means_what_it_means_for_the_message(status: int, code: int, again: bool, after: float) -> None:
    found = unsent(refused(status, Refusal(code, "why").body(), None))
    assert (found.again, found.after, found.unsure) == (again, after, False)
    assert str(found)


def test_after_24_hours_whatsapp_is_closed() -> None:
    assert isinstance(unsent(refused(400, Refusal(131047).body(), None)), Closed)


@pytest.mark.parametrize("body", [None, "<html>", {}, {"error": "no"}, {"error": {"code": "x", "error_data": 1}}])
def test_an_answer_of_something_in_between_is_no_surprise(body: Any) -> None:
    found = refused(502, body, "7")
    assert (found.code, found.retry_after) == (502, 7.0)
    assert unsent(found).again
