"""Our replies as Telegram's HTML, read back by the parser of its stand-in: nothing breaks and nothing is lost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as some

from adapters.chat.commonmark import plain, spans
from adapters.chat.splitting import utf16
from adapters.chat.telegram.outbound import DOCUMENT, LONGEST, PHOTO, enclosures, render
from bot.message import Address, Attachment, Choice, Kind, Reply, Tone, Upload
from lab.telegram.markup import read_html, units, write_html
from tests.test_commonmark import ANYTHING, LINES

AT = Address(platform="telegram", tenant="42", place="7")
MARKED = some.lists(LINES, min_size=1, max_size=20).map("\n\n".join)


def inked(text: str) -> str:
    return "".join(text.split())


@given(ANYTHING)
def test_no_text_can_break_a_message(text: str) -> None:
    for part in render(Reply(to=AT, text=text)):
        shown, _ = read_html(part.html)
        assert shown == part.plain
        assert 0 < utf16(shown) <= LONGEST
        assert shown.strip()


@settings(max_examples=25)
@given(MARKED, some.integers(1, 8))
def test_a_long_answer_loses_nothing_on_its_way(text: str, times: int) -> None:
    long = "\n\n".join([text] * times)
    parts = render(Reply(to=AT, text=long))
    read = [read_html(part.html) for part in parts]
    assert all(utf16(shown) <= LONGEST for shown, _ in read)
    assert inked("".join(shown for shown, _ in read)) == inked(plain(spans(long)))
    for shown, entities in read:
        assert all(0 <= e["offset"] < e["offset"] + e["length"] <= units(shown) for e in entities)
        assert read_html(write_html(shown, entities))[0] == shown


@settings(max_examples=30)
@given(some.integers(3000, 9000), some.sampled_from(["x = 1\n", "  if y:\n", "\n", "wörter und 🙂\n"]))
def test_code_that_is_cut_is_code_in_every_part(size: int, line: str) -> None:
    code = "start\n" + line * (size // len(line)) + "end"
    parts = [read_html(part.html) for part in render(Reply(to=AT, text=f"```py\n{code}\n```"))]
    assert all([e["type"] for e in entities] == ["pre"] for _, entities in parts)
    assert all(entities[0]["language"] == "py" for _, entities in parts)
    assert all(units(shown) == entities[0]["length"] for shown, entities in parts)


@settings(max_examples=15)
@given(some.text(some.sampled_from("**__``~~<>&[]()\n #|-🙂a\" '"), min_size=4000, max_size=6000))
def test_no_long_text_can_break_a_message(text: str) -> None:
    parts = render(Reply(to=AT, text=text))
    for part in parts:
        assert utf16(read_html(part.html)[0]) <= LONGEST


def test_buttons_stand_below_the_last_part_three_in_a_row() -> None:
    choices = tuple(Choice(label=f"Choice {n}", token=f"a.{n}") for n in range(4))
    first, *_, last = render(Reply(to=AT, text="word " * 2000, choices=choices))
    assert first.rows == ()
    assert [[button.data for button in row] for row in last.rows] == [["a.0", "a.1", "a.2"], ["a.3"]]


def test_a_button_shows_its_tone() -> None:
    choices = (Choice(label="Yes", token="a.1", tone=Tone.PRIMARY), Choice(label="No", token="d.1", tone=Tone.DANGER))
    (part,) = render(Reply(to=AT, text="?", choices=(*choices, Choice(label="Later", token="l.1"))))
    assert [button.style for button in part.rows[0]] == ["primary", "danger", None]


def upload(mime: str, size: int, kind: Kind = Kind.FILE) -> Upload:
    return Upload(about=Attachment(kind=kind, ref="f", mime=mime, size=size, name="a"), content=bytes(size))


def test_a_voice_note_or_a_file_needs_no_words() -> None:
    voice = upload("audio/ogg", 9, Kind.VOICE)
    assert render(Reply(to=AT, text="", voice=voice)) == ()
    assert [part.plain for part in render(Reply(to=AT, text="hi", voice=voice))] == ["hi"]
    assert [part.plain for part in render(Reply(to=AT, text=""))] == ["…"]


def test_a_picture_is_a_picture_as_long_as_telegram_takes_it() -> None:
    files = (upload("image/png", 9), upload("image/png", PHOTO + 1), upload("image/gif", 9), upload("audio/ogg", 9))
    reply = Reply(to=AT, text="", voice=upload("audio/ogg", 9, Kind.VOICE), files=files)
    assert [item.shape for item in enclosures(reply)] == ["voice", "photo", "document", "document", "document"]


def test_a_file_that_telegram_takes_from_no_bot_is_named_in_words() -> None:
    reply = Reply(to=AT, text="here", files=(upload("text/plain", DOCUMENT + 1), upload("text/plain", 0)))
    assert enclosures(reply) == ()
    assert render(reply)[0].plain.count("50 MB") == 2


def test_markup_is_telegrams_own() -> None:
    (part,) = render(Reply(to=AT, text='**a** _b_ `c<d` [e](https://f.g/?a=1&b="2")\n\n```py\nx < y\n```\n> q'))
    assert part.html == (
        '<b>a</b> <i>b</i> <code>c&lt;d</code> <a href="https://f.g/?a=1&amp;b=%222%22">e</a> (f.g ↗)\n\n'
        '<pre><code class="language-py">x &lt; y</code></pre>\n\n<blockquote>q</blockquote>'
    )
