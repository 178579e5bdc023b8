"""The day at a glance, from a template and without any call of a model: the digest that costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from bot.action import Outcome
from bot.ports import Context
from bot.records import Reminder, Task
from skills.prompts import prompt
from skills.wording import bullets, day_in_words, midnight, plain


async def today(context: Context) -> Outcome:
    async with context.open() as work:
        tasks = await work.tasks.list()
        reminders = await work.reminders.list()
    day = context.user.local(context.now).date()
    overdue = [f"{plain(t.title)} (since {day_in_words(t.due, day)})" for t in _by_due(tasks) if t.due and t.due < day]
    due = [plain(t.title) + _priority(t) for t in _by_due(tasks) if t.due == day]
    coming = [f"{context.user.local(at):%H:%M} {plain(text)}" for at, text in _today(reminders, context)]
    sections = [("Overdue", overdue), ("Due today", due), ("Reminders", coming)]
    shown = "\n\n".join(f"**{title}**\n\n{bullets(lines)}" for title, lines in sections if lines)
    free = "Nothing is due and no reminder comes today."
    date_in_words = f"{day:%A}, {day.day} {day:%B %Y}"
    text = prompt(Path(__file__).with_name("digest.md"), day=date_in_words, sections=shown or free)
    return Outcome(ok=True, text=text, data={"overdue": len(overdue), "due": len(due), "reminders": len(coming)})


def _by_due(tasks: Sequence[Task]) -> list[Task]:
    return sorted(tasks, key=lambda task: (task.due or date.max, task.priority != "high", task.id))


def _priority(task: Task) -> str:
    return f" ({task.priority} priority)" if task.priority != "normal" else ""


def _today(reminders: Sequence[Reminder], context: Context) -> list[tuple[datetime, str]]:
    """What still comes today, or should have come and did not, in order."""
    end = midnight(context.user, context.now, days=1)
    return sorted((r.next_at, r.text) for r in reminders if r.next_at is not None and r.next_at < end)
