"""Between the page and our values: what is read, what is refused, and that nothing in a message can become markup."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chat.web import attachment, html, message, press, recording, show
from bot.message import Attachment, ButtonPress, Choice, InboundMessage, Kind
from bot.records import Author, Message
from bot.web import web_address
from tests.web_stage import ANN

NOW = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
WEBM, MP4 = b"\x1aE\xdf\xa3....", b"\0\0\0\x1cftypiso5...."
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
ELEMENT = re.compile(r"<\s*(/?)([a-zA-Z0-9]+)([^>]*)>")
SAFE = frozenset(
    "p br hr strong em s code pre ul ol li blockquote h1 h2 h3 h4 h5 h6 table thead tbody tr th td a span".split()
)


def read(text: Any, files: tuple[Attachment, ...] = (), delivery: Any = "d" * 32) -> InboundMessage:
    inbound = message({"delivery": delivery, "text": text}, ANN, files, NOW)
    assert isinstance(inbound, InboundMessage)
    return inbound


def test_a_message_keeps_every_script_and_loses_what_no_text_holds() -> None:
    assert (
        read("  שלום 你好 e\u0301 👩‍👩‍👧\r\nnext\x00\x07\x1b[31m\ud800 ").text == "שלום 你好 e\u0301 👩‍👩‍👧\nnext[31m"
    )


def test_a_delivery_belongs_to_its_user() -> None:
    assert read("hi").delivery.startswith(ANN.id)


@pytest.mark.parametrize("delivery", [None, 7, "", "short", "x" * 65, "with space", "../../etc"])
def test_a_delivery_must_have_a_proper_id(delivery: object) -> None:
    with pytest.raises(ValueError, match="delivery"):
        read("hi", delivery=delivery)


def test_text_of_just_a_megabyte_is_taken_and_more_is_refused() -> None:
    assert len(read("x" * 1024 * 1024).text) == 1024 * 1024
    with pytest.raises(ValueError, match="1 MB"):
        read("ä" * 600 * 1024)


@pytest.mark.parametrize("text", ["", "   \n", "\x00\x01"])
def test_an_empty_message_is_refused_unless_a_file_says_it_all(text: str) -> None:
    with pytest.raises(ValueError, match="empty"):
        read(text)
    file = Attachment(kind=Kind.FILE, ref="f", mime="text/plain", size=1)
    assert read(text, (file,)).attachments == (file,)


@pytest.mark.parametrize("text", [None, 5, ["a"], {"a": 1}])
def test_text_must_be_text(text: object) -> None:
    with pytest.raises(ValueError, match="must be text"):
        read(text)


def test_a_press_carries_the_fields_of_its_form() -> None:
    data = {"delivery": "d" * 32, "token": "e.abc", "values": {"to": "bob\x00"}}
    pressed = press(data, ANN)
    assert isinstance(pressed, ButtonPress)
    assert (pressed.token, pressed.values) == ("e.abc", (("to", "bob"),))


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"token": ""},
        {"token": "x" * 65},
        {"token": 5},
        {"token": "a.b", "values": ["x"]},
        {"token": "a.b", "values": {"x": 5}},
        {"token": "a.b", "values": {str(n): "" for n in range(51)}},
    ],
)
def test_a_malformed_press_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        press({"delivery": "d" * 32, **data}, ANN)


@pytest.mark.parametrize(
    ("name", "content", "mime", "kind"),
    [
        ("a.png", PNG, "image/png", Kind.IMAGE),
        ("a.txt", b"hello", "text/plain", Kind.FILE),
        ("a.csv", b"a,b\n1,2", "text/csv", Kind.FILE),
        ("film.webm", WEBM, "video/webm", Kind.VIDEO),
        ("song.mp3", b"ID3....", "audio/mpeg", Kind.FILE),
        ("a.pdf", b"%PDF-1.7", "application/pdf", Kind.FILE),
        ("page.html", b"<script>alert(1)</script>", "text/plain", Kind.FILE),
    ],
)
def test_a_file_is_what_its_bytes_say(name: str, content: bytes, mime: str, kind: Kind) -> None:
    found = attachment(name, "", content)
    assert (found.mime, found.kind, found.size) == (mime, kind, len(content))


@pytest.mark.parametrize(
    ("mime", "content", "found"),
    [
        ("audio/webm;codecs=opus", WEBM, "audio/webm"),
        ("audio/mp4", MP4, "audio/mp4"),
        ("audio/ogg;codecs=opus", b"OggS....", "audio/ogg"),
    ],
)
def test_only_what_the_page_recorded_is_a_voice_note(mime: str, content: bytes, found: str) -> None:
    voice = recording("voice note", mime, content, "7.26")
    assert (voice.kind, voice.mime, voice.duration, voice.size) == (Kind.VOICE, found, 7.3, len(content))
    sent = attachment("voice note", mime, content)
    assert (sent.kind, sent.mime, sent.duration) == (Kind.FILE, found, None)


@pytest.mark.parametrize(
    ("content", "seconds", "why"),
    [
        (PNG, "3", "no sound"),
        (b"just text", "3", "no sound"),
        (b"", "3", "empty"),
        (WEBM + bytes(10 * 1024 * 1024), "3", "10 MB"),
        *((WEBM, seconds, "10 minutes") for seconds in ("606", "0", "-1", "nan", "inf", "", "long")),
    ],
)
def test_a_recording_that_cannot_be_one_is_refused_in_words(content: bytes, seconds: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        recording("voice note", "audio/webm", content, seconds)


@pytest.mark.parametrize(
    ("name", "mime", "content"),
    [
        ("run.exe", "image/png", b"MZ\x90\x00"),
        ("photo.png", "image/png", b"just text"),
        ("archive.zip", "application/zip", b"PK\x03\x04"),
        ("nul.txt", "text/plain", b"a\x00b"),
        ("empty.png", "image/png", b""),
    ],
)
def test_a_file_of_the_wrong_kind_is_refused_by_name(name: str, mime: str, content: bytes) -> None:
    with pytest.raises(ValueError, match=re.escape(name)):
        attachment(name, mime, content)


def test_the_name_of_a_file_is_no_path() -> None:
    assert attachment("..\\..\\etc/pass\x00wd", "", b"x").name == "passwd"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](  JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "<javascript:alert(1)>",
        '[x](https://a.example/"onmouseover="alert(1))',
        "![x](https://e.example/track.png)",
        "```html\n<script>\n```",
        '[x](https://a.example "\\" onclick=alert(1) ")',
        'https://a.example/"><script>alert(1)</script>',
        "&lt;script&gt; &#60;script&#62;",
        "[![x](javascript:1)](vbscript:2)",
        "<a href='https://a.example' style='position:fixed'>x</a>",
    ],
)
def test_nothing_in_a_message_becomes_markup(text: str) -> None:
    assert_safe(html(text))


@given(st.text(alphabet=st.sampled_from("<>[]()!\"'&;:/\\`*_~ \nahrefsciptjv0#|-"), max_size=120))
def test_no_combination_of_marks_becomes_markup(text: str) -> None:
    assert_safe(html(text))


def assert_safe(made: str) -> None:
    for _, tag, rest in ELEMENT.findall(made):
        assert tag in SAFE, made
        href = re.search(r'href="([^"]*)"', rest)
        if href is not None:
            assert href.group(1).lower().startswith(("http://", "https://", "mailto:", "tel:")), made
        names = set(re.findall(r'\s([a-zA-Z-]+)="', re.sub(r'"[^"]*"', '""', rest)))
        assert names <= {"href", "title", "target", "rel", "class", "start"}, made


def test_a_link_says_where_it_goes_unless_its_words_do() -> None:
    lying = html("[https://bank.example](https://evil.example/login)")
    assert '<span class="where">(evil.example' in lying
    assert 'rel="noopener noreferrer nofollow"' in lying
    assert "where" not in html("see https://plain.example/x.")
    assert 'href="https://plain.example/x"' in html("see https://plain.example/x.")
    assert "where" in html("https://bank.example@evil.example/")


def test_a_remote_picture_is_a_link_and_never_loaded() -> None:
    made = html("![a chart](https://e.example/p.png)")
    assert "<img" not in made
    assert "a chart</a>" in made


def test_what_a_person_wrote_is_shown_as_written() -> None:
    line = Message(id="m", at=web_address(ANN), author=Author.USER, text="**not bold**", sent_at=NOW)
    assert (show(line)["html"], show(line)["text"]) == ("", "**not bold**")


def test_an_answer_is_shown_with_its_buttons_and_files() -> None:
    line = Message(
        id="m",
        at=web_address(ANN),
        author=Author.ASSISTANT,
        text="**Done**",
        sent_at=NOW,
        suggestion="s",
        state="done",
        choices=(Choice(label="Undo", token="u.n"),),
        files=(Attachment(kind=Kind.IMAGE, ref="f", mime="image/png", size=3, name="a.png"),),
    )
    shown = show(line)
    assert shown["html"] == "<p><strong>Done</strong></p>\n"
    assert shown["card"] is True
    assert shown["choices"] == [{"label": "Undo", "token": "u.n", "tone": "neutral"}]
    assert shown["files"] == [
        {"id": "f", "name": "a.png", "mime": "image/png", "size": 3, "kind": "image", "duration": None}
    ]
