"""Numbers and times of day in words: "half past nine", "4pm", "noon", "in the evening"."""

from __future__ import annotations

import re
from datetime import time

NUMBERS = {
    word: n
    for n, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve thirteen".split())
} | {
    "a": 1,
    "an": 1,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "forty-five": 45,
    "sixty": 60,
    "ninety": 90,
}
HOUR_WORDS = "|".join(word for word, n in NUMBERS.items() if 1 <= n <= 12 and len(word) > 2)
NUMBER = r"(?:\d{1,4}|" + "|".join(sorted(NUMBERS, key=len, reverse=True)) + ")"

PARTS = {"morning": 9, "lunchtime": 12, "midday": 12, "afternoon": 15, "evening": 19, "night": 20, "tonight": 20}
_HOUR = rf"(?:\d{{1,2}}|{HOUR_WORDS})"
_HALF = r"(?P<half>\s*(?:[ap]\.?m\b\.?))"
_PART = r"(?:\s+(?:in the|at) (?P<part>morning|afternoon|evening|night))"
TIME = re.compile(
    rf"\b(?:(?:at|by|from|around|@)\s+)?(?:"
    rf"(?P<word>noon|midday|midnight|lunchtime)"
    rf"|(?P<fraction>half|quarter|twenty|ten|five)(?:\s+(?P<side>past|to"
    rf"|after))\s+(?P<around>{_HOUR}){_HALF.replace('half', 'half2')}?"
    rf"|(?P<hour>\d{{1,2}})(?:[:.h](?P<minute>[0-5]\d))?(?:{_HALF}|\s*o'?clock|\s*(?:uhr"
    rf"|h)\b)(?:{_PART.replace('part', 'part2')})?"
    rf"|(?P<hour24>[01]?\d|2[0-3]):(?P<minute24>[0-5]\d){_PART.replace('part', 'part3')}?"
    rf")(?![\w:])"
    rf"|\b(?:at|@|by)\s+(?P<bare>{_HOUR})(?:\s+o'?clock)?(?:{_PART.replace('part', 'part4')})?"
    rf"(?![\w:.,]?\d)(?!\s*(?:%|euros?|dollars?))\b"
    rf"|\b(?P<bare2>{_HOUR})(?:\s+o'?clock)?{_PART.replace('part', 'part5')}\b",
    re.IGNORECASE,
)


def number(word: str) -> int:
    """ "20" or "twenty" -> 20. Raises KeyError for a word that is no number we know."""
    return int(word) if word.isdigit() else NUMBERS[word.lower()]


def read_time(found: re.Match[str]) -> tuple[time, bool] | None:
    """The time of a match of TIME, and whether it could also mean the other half of the day ("at 4").
    None when there is no such time ("25:00")."""
    part = next((found[f"part{n}"].lower() for n in "2345" if found[f"part{n}"]), "")
    if found["word"]:
        return time(0 if found["word"].lower() == "midnight" else 12), False
    if found["fraction"]:
        return _fraction(found)
    bare = found["bare"] or found["bare2"]
    hour = number(bare) if bare else int(found["hour"] or found["hour24"])
    minute = int(found["minute"] or found["minute24"] or 0)
    half = (found["half"] or "").strip().lower()[:1]
    return _of(hour, minute, half or _half_of(part, hour), sure=not bare or hour == 0 or hour > 12)


def _half_of(part: str, hour: int) -> str:
    if not part or hour > 12:
        return ""
    return "a" if part == "morning" or (part == "night" and hour in (12, 1, 2, 3, 4)) else "p"


def _fraction(found: re.Match[str]) -> tuple[time, bool] | None:
    minutes = {"half": 30, "quarter": 15, "twenty": 20, "ten": 10, "five": 5}[found["fraction"].lower()]
    hour = number(found["around"])
    half = (found["half2"] or "").strip().lower()[:1]
    if found["side"].lower() == "to":
        hour, minutes = (hour - 1) or 12, 60 - minutes
    return _of(hour, minutes, half, sure=hour > 12)


def _of(hour: int, minute: int, half: str, *, sure: bool) -> tuple[time, bool] | None:
    if half:
        if not 1 <= hour <= 12:
            return None
        return time(hour % 12 + (12 if half == "p" else 0), minute), False
    return (time(hour % 24, minute), not sure) if hour <= 24 else None
