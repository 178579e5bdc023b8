"""Reminders, once or recurring, in the user's own time zone; without a known zone there is no honest time to set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.action import Outcome
from bot.codec import decode
from bot.ids import derived_id
from bot.ports import Context, Recurrence
from bot.records import Reminder
from bot.repositories import Work
from skills.sorry import Sorry
from skills.undo import undo
from skills.which import by_id, matches, pick
from skills.wording import bullets, count, moment_in_words, plain

DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SETS = {"*": "day", "1-5": "weekday", "0,6": "Saturday and Sunday", "6,0": "Saturday and Sunday"}


async def set_reminder(
    context: Context, text: str, at: datetime | None = None, every: str | None = None, *, recurrence: Recurrence
) -> Outcome:
    zone = _zone(context)
    if at is not None and every is None:
        first = _future(at, context)
    elif every is not None and at is None:
        first = _first(recurrence, every, zone, context.now)
    else:
        raise Sorry("When should I remind you: once at a time, or again and again?", data={"ask": "time"})
    reminder = Reminder(
        id=derived_id(context.key, "reminder"),
        text=text.strip(),
        zone=zone,
        next_at=first,
        rule=every,
        where=context.where,
        created_at=context.now,
    )
    async with context.open() as work:
        await work.reminders.put(reminder)
    back = undo(context, "reminders.remove", reminder=reminder.id)
    when = _when(reminder, context)
    return Outcome(
        ok=True, text=f"I will remind you {when}: {plain(reminder.text)}", data=_data(reminder, context), undo=back
    )


async def show(context: Context) -> Outcome:
    async with context.open() as work:
        coming = _coming(await work.reminders.list())
    data = [_data(reminder, context) for reminder in coming]
    if not coming:
        return Outcome(ok=True, text="No reminders are set.", data=data)
    lines = bullets([f"{_when(reminder, context)}: {plain(reminder.text)}" for reminder in coming])
    return Outcome(ok=True, text=f"{count(len(coming), 'reminder')} to come:\n\n{lines}", data=data)


async def remove(context: Context, reminder: str) -> Outcome:
    async with context.open() as work:
        found = await _find(work, reminder)
        await work.reminders.remove(found.id)
    back = undo(context, "reminders.restore", reminder=found)
    return Outcome(ok=True, text=f"Removed the reminder: {plain(found.text)}", data={"id": found.id}, undo=back)


async def snooze(context: Context, reminder: str, until: datetime) -> Outcome:
    _zone(context)
    moment = _future(until, context)
    async with context.open() as work:
        found = await _find(work, reminder)
        await work.reminders.put(replace(found, next_at=moment))
    back = undo(context, "reminders.restore", reminder=found)
    when = moment_in_words(moment, context.user, context.now)
    return Outcome(ok=True, text=f"Put off until {when}: {plain(found.text)}", data={"id": found.id}, undo=back)


async def restore(context: Context, reminder: Any) -> Outcome:
    record: Reminder = decode(Reminder, reminder)
    async with context.open() as work:
        await work.reminders.put(record)
    return Outcome(ok=True, text=f"The reminder is back as it was: {plain(record.text)}")


def _zone(context: Context) -> str:
    if context.user.zone is None:
        question = "Where are you? I need your city or time zone to remind you at the right time."
        raise Sorry(question, data={"ask": "zone"})
    return context.user.zone


def _future(moment: datetime, context: Context) -> datetime:
    """The moment in UTC. Through UTC, a time that a clock change skips becomes the one that clocks really show."""
    if moment <= context.now:
        when = moment_in_words(moment, context.user, context.now)
        raise Sorry(f"{when[0].upper()}{when[1:]} is already over. Which time do you mean?", data={"ask": "time"})
    return moment.astimezone(UTC)


def _first(recurrence: Recurrence, rule: str, zone: str, now: datetime) -> datetime:
    try:
        first = recurrence.next(rule, zone, now)
    except ValueError as error:
        raise Sorry(f"I cannot read `{plain(rule)}` as a recurring time: {plain(str(error))}") from error
    if first is None:
        raise Sorry(f"`{plain(rule)}` never comes.")
    return first


def _coming(reminders: Sequence[Reminder]) -> list[Reminder]:
    ahead = [(reminder.next_at, reminder) for reminder in reminders if reminder.next_at is not None]
    return [reminder for _, reminder in sorted(ahead, key=lambda pair: (pair[0], pair[1].id))]


async def named(work: Work, id: str) -> str | None:
    return next((reminder.text for reminder in by_id(id, await work.reminders.list())), None)


async def _find(work: Work, words: str) -> Reminder:
    """Those still to come first; a reminder that has come can still be meant ("remind me of that again at 5")."""
    reminders = await work.reminders.list()
    coming = _coming(reminders)
    among = coming if matches(words, coming, _text) else reminders
    return pick(words, among, _text, "reminder")


def _text(reminder: Reminder) -> str:
    return reminder.text


def _when(reminder: Reminder, context: Context) -> str:
    """ "tomorrow, Sat 21 Nov, 16:00 (Europe/Berlin)" or "every weekday at 09:00, next tomorrow, ..."."""
    if reminder.next_at is None:
        return "no more"
    zone_of_it = replace(context.user, zone=reminder.zone)
    moment = moment_in_words(reminder.next_at, zone_of_it, context.now)
    return moment if reminder.rule is None else f"{rule_in_words(reminder.rule)}, next {moment}"


def rule_in_words(rule: str) -> str:
    """Everyday rules in words, others as they are written."""
    minute, hour, day, month, weekday = rule.split()
    if not (minute.isdigit() and hour.isdigit() and month == "*"):
        return f"on the schedule `{rule}`"
    time = f"{int(hour):02}:{int(minute):02}"
    if day == "*" and (weekday in SETS or weekday.isdigit()):
        return f"every {SETS.get(weekday) or DAYS[int(weekday)]} at {time}"
    if day.isdigit() and weekday == "*":
        return f"on day {day} of every month at {time}"
    return f"on the schedule `{rule}`"


def _data(reminder: Reminder, context: Context) -> dict[str, Any]:
    local = context.user.local(reminder.next_at).isoformat() if reminder.next_at else None
    return {"id": reminder.id, "text": reminder.text, "next": local, "every": reminder.rule}
