"""Shortens a text by picking its most telling sentences; nothing is rephrased, so nothing is invented."""

from __future__ import annotations

import re
from collections import Counter

COMMON = frozenset(
    (
        "the a an and or but of to in on at for with by from as is are was were be been it its this that "
        "these those i you "
        "he she we they my your his her our their not no so if then than will would can could should have "
        "has had do does "
        "did me der die das und oder ein eine ist nicht zu den dem von mit auf für les des une est pas que "
        "qui dans el los "
        "las una por"
    ).split()
)
COUNT = {"brief": 2, "bullets": 5, "detailed": 8}
LONGEST = 100_000  # characters that are looked at
SENTENCES = 2_000


def summarise(text: str, style: str) -> str:
    """`style` is brief (two sentences), bullets (five lines) or detailed (eight sentences), in the text's own order."""
    parts = re.split(r"(?<=[.!?…])\s+|\n+", text[:LONGEST])
    sentences = [part.strip(" \t-*•") for part in parts if re.search(r"\w", part)][:SENTENCES]
    if not sentences:
        return "There is nothing to summarise."
    weights = Counter(word for sentence in sentences for word in _words(sentence))
    scored = sorted(
        range(len(sentences)),
        key=lambda n: (sum(weights[word] for word in set(_words(sentences[n]))) + (3 if n == 0 else 0), -n),
        reverse=True,
    )
    picked = [sentences[n][:400] for n in sorted(scored[: COUNT.get(style, 2)])]
    return "\n".join(f"- {sentence}" for sentence in picked) if style == "bullets" else " ".join(picked)


def _words(sentence: str) -> list[str]:
    return [word for word in re.findall(r"\w{3,}", sentence.lower()) if word not in COMMON]


def wanted_style(text: str, system: str) -> str:
    """brief, detailed or bullets: what the system text asks for, else the beginning of the request, else brief."""
    for words in (system, text[:300]):
        named = re.search(r"style\W{1,3}(brief|detailed|bullets)", words, re.IGNORECASE)
        if named:
            return named[1].lower()
        styles = {style for style, sign in SIGNS.items() if re.search(sign, words, re.IGNORECASE)}
        if len(styles) == 1:
            return styles.pop()
    return "brief"


SIGNS = {
    "bullets": r"\bbullets?\b",
    "detailed": r"\bdetailed\b|\bin detail\b|\bparagraphs\b",
    "brief": r"\bbrief(?:ly)?\b|\bshortly\b",
}
TAG = re.compile(r"</?[a-z_]+[^<>]{0,200}>")
ORDER = re.compile(r"^[^\n]{0,300}\bsumm?ar[^\n]{0,300}?:\s*", re.IGNORECASE)


def bare(text: str) -> str:
    """The text itself, without the order to shorten it and without tags around it."""
    return ORDER.sub("", TAG.sub(" ", text), count=1).strip() or text
