"""Tasks: open ones by due date, done ones newest first."""

from __future__ import annotations

import builtins

from bot.records import Task
from memory.rows import Shape, Versioned
from memory.tables import tasks


class OwnTasks(Versioned[Task]):
    shape = Shape(Task, tasks)

    async def list(self, *, done: bool = False, limit: int = 200) -> builtins.list[Task]:
        if done:
            return await self._list(tasks.c.done_at.is_not(None), order=[tasks.c.done_at.desc()], limit=limit)
        order = [tasks.c.due.asc().nulls_last(), tasks.c.id]
        return await self._list(tasks.c.done_at.is_(None), order=order, limit=limit)
