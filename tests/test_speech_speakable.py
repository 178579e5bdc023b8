"""What is read aloud of an answer: words, and nothing of its markup."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.speech.speakable import CODE, LONGEST, REST, speakable


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hello", "Hello."),
        ("Is it?", "Is it?"),
        ("Good **morning**, _Ann_ ~~Bob~~!", "Good morning, Ann!"),
        ("# Plan\n\nThree things:", "Plan.\nThree things:"),
        ("- milk\n- eggs\n  - brown", "milk.\neggs.\nbrown."),
        ("1. Call Bob\n2. Write", "1. Call Bob.\n2. Write."),
        ("3) Third", "3. Third."),
        ("- [ ] open\n- [x] done", "open.\ndone."),
        ("2. [x] coffee", "2. coffee."),
        ("See [the plan](https://example.com/a?b=c) now.", "See the plan now."),
        ("See <https://www.example.com/a>.", "See example.com."),
        ("See https://www.example.com/a/b?c=d#e, then rest", "See example.com, then rest."),
        ("Go to www.example.org/x.", "Go to example.org."),
        ("[https://a.example/x](https://a.example/x)", "a.example."),
        ("![a cat](https://x.example/c.png)", "a cat."),
        ("[Bob](mailto:bob@example.com)", "Bob (bob@example.com)."),
        ("Run `make_it` twice", "Run make it twice."),
        ("Try:\n\n```python\nprint(1)\n```\n\nDone", f"Try:\n{CODE}\nDone."),
        ("```\nonly code\n```", CODE),
        ("    four spaces", CODE),
        ("> quoted\n> words", "quoted.\nwords."),
        ("one\n\n---\n\ntwo", "one.\ntwo."),
        ("Done ✅ 🎉👩‍👩‍👧 great 🇩🇪", "Done great."),
        ("2*3 is 6, 5 > 3, a <b> c", "2 × 3 is 6, 5 > 3, a c."),
        ("Wait <break time=\"9s\"/> here", "Wait here."),
        ("It is 20 °C, 5 % more, 3 € each", "It is 20 °C, 5 % more, 3 € each."),
        ("snake_case_name and C:\\dir", "snake case name and C: dir."),
        ("Issue #5", "Issue #5."),
        ("日本語です。", "日本語です。"),
        ("👍", ""),
        ("***", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_markup_becomes_what_somebody_would_say(text: str, said: str) -> None:
    assert speakable(text) == said


def test_a_table_is_read_by_its_rows() -> None:
    table = "| Day | Who | |\n| --- | ---: | --- |\n| Monday | **Ann** | x |\n| Tuesday | | [y](https://y.example) |"
    assert speakable(table) == "Day: Monday, Who: Ann, x.\nDay: Tuesday, y."


def test_a_long_answer_ends_with_a_sentence_and_says_where_the_rest_is() -> None:
    said = speakable("This is a sentence of some length. " * 100)
    assert len(said) <= LONGEST
    assert said.endswith(f"some length.\n{REST}")
    assert len(said) > LONGEST - 80


@pytest.mark.parametrize("text", ["word " * 1_000, "w" * 5_000, "。".join(["日本語" * 20] * 100)])
def test_what_has_no_sentences_is_shortened_all_the_same(text: str) -> None:
    said = speakable(text)
    assert len(said) <= LONGEST
    assert said.endswith(REST)


def test_what_just_fits_is_whole() -> None:
    text = "a" * (LONGEST - 1)
    assert speakable(text) == f"{text}."
    assert speakable(f"{text}bc").endswith(REST)


MARKUP = st.sampled_from(
    ["**", "*", "_", "`", "```\n", "~~", "# ", "\n", "\n\n", "- ", "1. ", "> ", "|", "| --- |", "[", "](", ")", "<b>",
     "<", "https://a.example/x ", "![", "\\", "&amp;", "  ", "{", "^", "👍", "\u200d", "<break/>", "─", "•",
     "\x01", "\x02"]
)  # fmt: skip
PIECES = st.lists(MARKUP | st.text(max_size=8), max_size=60).map("".join)


@given(PIECES | st.text(max_size=300))
def test_nothing_that_is_written_can_break_it(text: str) -> None:
    said = speakable(text)
    assert len(said) <= LONGEST
    assert not re.search(r"[*_`~|\\^{}\[\]\x00-\x08]|</?[a-zA-Z]", said)
    assert not re.search(r"^\s*(?:#+\s|>\s|[-+]\s|•)", said, re.M)
    assert "https://" not in said
    assert all(any(character.isalnum() for character in line) for line in said.splitlines())
    assert said == "" or said[-1] in ".!?:;,…。！？؟।"


@given(st.integers(1, 200).flatmap(lambda count: st.just("Yes, this is number one. " * count)))
def test_no_sentence_is_cut_in_two(text: str) -> None:
    said = speakable(text).removesuffix(f"\n{REST}")
    assert re.fullmatch(r"(?:Yes, this is number one\. ?)+", said)
