"""A transcript of the service becomes what was heard: text, language, confidence, timed sentences. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.speech.failure import BROKEN, Failed
from adapters.speech.languages import language_of
from bot.records import Heard, Segment

ENDS = (".", "!", "?", "…", "。", "！", "？", "।", "؟")
PAUSE = 1.5  # seconds of silence that end a segment too
SEGMENTS = 2_000  # at most; what is said later joins the last


@dataclass(frozen=True, slots=True)
class Piece:
    """A word, or the space between two; the times of a space may be unknown."""

    text: str
    begin: float
    end: float
    chance: float | None  # log of the probability that it is the right word; None for a space


def heard(transcript: Any) -> Heard:
    """`transcript` is the service's answer, with words. `confidence` is the geometric mean of the probabilities of the
    single words, None without words. Raises Failed when the answer is no transcript."""
    text = getattr(transcript, "text", None)
    if not isinstance(text, str):
        raise Failed(BROKEN, "the answer is no transcript")
    pieces = list(_pieces(getattr(transcript, "words", None) or ()))
    chances = [piece.chance for piece in pieces if piece.chance is not None]
    return Heard(
        text=text.strip(),
        language=language_of(getattr(transcript, "language_code", None) or ""),
        confidence=math.exp(min(0.0, sum(chances) / len(chances))) if chances else None,
        duration=getattr(transcript, "audio_duration_secs", None) or max((p.end for p in pieces), default=0.0),
        segments=tuple(_segments(pieces)),
    )


def _pieces(words: Sequence[Any]) -> Iterator[Piece]:
    at = 0.0
    for word in words:
        begin = at if word.start is None else float(word.start)
        at = begin if word.end is None else float(word.end)
        chance = float(word.logprob or 0.0) if word.type == "word" else None
        yield Piece(word.text, begin, at, chance)


def _segments(pieces: Sequence[Piece]) -> Iterator[Segment]:
    """Whole sentences, as far as the service wrote their ends; a long pause ends one as well."""
    sentence: list[Piece] = []
    count = 1
    for piece in pieces:
        if sentence and count < SEGMENTS and piece.chance is not None and _ended(sentence, piece):
            yield _segment(sentence)
            sentence, count = [], count + 1
        if sentence or piece.chance is not None:
            sentence.append(piece)
    if sentence:
        yield _segment(sentence)


def _ended(sentence: Sequence[Piece], word: Piece) -> bool:
    last = next(piece for piece in reversed(sentence) if piece.chance is not None)
    return last.text.rstrip("\"'”»)").endswith(ENDS) or word.begin - last.end >= PAUSE


def _segment(sentence: Sequence[Piece]) -> Segment:
    words = [piece for piece in sentence if piece.chance is not None]
    text = "".join(piece.text for piece in sentence).strip()
    return Segment(begin=words[0].begin, end=words[-1].end, text=text)
