"""Time words in a question: "what did I say last Tuesday" is about one day. English and German."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

Days = tuple[date, date]  # the first day and the day after the last

WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday montag",
            "tuesday dienstag",
            "wednesday mittwoch",
            "thursday donnerstag",
            "friday freitag",
            "saturday samstag",
            "sunday sonntag",
        )
    )
    for name in names.split()
}
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january januar jan",
            "february februar feb",
            "march märz mar",
            "april apr",
            "may mai",
            "june juni jun",
            "july juli jul",
            "august aug",
            "september sept sep",
            "october oktober oct",
            "november nov",
            "december dezember dec",
        ),
        start=1,
    )
    for name in names.split()
}
NUMBERS = {"a": 1, "an": 1, "one": 1, "einem": 1, "einer": 1, "two": 2, "zwei": 2, "three": 3, "drei": 3, "four": 4}
DAY = timedelta(days=1)
LAST = r"(?:last|past|previous|letzte[nrms]?|vorige[nrms]?)"
THIS = r"(?:this|diese[nrms]?)"
WEEKDAY = "|".join(WEEKDAYS)
MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
YEAR = r"(?:,?\s+(?P<year>(?:19|20)\d\d))?"


def period(text: str, now: datetime) -> tuple[datetime, datetime] | None:
    """The days that the text speaks of, from midnight to midnight in the zone of `now` (aware, the person's own), the
    end excluded; None when it names none, or only the future."""
    for pattern, read in RULES:
        found = pattern.search(text.lower())
        days = read(found, now.date()) if found else None
        if days and days[0] <= now.date():
            return _midnight(days[0], now), _midnight(days[1], now)
    return None


def without_period(text: str) -> str:
    """The text without the words that `period` understands: what is left is what the question is about."""
    for pattern, _ in RULES:
        text = pattern.sub(" ", text.lower())
    return text


def _midnight(day: date, now: datetime) -> datetime:
    return datetime.combine(day, time.min, tzinfo=now.tzinfo)


def _one(day: date) -> Days:
    return day, day + DAY


def _month(year: int, month: int) -> Days:
    first = date(year, month, 1)
    return first, first + timedelta(days=monthrange(year, month)[1])


def _iso(found: re.Match[str], today: date) -> Days | None:
    try:
        return _one(date.fromisoformat(found[0]))
    except ValueError:
        return None


def _day_of_month(found: re.Match[str], today: date) -> Days | None:
    month, year = MONTHS[found["month"]], int(found["year"] or today.year)
    try:
        day = date(year, month, int(found["day"]))
        return _one(day if found["year"] or day <= today else day.replace(year=year - 1))
    except ValueError:  # 31 June
        return None


def _named_month(found: re.Match[str], today: date) -> Days:
    month = MONTHS[found["month"]]
    year = int(found["year"]) if found["year"] else today.year - (month > today.month)
    return _month(year, month)


def _weekday(found: re.Match[str], today: date) -> Days:
    """The latest such day before today."""
    back = (today.weekday() - WEEKDAYS[found["weekday"]]) % 7 or 7
    return _one(today - timedelta(days=back))


def _ago(found: re.Match[str], today: date) -> Days | None:
    count = NUMBERS.get(found["count"]) or int(found["count"])
    unit = found["unit"][0]
    if count > 1000:
        return None
    if unit in "dt":
        return _one(today - timedelta(days=count))
    if unit == "w":
        return _week(today - timedelta(weeks=count))
    months = today.year * 12 + today.month - 1 - count
    return _month(months // 12, months % 12 + 1)


def _week(day: date) -> Days:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=7)


def _last_month(found: re.Match[str], today: date) -> Days:
    day = today.replace(day=1) - DAY
    return _month(day.year, day.month)


def _year(year: int) -> Days:
    return date(year, 1, 1), date(year + 1, 1, 1)


def _rule(pattern: str, read: Callable[[re.Match[str], date], Days | None]) -> tuple[re.Pattern[str], Reader]:
    return re.compile(rf"\b(?:{pattern})\b"), read


Reader = Callable[[re.Match[str], date], Days | None]
COUNT = rf"(?P<count>\d{{1,4}}|{'|'.join(NUMBERS)})"
RULES: tuple[tuple[re.Pattern[str], Reader], ...] = (
    _rule(r"\d{4}-\d\d-\d\d", _iso),
    _rule(rf"(?P<month>{MONTH})\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?{YEAR}", _day_of_month),
    _rule(rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?P<month>{MONTH}){YEAR}", _day_of_month),
    _rule(rf"(?:in|im|since|seit|during|of|{LAST}|{THIS})\s+(?P<month>{MONTH}){YEAR}", _named_month),
    _rule(r"day before yesterday|vorgestern", lambda _, today: _one(today - 2 * DAY)),
    _rule(r"last night", lambda _, today: (today - DAY, today + DAY)),
    _rule(r"yesterday|gestern", lambda _, today: _one(today - DAY)),
    _rule(r"today|heute|this morning|this afternoon", lambda _, today: _one(today)),
    _rule(rf"{COUNT}\s+(?P<unit>days?|weeks?|months?)\s+ago", _ago),
    _rule(rf"vor\s+{COUNT}\s+(?P<unit>tag|tage|tagen|woche|wochen|monat|monaten)", _ago),
    _rule(rf"(?:(?:on|am|{LAST})\s+)(?P<weekday>{WEEKDAY})", _weekday),
    _rule(rf"{LAST}\s+(?:week|woche)", lambda _, today: _week(today - 7 * DAY)),
    _rule(rf"{THIS}\s+(?:week|woche)", lambda _, today: _week(today)),
    _rule(rf"{LAST}\s+(?:month|monat)", _last_month),
    _rule(rf"{THIS}\s+(?:month|monat)", lambda _, today: _month(today.year, today.month)),
    _rule(rf"{LAST}\s+(?:year|jahr)", lambda _, today: _year(today.year - 1)),
    _rule(rf"{THIS}\s+(?:year|jahr)", lambda _, today: _year(today.year)),
    _rule(r"in\s+(?P<year>(?:19|20)\d\d)", lambda found, _: _year(int(found["year"]))),
)
