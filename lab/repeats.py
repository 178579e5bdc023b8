"""Repetitions in words as five-field cron: "every weekday at 9" -> `0 9 * * 1-5` (0 is Sunday, as in Debian's cron)."""

from __future__ import annotations

import re
from datetime import time

from lab.clock_words import NUMBER, PARTS, TIME, number, read_time

_DAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|satur|sat|sun)(?:day)?s?"
_DAYS = rf"{_DAY}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s*&\s*){_DAY})*"
_PART = r"(?:\s+(?P<part>morning|afternoon|evening|night))?"
REPEAT = re.compile(
    rf"\b(?:(?:every|each)\s+(?:(?P<step>{NUMBER}|other)\s+)?(?P<unit>minute|min|hour|day|week|month|year)s?\b"
    rf"|(?P<daily>daily|hourly|weekly|monthly|yearly|annually)\b"
    rf"|(?:every|each)\s+(?P<bare>morning|afternoon|evening|night)\b"
    rf"|(?:(?:every|each)\s+|on\s+)(?P<kind>weekdays?|workdays?|working days?|weekends?)\b{_PART}"
    rf"|(?:every|each)\s+(?P<days>{_DAYS})\b{_PART.replace('part', 'part2')}"
    rf"|on\s+(?P<plural>(?:mon|tues|wednes|thurs|fri|satur|sun)days(?:(?:,| and) (?:mon|tues|wednes|thurs"
    rf"|fri|satur|sun)days)*)\b"
    rf"|(?:on\s+)?(?:the\s+)?(?:every\s+)?(?P<nth>\d{{1,2}}(?:st|nd|rd|th)|first"
    rf"|last)\s+(?:day\s+)?of\s+(?:every|each|the)\s+month\b"
    rf"|every\s+(?P<nth2>\d{{1,2}})(?:st|nd|rd|th)\b)",
    re.IGNORECASE,
)
ON_DAY = re.compile(
    r"\bon\s+(?:the\s+)?(?:(?P<nth>\d{1,2})(?:st|nd|rd|th)?|(?P<first>first)|(?P<days>" + _DAYS + r"))\b", re.I
)
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
IN_YEAR = re.compile(
    rf"\bon\s+(?:the\s+)?(?:(?P<m>{'|'.join(MONTHS)})\w*\.?\s+(?P<d>\d{{1,2}})|(?P<d2>\d{{1,2}})(?:st|nd|rd"
    rf"|th)?\s+(?:of\s+)?"
    rf"(?P<m2>{'|'.join(MONTHS)})\w*)(?:st|nd|rd|th)?\b",
    re.IGNORECASE,
)
FROM_DAILY = {
    "daily": "day",
    "hourly": "hour",
    "weekly": "week",
    "monthly": "month",
    "yearly": "year",
    "annually": "year",
}
NINE = time(9)


def find_repeat(text: str) -> tuple[str, str | None]:
    """The words left over and the cron; None when nothing repeats or cron cannot say how."""
    found = REPEAT.search(text)
    if not found:
        return text, None
    rest = f"{text[: found.start()]} {text[found.end() :]}"
    part = found["part"] or found["part2"] or found["bare"]
    clock = time(PARTS[part.lower()]) if part else None
    rest, named = _take_time(rest, evening=bool(clock and clock.hour >= 12))
    clock = named or clock
    rest, cron = _cron(found, rest, clock)
    return (rest, cron) if cron else (text, None)


def _take_time(text: str, *, evening: bool) -> tuple[str, time | None]:
    for found in TIME.finditer(text):
        read = read_time(found)
        if read:
            clock, unsure = read
            if unsure and 1 <= clock.hour < 12 and (evening or clock.hour < 7):
                clock = clock.replace(hour=clock.hour + 12)
            return f"{text[: found.start()]} {text[found.end() :]}", clock
    return text, None


def _cron(found: re.Match[str], rest: str, clock: time | None) -> tuple[str, str | None]:
    at = clock or NINE
    head = f"{at.minute} {at.hour}"
    days = found["days"] or found["plural"]
    if days:
        return rest, f"{head} * * {_numbers(days)}"
    if found["kind"]:
        return rest, f"{head} * * {'0,6' if 'end' in found['kind'].lower() else '1-5'}"
    nth = found["nth"] or found["nth2"]
    if nth:
        return rest, _on_nth(head, nth.lower())
    if found["bare"]:
        return rest, f"{head} * * *"
    unit = (found["unit"] or FROM_DAILY[found["daily"].lower()]).lower()
    step = 2 if (found["step"] or "").lower() == "other" else number(found["step"] or "1")
    return _every(unit, step, rest, head, clock)


def _on_nth(head: str, nth: str) -> str | None:
    if nth == "last":
        return None  # five-field cron has no last day of the month
    return f"{head} {1 if nth == 'first' else int(nth[:-2] if nth[-1].isalpha() else nth)} * *"


def _every(unit: str, step: int, rest: str, head: str, clock: time | None) -> tuple[str, str | None]:
    """Only steps that cron can say evenly; None for the others ("every 45 minutes", "every 2 weeks")."""
    if unit in ("minute", "min"):
        even = step < 60 and 60 % step == 0
        return rest, (f"*/{step} * * * *" if step > 1 else "* * * * *") if even else None
    if unit == "hour":
        minute = clock.minute if clock else 0
        return rest, (f"{minute} */{step} * * *" if step > 1 else f"{minute} * * * *") if 24 % step == 0 else None
    if step != 1:
        return rest, None
    if unit == "day":
        return rest, f"{head} * * *"
    return _in_span(unit, rest, head)


def _in_span(unit: str, rest: str, head: str) -> tuple[str, str | None]:
    if unit == "year":
        on = IN_YEAR.search(rest)
        if not on:
            return rest, None
        month = MONTHS.index((on["m"] or on["m2"]).lower()[:3]) + 1
        return _cut(rest, on), f"{head} {int(on['d'] or on['d2'])} {month} *"
    on = ON_DAY.search(rest)
    rest = _cut(rest, on) if on else rest
    if unit == "week":
        return rest, f"{head} * * {_numbers(on['days']) if on and on['days'] else 1}"
    return rest, f"{head} {int(on['nth']) if on and on['nth'] else 1} * *"


def _cut(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]} {text[found.end() :]}"


def _numbers(days: str) -> str:
    order = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
    return ",".join(
        str(n)
        for n in sorted(
            {order.index(day.lower()) for day in re.findall(r"(?i)\b[a-z]{3}", days) if day.lower() in order}
        )
    )
