"""How skills word days, times and other people's texts: English, and finished CommonMark."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from bot.people import User

MARKUP = re.compile(r"[\\`*\[\]<>]|(?<!\w)_|_(?!\w)")
LINE_START = re.compile(r"^([#+-](?=[\s#-]|$)|\d+(?=[.)]))")


def plain(text: str, longest: int = 300) -> str:
    """A text as one line that means itself in CommonMark, whatever signs it contains."""
    line = " ".join(text.split())
    line = line if len(line) <= longest else line[: longest - 1] + "…"
    return LINE_START.sub(lambda m: f"{m[1]}\\" if m[1].isdigit() else f"\\{m[1]}", _escaped(line))


def _escaped(line: str) -> str:
    return MARKUP.sub(lambda sign: "\\" + sign[0], line)


def quoted(text: str) -> str:
    """A longer text as a block quote; its own CommonMark is kept."""
    return "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())


def bullets(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def count(number: int, thing: str) -> str:
    """ "1 task", "3 tasks"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def calendar_day(day: date, today: date) -> str:
    """ "Fri 27 Nov", with the year when it is not this one."""
    return f"{day:%a} {day.day} {day:%b}" + ("" if day.year == today.year else f" {day.year}")


def day_in_words(day: date, today: date) -> str:
    """ "today", "tomorrow", "yesterday", else the calendar day."""
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}.get((day - today).days)
    return near or calendar_day(day, today)


def due_in_words(day: date, today: date) -> str:
    if day < today:
        return f"overdue since {day_in_words(day, today)}"
    return f"due {day_in_words(day, today)}"


def moment_in_words(moment: datetime, user: User, now: datetime) -> str:
    """ "tomorrow, Sat 21 Nov, 16:00 (Europe/Berlin)": never a time without its day and zone."""
    local, today = user.local(moment), user.local(now).date()
    near = day_in_words(local.date(), today)
    day = calendar_day(local.date(), today)
    return f"{near if near == day else f'{near}, {day}'}, {local:%H:%M} ({user.zone or 'UTC'})"


def dated(moment: datetime, user: User) -> str:
    """The day something was said or kept: "19 Nov 2026"."""
    local = user.local(moment)
    return f"{local.day} {local:%b %Y}"


def midnight(user: User, now: datetime, days: int = 0) -> datetime:
    """The beginning of the user's day, `days` from today; aware, in their zone."""
    local = user.local(now)
    day = local.date() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, tzinfo=local.tzinfo)
