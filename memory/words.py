"""Words as we compare them: without filler, without endings, and with tolerance for a slip of the finger."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

MOST_TERMS = 16
SHORTEST_STEM = 4
FUZZY_FROM = 4  # letters
SIMILAR = 0.4  # share of common trigrams from which two words are taken for the same
FILLER = frozenset(
    "a about again all am an and any are as at be been but by can could did do does for from get had has have he her "
    "here him his how i if in into is it its just know let like me my no not now of on or our out please remember said "
    "say she should so some tell than that the their them then there they this to told up us was we were what when "
    "where which who whom whose why will with would you your "
    "after also before both come during ever given going having kind likely many might more most much often one "
    "other overall over recently sort thing things together try trying type types used using various want while "
    "aber als am auch auf aus bei bin bist das dass dein dem den der des die du ein eine einen er es für habe haben "
    "hat ich ihr im in ist ja kann mein meine mich mir mit nach nicht noch oder sie sind und uns von war was wann wer "
    "wie wir wo zu zum zur".split()
)
ENDINGS = ("ing", "ies", "ed", "es", "en", "er", "ic", "s", "d", "e", "n", "y")


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text).lower())


def terms_of(query: str, *, filler: bool = True) -> list[str]:
    """What a query is about: its words, each once, without filler unless that is all there is (and is wanted)."""
    words = list(dict.fromkeys(words_of(query)))
    telling = [word for word in words if word not in FILLER]
    return (telling or (words if filler else []))[:MOST_TERMS]


def stem(word: str) -> str:
    """The word without a usual ending: a beginning that its other forms share."""
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM:
            return word[: -len(ending)]
    return word


def fuzzy(word: str) -> bool:
    """Whether to look for misspellings of it: shorter words are too easily like others."""
    return len(word) >= FUZZY_FROM


def similar(word: str, known: Iterable[str]) -> set[str]:
    """Those of the known words that look like a misspelling of this one; the first letter is rarely the wrong one."""
    mine = _trigrams(word)
    return {other for other in known if other[0] == word[0] and _likeness(mine, _trigrams(other)) >= SIMILAR}


def _trigrams(word: str) -> set[str]:
    padded = f"  {word} "
    return {padded[i : i + 3] for i in range(len(padded) - 2)}


def _likeness(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)
