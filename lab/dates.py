"""Dates, times and repetitions in everyday English, found inside a sentence.

`find("call Ann tomorrow at 4pm", now)` -> the words left over ("call Ann"), the day, the time, or a five-field cron.
What is not said is None: the rule that asked decides on a default. Days are read day-first, except `12/24`.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from lab.clock_words import NUMBER, PARTS, TIME, number, read_time
from lab.repeats import find_repeat

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY = r"(?P<weekday>monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
SHORT_DAY = r"(?P<weekday>mon|tue|tues|wed|thu|thurs|fri|sat|sun)"  # only after a preposition: "sun" is a word too
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
BEFORE = r"\b(?:(?:due|for|on|by|until|till|before|to|starting|from)\s+)?(?:the\s+)?"


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """`rest` is the sentence without the words that were understood. `instant` is set for "in 20 minutes"."""

    rest: str
    day: date | None = None
    clock: time | None = None
    unsure: bool = False  # "at 4" without am or pm
    instant: datetime | None = None
    cron: str | None = None

    @property
    def said(self) -> bool:
        return bool(self.day or self.clock or self.instant or self.cron)

    def moment(self, now: datetime, default: time = time(9)) -> str | None:
        """ISO time: with an offset for "in 20 minutes", else local to the person and without one."""
        if self.instant:
            return self.instant.isoformat(timespec="seconds")
        if not (self.day or self.clock):
            return None
        clock = self._likely(now)
        day = self.day or (now.date() if clock is None or clock > now.time() else now.date() + timedelta(days=1))
        return datetime.combine(day, clock or default).isoformat(timespec="minutes")

    def _likely(self, now: datetime) -> time | None:
        """ "at 4" is the afternoon, "at 9" the morning; today it is the next one that has not passed."""
        if not (self.clock and self.unsure and 1 <= self.clock.hour <= 12):
            return self.clock
        early = self.clock.replace(hour=self.clock.hour % 12)
        late = early.replace(hour=early.hour + 12)
        if self.day in (None, now.date()):
            ahead = [c for c in (early, late) if c > now.time() and c.hour >= 6]
            return ahead[0] if ahead else (late if early.hour < 7 else early)
        return late if early.hour < 7 else early

    def due(self, now: datetime) -> str | None:
        """ISO date, for things that are due on a day."""
        if self.instant:
            return self.instant.date().isoformat()
        return self.moment(now, time(23, 59))[:10] if self.day or self.clock else None  # type: ignore[index]


def find(text: str, now: datetime) -> When:
    """Everything about time in `text`; `now` is local to the person."""
    rest, cron = find_repeat(text)
    if cron:
        return When(rest=_tidy(rest), cron=cron)
    return _find_relative(text, now) or _find_time(_find_day(text, now))


def _find_time(when: When) -> When:
    for found in TIME.finditer(when.rest):
        read = read_time(found)
        if read:
            clock, unsure = read
            if unsure and when.clock and clock.hour < 12:  # "tomorrow evening at 8": the evening decides
                clock, unsure = clock.replace(hour=clock.hour + (12 if when.clock.hour >= 12 else 0)), False
            return replace(when, rest=_without(when.rest, found), clock=clock, unsure=unsure)
    return when


UNITS = {"minute": 1, "min": 1, "hour": 60, "hr": 60, "day": 1440, "week": 10080}
_UNIT = r"(?P<unit>minute|min|hour|hr|day|week|month|year)s?"
RELATIVE = re.compile(
    rf"\b(?:in|after|for|by)\s+(?:about\s+)?(?:(?P<half>half an hour|half hour)|(?P<n>{NUMBER})(?P<more>\s+and a half)?"
    rf"\s*{_UNIT})\b|\b(?P<n2>{NUMBER})\s*{_UNIT.replace('unit', 'unit2')}\s+from now\b",
    re.IGNORECASE,
)


def _find_relative(text: str, now: datetime) -> When | None:
    found = RELATIVE.search(text)
    if not found:
        return None
    rest = _without(text, found)
    if found["half"]:
        return When(rest=rest, instant=now + timedelta(minutes=30))
    unit, count = (found["unit"] or found["unit2"]).lower(), number(found["n"] or found["n2"])
    if unit in ("month", "year"):
        return _find_time(When(rest=rest, day=_months_later(now.date(), count * (12 if unit == "year" else 1))))
    minutes = UNITS[unit] * count + (UNITS[unit] // 2 if found["more"] else 0)
    if unit in ("day", "week"):
        return _find_time(When(rest=rest, day=now.date() + timedelta(minutes=minutes)))
    # through UTC, because an hour from now is an hour, also in the night the clocks change
    return When(rest=rest, instant=(now.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(now.tzinfo))


def _months_later(day: date, months: int) -> date:
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


Reader = Callable[[re.Match[str], date], date | None]
_PART = r"(?:\s+(?P<part>morning|afternoon|evening|night))?"


def _find_day(text: str, now: datetime) -> When:
    for pattern, reader in DAYS:
        found = pattern.search(text)
        day = reader(found, now.date()) if found else None
        if found and day:
            part = found.groupdict().get("part") or ("tonight" if "tonight" in found[0].lower() else "")
            clock = time(PARTS[part.lower()]) if part else None
            return When(rest=_without(text, found), day=day, clock=clock)
    found = re.search(r"\b(?:in the|this) (morning|afternoon|evening)\b", text, re.IGNORECASE)
    if found and not TIME.search(text):
        return When(rest=_without(text, found), clock=time(PARTS[found[1].lower()]))
    return When(rest=text)


def _on_weekday(found: re.Match[str], today: date) -> date:
    wanted = next(n for n, name in enumerate(WEEKDAYS) if name.startswith(found["weekday"].lower()[:3]))
    ahead = (wanted - today.weekday()) % 7 or 7
    if (found["which"] or "").lower() == "next" and ahead + today.weekday() < 7:
        ahead += 7  # "next friday" said on a Monday is the one of next week
    return today + timedelta(days=ahead)


def _named(found: re.Match[str], today: date) -> date | None:
    month = MONTHS.index(found["month"].lower()[:3]) + 1
    year = found["year"]
    return _on(int(year) if year else None, month, int(found["day"]), today)


def _on(year: int | None, month: int, day: int, today: date) -> date | None:
    """The date, or the next one of that name when no year was said; None when there is no such day."""
    for candidate in (year,) if year else (today.year, today.year + 1, today.year + 2, today.year + 3):
        if candidate and month <= 12 and 1 <= day <= calendar.monthrange(candidate, month or 1)[1]:
            found = date(candidate, month, day)
            if year or found >= today:
                return found
    return None


def _slashed(found: re.Match[str], today: date) -> date | None:
    first, second = int(found["first"]), int(found["second"])
    month, day = (first, second) if first <= 12 else (second, first)
    return _on(int(found["year"]) if found["year"] else None, month, day, today)


def _dotted(found: re.Match[str], today: date) -> date | None:
    return _on(int(found["year"]) if found["year"] else None, int(found["second"]), int(found["first"]), today)


def _of_month(found: re.Match[str], today: date) -> date | None:
    day = int(found["day"])
    for months in range(12):
        first = _months_later(today.replace(day=1), months)
        if 1 <= day <= calendar.monthrange(first.year, first.month)[1] and first.replace(day=day) > today:
            return first.replace(day=day)
    return None


def _end(found: re.Match[str], today: date) -> date:
    if found["span"].lower() == "week":
        return today + timedelta(days=(4 - today.weekday()) % 7)
    last = calendar.monthrange(today.year, today.month)[1]
    return today.replace(day=last)


def _next_span(found: re.Match[str], today: date) -> date:
    span = found["span"].lower()
    if span == "week":
        return today + timedelta(days=7 - today.weekday())
    return _months_later(today.replace(day=1), 1) if span == "month" else date(today.year + 1, 1, 1)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


DAYS: tuple[tuple[re.Pattern[str], Reader], ...] = (
    (_pattern(BEFORE + r"day after tomorrow" + _PART + r"\b"), lambda _, today: today + timedelta(days=2)),
    (_pattern(BEFORE + r"(?:tomorrow|tmrw|tmr)" + _PART + r"\b"), lambda _, today: today + timedelta(days=1)),
    (
        _pattern(BEFORE + r"(?:today|tonight|(?:later )?this (?P<part>morning|afternoon|evening))\b"),
        lambda _, today: today,
    ),
    (
        _pattern(BEFORE + r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)\b"),
        lambda found, today: _on(int(found["year"]), int(found["month"]), int(found["day"]), today),
    ),
    (
        _pattern(BEFORE + MONTH + r"\s+(?:the\s+)?(?P<day>\d{1,2})(?:st|nd|rd|th)?\b(?:,?\s+(?P<year>\d{4}))?(?!:)"),
        _named,
    ),
    (
        _pattern(BEFORE + r"(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?" + MONTH + r"(?:,?\s+(?P<year>\d{4}))?\b"),
        _named,
    ),
    (_pattern(BEFORE + r"(?P<first>\d{1,2})\.(?P<second>\d{1,2})\.(?P<year>\d{4})?"), _dotted),
    (_pattern(BEFORE + r"(?P<first>\d{1,2})/(?P<second>\d{1,2})(?:/(?P<year>\d{4}))?\b"), _slashed),
    (_pattern(r"\b(?:on|by|due|for|until|before)\s+(?:the\s+)?(?P<day>\d{1,2})(?:st|nd|rd|th)\b"), _of_month),
    (_pattern(BEFORE + r"(?P<which>next|this|coming)?\s*\b" + DAY + _PART + r"\b"), _on_weekday),
    (_pattern(r"\b(?:on|by|until|due)\s+(?P<which>next|this)?\s*\b" + SHORT_DAY + _PART + r"\b"), _on_weekday),
    (_pattern(BEFORE + r"end of (?:the |this )?(?P<span>week|month)\b"), _end),
    (_pattern(BEFORE + r"next (?P<span>week|month|year)\b"), _next_span),
    (
        _pattern(BEFORE + r"(?:at |on )?(?:the |this )?weekend\b"),
        lambda _, today: today + timedelta(days=(5 - today.weekday()) % 7),
    ),
)


def _without(text: str, found: re.Match[str]) -> str:
    return _tidy(f"{text[: found.start()]} {text[found.end() :]}")


def _tidy(text: str) -> str:
    text = re.sub(r"[ \t]{2,}", " ", text).strip(" ,;")
    return re.sub(r"\s+([,.;!?])", r"\1", text)
