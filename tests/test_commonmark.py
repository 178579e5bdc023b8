"""CommonMark as spans, and spans in parts: nothing is lost, nothing breaks, whatever a model writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from adapters.chat.commonmark import Mark, Span, Style, plain, spans
from adapters.chat.splitting import split, utf16

WORDS = some.from_regex(r"[a-zäß]{1,12}", fullmatch=True)
SIGNS = "*_`~<>&[]()#-+.!|\\\n \t\"'1:/"
ANYTHING = some.text(
    some.one_of(some.sampled_from(SIGNS), some.characters(), some.sampled_from("🙂👩‍👩‍👧é")), max_size=300
)
WRAPPED = (
    "{}",
    "**{}**",
    "_{}_",
    "`{}`",
    "~~{}~~",
    "**_{}_**",
    "[{}](https://example.com/a)",
    "<b>{}",
    "![{}](https://x.y/z)",
)
BLOCKS = (
    "{}", "# {}", "- {}", "7. {}", "> {}", "> > {}", "```\n{}\n```", "```python\n{}", "    {}", "- - {}",
    "| {} |\n|---|",
    "<div>\n{}\n</div>", "{}\n---", "> - {}", "- a\n\n  {}",
)  # fmt: skip
LINES = some.builds(
    lambda block, pieces: block.format(" ".join(wrap.format(word) for wrap, word in pieces)),
    some.sampled_from(BLOCKS),
    some.lists(some.tuples(some.sampled_from(WRAPPED), WORDS), min_size=1, max_size=6),
)


def styles(text: str) -> list[tuple[str, str]]:
    return [("+".join(mark.style.value for mark in span.marks), span.text) for span in spans(text)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a **b _c_** `d`", [("", "a "), ("bold", "b "), ("bold+italic", "c"), ("", " "), ("code", "d")]),
        ("# Head *x*", [("bold", "Head "), ("bold+italic", "x")]),
        ("**a `b`**", [("bold", "a "), ("code", "b")]),
        ("a\nb\\\nc", [("", "a"), ("", "\n"), ("", "b"), ("", "\n"), ("", "c")]),
        ("> a\n>\n> b\n\nc", [("quote", "a"), ("quote", "\n\n"), ("quote", "b"), ("", "\n\n"), ("", "c")]),
        ("```py\na\n\n b\n```", [("block", "a\n\n b")]),
    ],
)
def test_marks_stand_where_they_belong(text: str, shown: list[tuple[str, str]]) -> None:
    assert styles(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("- a\n- b\n  - c\n  - d\n- e", "• a\n• b\n\u00a0\u00a0◦ c\n\u00a0\u00a0◦ d\n• e"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("- a\n\n  b\n- ", "• a\n\nb\n• "),
        ("| a | b |\n|-|-|\n| long one | 2 |", "a         b\n────────  ─\nlong one  2"),
        ("a\n\n---\n\nb", "a\n\n———\n\nb"),
        ("<b>x</b> &lt; \\* &amp;", "<b>x</b> < * &"),
        ("[a]: https://b.c", "[a]: https://b.c"),
        (">" * 200 + " deep", ">" * 200 + " deep"),
        ("a\x00b\x07c\r\nd", "abc\nd"),
    ],
)
def test_blocks_are_shown_as_lines(text: str, shown: str) -> None:
    assert plain(spans(text)) == shown


@pytest.mark.parametrize(
    ("text", "shown", "address"),
    [
        ("[our bank](https://evil.example/x)", "our bank (evil.example ↗)", "https://evil.example/x"),
        ("[https://bank.com](https://evil.example)", "https://bank.com (evil.example ↗)", "https://evil.example"),
        ("<https://a.b/c>", "https://a.b/c", "https://a.b/c"),
        ("[a.b](https://a.b/c)", "a.b", "https://a.b/c"),
        ("[a.b](https://a.b@evil.c/)", "a.b (evil.c ↗)", "https://a.b@evil.c/"),
        ("[write](mailto:ann@b.c)", "write (ann@b.c)", None),
        ("![pic](https://track.er/1.png)", "pic (track.er ↗)", "https://track.er/1.png"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))", None),
    ],
)
def test_a_link_shows_where_it_goes(text: str, shown: str, address: str | None) -> None:
    found = spans(text)
    assert plain(found) == shown
    links = {mark.detail for span in found for mark in span.marks if mark.style is Style.LINK}
    assert links == ({address} if address else set())


@given(some.lists(LINES, max_size=8))
def test_no_word_is_lost_whatever_stands_around_it(lines: list[str]) -> None:
    written = [word for line in lines for word in _words(line)]
    shown = iter(plain(spans("\n\n".join(lines))).replace("(example.com ↗)", " ").replace("(x.y ↗)", " ").split())
    for word in written:
        assert any(word in part for part in shown), word


def _words(line: str) -> list[str]:
    """What was put into the templates, in order."""
    for sign in ("https://example.com/a", "https://x.y/z", "<div>", "</div>", "```python", "<b>"):
        line = line.replace(sign, " ")
    return "".join(c if c.isalpha() else " " for c in line).split()


@given(ANYTHING, some.integers(20, 200))
def test_parts_fit_and_together_say_everything(text: str, limit: int) -> None:
    found = spans(text)
    parts = split(found, limit)
    assert all(0 < utf16(plain(part)) <= limit for part in parts)
    assert _inked("".join(plain(part) for part in parts)) == _inked(plain(found))


def _inked(text: str) -> str:
    return "".join(text.split())


@given(some.lists(WORDS, min_size=1, max_size=200), some.sampled_from([" ", "\n", "\n\n"]), some.integers(30, 80))
def test_no_word_is_cut(words: list[str], between: str, limit: int) -> None:
    parts = split(spans(between.join(words)), limit)
    assert [word for part in parts for word in plain(part).split()] == words


def test_a_cut_is_made_between_paragraphs_where_there_is_one() -> None:
    text = "one two\n\nthree four\nfive six\n\nseven eight nine"
    assert [plain(part) for part in split(spans(text), 32)] == ["one two\n\nthree four\nfive six", "seven eight nine"]


def test_code_is_not_cut_while_it_fits_and_keeps_its_indentation() -> None:
    code = "```py\nif x:\n    a()\n\n    b()\n```"
    parts = split(spans("Some words here\n\n" + code), 30)
    assert [plain(part) for part in parts] == ["Some words here", "if x:\n    a()\n\n    b()"]
    cut = split(spans("```\n" + "\n".join(f"    line {n}" for n in range(9)) + "\n```"), 40)
    assert all(plain(part).startswith("    line") for part in cut)
    assert all(span.marks == (Mark(Style.BLOCK),) for part in cut for span in part)


def test_what_is_one_character_for_a_reader_is_not_cut() -> None:
    family = "👩\u200d👩\u200d👧"
    parts = split((Span(family * 20),), 20)
    assert {plain(part) for part in parts} == {family * 2}
    assert [plain(part) for part in split((Span("e\u0301" * 11),), 21)] == ["e\u0301" * 10, "e\u0301"]
