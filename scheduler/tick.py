"""Once a second: what is due becomes a job, and its next time is set, in one transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from bot.people import Scope
from bot.ports import Clock, Engine, Job, Memory, Queue, Recurrence
from bot.records import Reminder
from scheduler.repeated import Repeated

log = structlog.get_logger(__name__)

PACE = timedelta(seconds=1)
FIRST = timedelta(seconds=0.5)
MOST = 500  # in one transaction


class Tick:
    """Any number of processes may tick: each due row is claimed by one."""

    def __init__(self, memory: Memory, engine: Engine, recurrence: Recurrence, clock: Clock) -> None:
        self._memory, self._engine, self._recurrence, self._clock = memory, engine, recurrence, clock
        self._repeated = Repeated("tick", self.once, PACE, FIRST)

    async def start(self) -> None:
        await self._repeated.start()

    async def stop(self) -> None:
        await self._repeated.stop()

    async def once(self) -> int:
        """Enqueue a job "remind" for everything that is due; returns how many.

        A job's subject is "org/user/reminder/due", the due time in ISO format. What is late fires all the same, once:
        firings that were missed in between are skipped, and whoever reminds can see from `due` how late it is."""
        fired = 0
        while True:
            batch = await self._batch()
            fired += batch
            if batch:
                self._engine.nudge()
            if batch < MOST:
                return fired

    async def _batch(self) -> int:
        now = self._clock.now()
        async with self._memory.door() as door:
            due = await door.due.claim(now, MOST)
            for scope, reminder in due:
                if reminder.next_at is not None:
                    await self._engine.enqueue(door.tx, _job(scope, reminder, reminder.next_at))
                await door.due.advance(scope, reminder.id, self._next(reminder, now))
        return len(due)

    def _next(self, reminder: Reminder, now: datetime) -> datetime | None:
        if reminder.rule is None:
            return None
        try:
            return self._recurrence.next(reminder.rule, reminder.zone, now)
        except ValueError as error:
            log.error("reminder_rule_broken", reminder=reminder.id, why=str(error))
            return None


def _job(scope: Scope, reminder: Reminder, due: datetime) -> Job:
    at = due.isoformat()
    return Job(
        name="remind",
        id=f"remind:{reminder.id}:{at}",
        subject=f"{scope.org}/{scope.user}/{reminder.id}/{at}",
        queue=Queue.IMPORTANT,
    )
