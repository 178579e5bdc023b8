"""The to-do list: tasks with sub-tasks, a due day, a priority and labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from bot.action import Outcome
from bot.codec import decode
from bot.ids import derived_id
from bot.ports import Context
from bot.records import Task
from bot.repositories import Work
from skills.asking import ask
from skills.prompts import prompt
from skills.sorry import Sorry
from skills.undo import undo
from skills.which import by_id, pick
from skills.wording import bullets, count, due_in_words, plain

MOST = 5000  # tasks that are looked through for the one that is meant
RANK = {"high": 0, "normal": 1, "low": 2}


async def add(
    context: Context,
    title: str,
    due: date | None = None,
    priority: str = "normal",
    labels: tuple[str, ...] = (),
    notes: str = "",
    parent: str | None = None,
) -> Outcome:
    if not title.strip():
        raise Sorry("A task needs a title. What is to be done?")
    async with context.open() as work:
        above = await _find(work, parent) if parent else None
        task = Task(
            id=derived_id(context.key, "task"),
            title=title.strip(),
            notes=notes,
            due=due,
            priority=priority,
            labels=labels,
            parent=above.id if above else None,
            created_at=context.now,
        )
        await work.tasks.put(task)
    part = f", a part of “{plain(above.title)}”" if above else ""
    text = f"Added to your tasks: {_line(task, _today(context))}{part}."
    return Outcome(ok=True, text=text, data=_data(task), undo=undo(context, "tasks.remove", task=task.id))


async def show(context: Context, done: bool = False, label: str | None = None) -> Outcome:
    async with context.open() as work:
        tasks = [task for task in await work.tasks.list(done=done) if _has_label(task, label)]
    kind = "done" if done else "open"
    about = f" labelled “{plain(label)}”" if label else ""
    data = [_data(task) for task in tasks]
    if not tasks:
        return Outcome(ok=True, text=f"You have no {kind} tasks{about}.", data=data)
    lines = bullets_of(tasks, _today(context))
    return Outcome(ok=True, text=f"You have {count(len(tasks), f'{kind} task')}{about}:\n\n{lines}", data=data)


async def complete(context: Context, task: str) -> Outcome:
    async with context.open() as work:
        found = await _find(work, task)
        await work.tasks.put(replace(found, done_at=context.now, version=found.version + 1))
        left = [part for part in await work.tasks.list(limit=MOST) if part.parent == found.id]
    more = f" {count(len(left), 'sub-task')} of it still open." if left else ""
    text = f"Done: {plain(found.title)}.{more}"
    return Outcome(ok=True, text=text, data={"id": found.id}, undo=undo(context, "tasks.reopen", task=found.id))


async def reopen(context: Context, task: str) -> Outcome:
    async with context.open() as work:
        found = await _find(work, task, done=True)
        await work.tasks.put(replace(found, done_at=None, version=found.version + 1))
    return Outcome(
        ok=True, text=f"Open again: {plain(found.title)}.", data={"id": found.id}, undo=_back(context, found)
    )


async def update(
    context: Context,
    task: str,
    title: str | None = None,
    due: date | None = None,
    priority: str | None = None,
    labels: tuple[str, ...] | None = None,
    notes: str | None = None,
) -> Outcome:
    wanted = {"title": title, "due": due, "priority": priority, "labels": labels, "notes": notes}
    changes: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    if not changes:
        raise Sorry("What should change: the title, the day, the priority, the labels or the notes?")
    async with context.open() as work:
        found = await _find(work, task)
        after = replace(found, **changes, version=found.version + 1)
        await work.tasks.put(after)
    return Outcome(
        ok=True, text=f"Changed: {_line(after, _today(context))}.", data=_data(after), undo=_back(context, found)
    )


async def analyse(context: Context, task: str) -> Outcome:
    async with context.open() as work:
        found = await _find(work, task)
        parts = [part.title for part in await work.tasks.list(limit=MOST) if part.parent == found.id]
    system = prompt(
        Path(__file__).with_name("analysis.md"), language=context.user.language or "the language of the task"
    )
    known = {"task": found.title, "due": str(found.due or ""), "notes": found.notes, "parts": "; ".join(parts)}
    shown = "\n".join(f"{name}: {value}" for name, value in known.items() if value)
    answer = await ask(context, purpose="analysis", system=system, text=shown, needs_claude="Thinking a task through")
    return Outcome(ok=True, text=answer.text.strip(), data={"id": found.id})


async def remove(context: Context, task: str) -> Outcome:
    async with context.open() as work:
        found = await _find(work, task)
        family = _family(found, [*await work.tasks.list(limit=MOST), *await work.tasks.list(done=True, limit=MOST)])
        for member in reversed(family):
            await work.tasks.remove(member.id)
    parts = f" and {count(len(family) - 1, 'sub-task')} of it" if len(family) > 1 else ""
    back = undo(context, "tasks.restore", tasks=[replace(member, version=1) for member in family])
    return Outcome(ok=True, text=f"Removed: {plain(found.title)}{parts}.", data={"id": found.id}, undo=back)


async def restore(context: Context, tasks: tuple[Any, ...]) -> Outcome:
    records: list[Task] = [decode(Task, task) for task in tasks]
    async with context.open() as work:
        for record in records:
            await work.tasks.put(record)
    return Outcome(ok=True, text=f"Back as it was: {', '.join(plain(record.title) for record in records)}.")


def bullets_of(tasks: Sequence[Task], today: date) -> str:
    """Tasks as CommonMark: what is due first on top, sub-tasks indented below the task they are a part of."""
    ids = {task.id for task in tasks}
    lines: list[str] = []

    def append(parent: str | None, depth: int) -> None:
        level = [task for task in tasks if (task.parent if task.parent in ids else None) == parent]
        for task in sorted(level, key=_order):
            lines.append("  " * depth + bullets([f"{'☑' if task.done_at else '☐'} {_line(task, today)}"]))
            append(task.id, depth + 1)

    append(None, 0)
    return "\n".join(lines)


def _order(task: Task) -> tuple[date, int, str, str]:
    made = task.created_at.isoformat() if task.created_at else ""
    return task.due or date.max, RANK[task.priority], made, task.title


def _line(task: Task, today: date) -> str:
    """ "Buy milk (due tomorrow, high priority, #shop)"."""
    about = [due_in_words(task.due, today)] if task.due and not task.done_at else []
    about += [f"{task.priority} priority"] if task.priority != "normal" else []
    about += [f"#{plain(label)}" for label in task.labels]
    about += [plain(task.notes, 80)] if task.notes else []
    return plain(task.title) + (f" ({', '.join(about)})" if about else "")


def _data(task: Task) -> dict[str, Any]:
    due = task.due.isoformat() if task.due else None
    labels = list(task.labels)
    return {"id": task.id, "title": task.title, "due": due, "priority": task.priority, "labels": labels}


def _has_label(task: Task, label: str | None) -> bool:
    return label is None or label.casefold().lstrip("#") in (own.casefold() for own in task.labels)


async def named(work: Work, id: str) -> str | None:
    every = [*await work.tasks.list(limit=MOST), *await work.tasks.list(done=True, limit=MOST)]
    return next((task.title for task in by_id(id, every)), None)


async def _find(work: Work, words: str, *, done: bool = False) -> Task:
    return pick(
        words,
        await work.tasks.list(done=done, limit=MOST),
        lambda task: task.title,
        "done task" if done else "open task",
    )


def _family(top: Task, tasks: Sequence[Task]) -> list[Task]:
    """The task and everything below it, each after the one it is a part of."""
    family = [top]
    for member in family:
        family.extend(task for task in tasks if task.parent == member.id)
    return family


def _back(context: Context, before: Task) -> Any:
    return undo(context, "tasks.restore", tasks=[replace(before, version=before.version + 2)])


def _today(context: Context) -> date:
    return context.user.local(context.now).date()
