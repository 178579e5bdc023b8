"""A transcript becomes timed sentences, whatever the service wrote into it."""

from __future__ import annotations

import math
from typing import Any

import pytest
from elevenlabs import SpeechToTextChunkResponseModel, SpeechToTextWordResponseModel
from hypothesis import given
from hypothesis import strategies as st

from adapters.speech.failure import Failed
from adapters.speech.hearing import PAUSE, SEGMENTS, heard
from adapters.speech.languages import hint, language_of


def word(text: str, start: float | None, end: float | None, kind: str = "word", logprob: float = -0.1) -> Any:
    return SpeechToTextWordResponseModel(text=text, start=start, end=end, type=kind, logprob=logprob)


def transcript(words: list[Any], **more: Any) -> Any:
    text = "".join(word.text for word in words)
    about: dict[str, Any] = {"language_code": "eng", "language_probability": 0.9, "text": text, "words": words}
    return SpeechToTextChunkResponseModel(**about | more)


def evenly(text: str) -> list[Any]:
    """Words of a second, spaces of none."""
    words: list[Any] = []
    for at, each in enumerate(text.split()):
        words += [word(" ", None, None, "spacing", 0.0)] if words else []
        words.append(word(each, float(at), at + 1.0))
    return words


def times(found: Any) -> list[tuple[str, float, float]]:
    return [(segment.text, segment.begin, segment.end) for segment in found.segments]


def test_sentences_are_segments() -> None:
    found = heard(transcript(evenly("Buy milk. Is it 3.5 percent? “Yes!” he said"), audio_duration_secs=12.5))
    assert times(found) == [("Buy milk.", 0, 2), ("Is it 3.5 percent?", 2, 6), ("“Yes!”", 6, 7), ("he said", 7, 9)]
    assert found.duration == 12.5


def test_a_long_pause_ends_a_segment() -> None:
    words = [word("one", 0, 1), word(" ", 1, 1.2, "spacing"), word("two", 1.2, 2), word("three", 2 + PAUSE, 5)]
    assert times(heard(transcript(words))) == [("one two", 0, 2), ("three", 2 + PAUSE, 5)]


def test_confidence_is_the_mean_over_the_words_and_spaces_do_not_count() -> None:
    words = [word("a", 0, 1, logprob=-1.0), word(" ", 1, 1, "spacing", -9.0), word("b", 1, 2, logprob=0.0)]
    assert heard(transcript(words)).confidence == pytest.approx(math.exp(-0.5))
    assert heard(transcript([])).confidence is None
    assert heard(transcript([word("(laughter)", 0, 1, "audio_event")])).confidence is None


def test_without_a_length_the_last_word_tells_it() -> None:
    assert heard(transcript([word("a", 0, 1.5)])).duration == 1.5
    assert heard(transcript([])).duration == 0.0


def test_hours_of_talk_do_not_become_endless_segments() -> None:
    found = heard(transcript(evenly("Yes. " * (SEGMENTS + 50))))
    assert len(found.segments) == SEGMENTS
    assert found.segments[-1].end == SEGMENTS + 50


@pytest.mark.parametrize("answer", [None, {}, [], "text", {"text": 5}])
def test_an_answer_that_is_no_transcript_is_a_failure(answer: Any) -> None:
    with pytest.raises(Failed):
        heard(answer)


MOMENT = st.none() | st.floats(0, 7_200)
WORD = st.builds(
    word,
    st.text(max_size=6),
    MOMENT,
    MOMENT,
    st.sampled_from(["word", "spacing", "audio_event"]),
    st.floats(max_value=0.0, allow_nan=False),
)


@given(st.lists(WORD, max_size=40))
def test_no_word_is_lost_and_none_is_said_twice(words: list[Any]) -> None:
    found = heard(transcript(words))
    first = next((at for at, word in enumerate(words) if word.type == "word"), len(words))
    said = "".join("".join(word.text for word in words[first:]).split())
    assert "".join("".join(segment.text for segment in found.segments).split()) == said
    assert found.confidence is None or 0.0 <= found.confidence <= 1.0


@pytest.mark.parametrize(
    ("code", "language"), [("eng", "en"), ("DEU", "de"), ("yue", "yue"), ("en", "en"), ("", ""), ("zho", "zh")]
)
def test_languages_have_their_shortest_name(code: str, language: str) -> None:
    assert language_of(code) == language


@pytest.mark.parametrize(
    ("language", "told"),
    [("de", "de"), ("de-CH", "de"), ("pt_BR", "pt"), ("yue", "yue"), (None, None), ("", None), ("English", None),
     ("日本", None), ("x-klingon", None)],
)  # fmt: skip
def test_the_service_is_told_a_language_without_its_region(language: str | None, told: str | None) -> None:
    assert hint(language) == told
