"""Our replies as Discord shows them, and what stands around them; pure."""

from __future__ import annotations

import asyncio
import base64
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from adapters.chat.commonmark import plain, spans
from adapters.chat.discord import invite_link
from adapters.chat.discord.inbound import made_at
from adapters.chat.discord.lanes import Lanes
from adapters.chat.discord.markdown import APART, markdown
from adapters.chat.discord.modal import modal, values
from adapters.chat.discord.outbound import LARGEST, LONGEST, growing, nonce, render, words
from adapters.chat.discord.slash import are_there, commands
from adapters.chat.discord.threads import after
from adapters.chat.discord.waveform import drawn
from adapters.chat.splitting import utf16
from bot.card import Field
from bot.message import Address, Attachment, Choice, Kind, Reply, Tone, Upload
from bot.ports import Form
from lab.discord.components import check_modal, check_rows
from lab.discord.markdown import read
from tests.sounds import encoded, recording, tone
from tests.test_commonmark import ANYTHING, LINES

AT = Address(platform="discord", tenant="", place="100")


def seen(text: str) -> str:
    """What people read of it, without what stands there unseen."""
    return read(markdown(spans(text)))[0].replace(APART, "")


def file(name: str, size: int = 3, kind: Kind = Kind.FILE) -> Upload:
    about = Attachment(kind=kind, ref="r", mime="application/pdf", size=size, name=name)
    return Upload(about=about, content=b"x" * size)


# Markdown


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a **b _c_** `d`", "a **b** ***c*** `d`"),
        ("~~gone~~", "~~gone~~"),
        ("snake_case * 2 | 3", r"snake\_case \* 2 \| 3"),
        ("\\- no list\n\\# no head", "\\- no list\n\\# no head"),
        ("1. one\n2. two", "1\\. one\n2\\. two"),
        ("[site](https://example.com/a_b)", r"[site](<https://example.com/a_b>) \(example.com ↗\)"),
        ("<https://example.com/a_b>", "<https://example.com/a_b>"),
        ("see https://example.com/a_b_c now", "see https://example.com/a_b_c now"),
        ("<@123> @everyone", r"\<\@123\> \@everyone"),
        ("> a\n> b\n\nc", "> a\n> b\n\nc"),
        ("```py\nx = 1\n```", "```py\nx = 1\n```"),
        ("at 10:30 :smile: :tada:", r"at 10:30 \:smile: \:tada:"),
    ],
)
def test_text_is_written_in_discords_own_markdown(text: str, written: str) -> None:
    assert markdown(spans(text)) == written


@pytest.mark.parametrize("text", ["<@1>", "<@!1>", "<@&1>", "<#1>", "@everyone", "@here", "<t:1:R>", "<:a:1>", "||x||"])
def test_nothing_that_was_written_calls_or_hides_anything(text: str) -> None:
    shown, html = read(markdown(spans(f"a {text} b")))
    assert shown == f"a {text} b"
    assert "<mark>" not in html


@given(ANYTHING)
@settings(max_examples=400)
def test_people_read_exactly_what_was_said(text: str) -> None:
    found = plain(spans(text))
    assert without_blanks(seen(text)) == without_blanks(found)


@given(some.lists(LINES, max_size=5).map("\n\n".join))
@settings(max_examples=300)
def test_marks_change_no_word(text: str) -> None:
    assert without_blanks(seen(text)) == without_blanks(plain(spans(text)))


def without_blanks(text: str) -> str:
    """Addresses are compared without their codes: some signs are written as such in them."""
    for sign, code in (("\\", "%5C"), ("*", "%2A"), ("~", "%7E"), ("`", "%60"), ("|", "%7C")):
        text = text.replace(code, sign)
    return re.sub(rf"[\s{APART}]+", "", text)


@given(ANYTHING.map(lambda text: text * 30))
@settings(max_examples=60)
def test_every_message_fits_and_none_is_empty(text: str) -> None:
    parts = render(Reply(to=AT, text=text))
    assert parts
    assert all(0 < utf16(part.content.strip() or "x") <= LONGEST for part in parts)


# Messages


def test_buttons_stand_below_the_last_message_five_in_a_row() -> None:
    choices = tuple(Choice(label=f"No. {number}", token=f"a.{number}") for number in range(7))
    *first, last = render(Reply(to=AT, text="words " * 700, choices=choices))
    assert first
    assert [part.rows for part in first] == [()] * len(first)
    assert [len(row["components"]) for row in last.rows] == [5, 2]
    check_rows(list(last.rows))


@pytest.mark.parametrize(("tone", "style"), [(Tone.PRIMARY, 1), (Tone.NEUTRAL, 2), (Tone.DANGER, 4)])
def test_a_button_has_its_tone(tone: Tone, style: int) -> None:
    part = render(Reply(to=AT, text="x", choices=(Choice(label="Go", token="a.1", tone=tone),)))[0]
    assert part.rows[0]["components"] == [{"type": 2, "style": style, "label": "Go", "custom_id": "a.1"}]


def test_nobody_is_called_and_no_page_is_looked_at() -> None:
    body = words(render(Reply(to=AT, text="@everyone https://example.com"))[0])
    assert body["allowed_mentions"] == {"parse": []}
    assert body["flags"] == 4


def test_a_voice_note_and_files_come_behind_the_words() -> None:
    files = tuple(file(f"{number}.pdf") for number in range(11))
    parts = render(Reply(to=AT, text="Here.", voice=file("v.ogg", kind=Kind.VOICE), files=files))
    assert [(part.content, part.voice is not None, len(part.files)) for part in parts] == [
        ("Here.", False, 0), ("", True, 0), ("", False, 10), ("", False, 1),
    ]  # fmt: skip


def test_a_voice_note_alone_has_no_words() -> None:
    assert [part.content for part in render(Reply(to=AT, text="", voice=file("v.ogg")))] == [""]


def test_a_file_that_discord_does_not_take_is_said() -> None:
    parts = render(Reply(to=AT, text="Here.", files=(file("big_one.pdf", LARGEST + 1),)))
    assert [part.content for part in parts] == ["Here.", r"big\_one.pdf has 10 MB; Discord takes 10 MB at most."]
    assert not any(part.files for part in parts)


def test_a_growing_answer_can_be_stopped() -> None:
    last = growing("word " * 1000, "key")[-1]
    (button,) = last.rows[0]["components"]
    assert (button["label"], button["custom_id"]) == ("Stop", f"stop.{nonce('key', 0)}")
    assert utf16(last.content) <= LONGEST


def test_a_nonce_is_the_same_for_the_same_part_and_short_enough() -> None:
    assert nonce("key", 0) == nonce("key", 0)
    assert len({nonce("key", 0), nonce("key", 1), nonce("other", 0)}) == 3
    assert len(nonce("key" * 100, 0)) <= 25


# Forms


def form(*fields: Field, title: str = "Send a mail") -> Form:
    return Form(token="e.nonce", title=title, fields=fields)


def field(name: str, value: str = "x", kind: str = "text", options: tuple[str, ...] = ()) -> Field:
    return Field(name=name, label=name, kind=kind, value=value, options=options)


def test_a_form_becomes_a_modal() -> None:
    found = modal(form(field("to", "Bob"), field("text", "a\nb"), field("urgent", "true", "bool"), title="x" * 60))
    assert found is not None
    check_modal(found)
    to, text, urgent = (part["component"] for part in found["components"])
    assert (found["custom_id"], len(found["title"])) == ("e.nonce", 45)
    assert (to["style"], to["value"], text["style"], text["required"]) == (1, "Bob", 2, False)
    assert urgent["options"] == [
        {"label": "true", "value": "true", "default": True}, {"label": "false", "value": "false"},
    ]  # fmt: skip


def test_of_many_fields_the_filled_ones_are_shown_and_the_rest_is_named() -> None:
    fields = [field(f"f{number}", "" if number % 2 else "x") for number in range(9)]
    found = modal(form(*fields))
    assert found is not None
    check_modal(found)
    assert [part["component"]["custom_id"] for part in found["components"]] == ["f0", "f2", "f4", "f6", "f8"]
    assert "f1, f3, f5, f7" in found["components"][-1]["description"]


def test_what_would_be_cut_off_is_not_in_the_form() -> None:
    found = modal(form(field("to", "Bob"), field("text", "x" * 4001)))
    assert found is not None
    assert [part["component"]["custom_id"] for part in found["components"]] == ["to"]
    assert "text" in found["components"][0]["description"]
    assert modal(form(field("text", "x" * 4001))) is None


FIELDS = some.builds(
    field,
    some.text(min_size=1, max_size=120),
    some.text(max_size=4100),
    some.sampled_from(["text", "long", "bool", "enum", "number"]),
    some.lists(some.text(max_size=110), max_size=30, unique=True).map(tuple),
)


@given(some.lists(FIELDS, min_size=1, max_size=8, unique_by=lambda field: field.name), some.text(max_size=60))
@settings(max_examples=100)
def test_discord_takes_every_form(fields: list[Field], title: str) -> None:
    found = modal(form(*fields, title=title))
    if found is not None:
        check_modal(found)


def test_a_modal_that_was_sent_off_is_read() -> None:
    parts: list[Any] = [
        {"type": 18, "component": {"type": 4, "custom_id": "to", "value": "Bob"}},
        {"type": 1, "components": [{"type": 4, "custom_id": "at", "value": None}]},
        {"type": 18, "component": {"type": 3, "custom_id": "urgent", "values": ["true"]}},
        {"type": 10},
    ]
    assert values(parts) == (("to", "Bob"), ("at", ""), ("urgent", "true"))


# Slash commands, threads, ids, the invitation


def test_the_commands_are_put_once() -> None:
    offered = commands()
    there = [command | {"id": "1", "version": "2", "name_localizations": None} for command in reversed(offered)]
    assert are_there(there)
    assert not are_there(there[1:])
    assert not are_there([there[0] | {"description": "otherwise"}, *there[1:]])
    assert all(1 <= len(command["description"]) <= 100 for command in offered)
    assert "aurelius" in {command["name"] for command in offered}


@pytest.mark.parametrize(
    ("event", "data", "threads"),
    [
        ("GUILD_CREATE", {"threads": [{"id": "8"}, {"id": "9"}]}, {"7", "8", "9"}),
        ("THREAD_LIST_SYNC", {"threads": [{"id": "9"}]}, {"7", "9"}),
        ("THREAD_CREATE", {"id": "8"}, {"7", "8"}),
        ("THREAD_UPDATE", {"id": "8"}, {"7", "8"}),
        ("THREAD_DELETE", {"id": "7"}, set()),
        ("GUILD_CREATE", {"threads": [{"id": str(number)} for number in range(20_000)]}, {"7"}),
    ],
)
def test_it_is_known_which_channels_are_threads(event: str, data: Any, threads: set[str]) -> None:
    assert after(frozenset({"7"}), event, data) == threads


def test_an_id_tells_when_it_was_made() -> None:
    assert made_at("175928847299117063").isoformat(timespec="milliseconds") == "2016-04-30T11:18:25.796+00:00"


def test_the_invitation_asks_for_no_more_than_is_needed() -> None:
    found = urlsplit(invite_link("123"))
    asked = parse_qs(found.query)
    assert (found.netloc, asked["client_id"], asked["scope"]) == ("discord.com", ["123"], ["bot applications.commands"])
    administrator, manage_server, mention_everyone = 1 << 3, 1 << 5, 1 << 17
    assert not int(asked["permissions"][0]) & (administrator | manage_server | mention_everyone)


# Voice notes


def test_a_voice_note_has_its_length_and_its_picture() -> None:
    sound = encoded(tone(1.0, height=30_000) + tone(1.0, height=0), "ogg")
    seconds, waveform = drawn(sound)
    points = base64.b64decode(waveform)
    assert seconds == pytest.approx(2.0, abs=0.1)
    assert 18 <= len(points) <= 22
    assert min(points[1:8]) > 150
    assert max(points[12:18]) < 10


def test_a_long_voice_note_has_no_more_than_256_points() -> None:
    seconds, waveform = drawn(recording("ogg", 40.0))
    assert seconds == pytest.approx(40.0, abs=0.2)
    assert len(base64.b64decode(waveform)) == 256


@pytest.mark.parametrize("sound", [b"", b"no sound at all", recording("wav")])
def test_what_is_no_voice_note_is_not_drawn(sound: bytes) -> None:
    with pytest.raises(ValueError):
        drawn(sound)


# Order


async def test_a_lane_keeps_its_order_and_stops_no_other() -> None:
    lanes, done, gate, all_done = Lanes(), list[str](), asyncio.Event(), asyncio.Event()

    def work(name: str, wait: asyncio.Event | None = None) -> Any:
        async def doing() -> None:
            if wait is not None:
                await wait.wait()
            done.append(name)
            if len(done) == 4:
                all_done.set()

        return doing

    lanes.put("a", work("a1", gate))
    lanes.put("a", work("a2"))
    lanes.put("b", work("b1"))
    lanes.put("b", lambda: work("b2")())
    while len(done) < 2:
        await asyncio.sleep(0)
    assert done == ["b1", "b2"]
    gate.set()
    await all_done.wait()
    assert done == ["b1", "b2", "a1", "a2"]
    await lanes.stop()
