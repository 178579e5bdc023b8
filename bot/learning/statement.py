"""When two sentences state the same: by their words in their order, without those that change nothing. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

EMPTY = frozenset(
    "a an the i me my mine myself you your we us our he him his she her they them their it its this that these those "
    "am is are was be been has have had do does did will shall of in at on for with by and so very really just now "
    "currently s m ve re d ll person user ich mein meine bin ist der die das ein eine".split()
)
NOT = frozenset("not no never none nobody nicht nie kein keine keinen neither".split())
LEAST_SHARED = 0.75  # of the longer one's words, that the shorter one is a part of it


def statement(text: str) -> tuple[str, ...]:
    """What the words come to: "I'm living in Bern." and "The person is living in Bern" are the same."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    plain = re.sub(r"\bcan(?:no|')t\b", "can not", plain).replace("n't", " not").replace("no longer", "not")
    words = (word for word in re.findall(r"\w+", plain) if word not in EMPTY)
    return tuple("not" if word in NOT else _singular(word) for word in words)


def is_negative(stated: Sequence[str]) -> bool:
    return "not" in stated


def within(part: Sequence[str], whole: Sequence[str]) -> bool:
    """Whether the longer one says the same and a little more: the same words in the same order, and few others."""
    if len(part) < 2 or len(part) < LEAST_SHARED * len(whole) or is_negative(part) != is_negative(whole):
        return False
    rest = iter(whole)
    return all(word in rest for word in part)


def _singular(word: str) -> str:
    """ "likes" and "like", "watches" and "watch", "cities" and "city"."""
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 4 and word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
