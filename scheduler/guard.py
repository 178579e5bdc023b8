"""Sees to it that no job stays with a process which has died, and that this process is seen to live.

Each process has a fresh executor id and holds a lock on it for as long as it lives. Whoever finds jobs of an executor
whose lock is free, three times in a row, puts them back into their queue, where they go on from their last step.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

import structlog

from bot.ports import Queue
from scheduler.durable import SCHEMA, VERSION
from scheduler.line import CHANNEL, Line

if TYPE_CHECKING:
    from dbos import DBOS

log = structlog.get_logger(__name__)

SWEEP_EVERY = 1.0
PATIENCE = 3  # sweeps; a process that only lost its connection is back before that
LOCKS = 0x41555245  # our class of advisory locks

TAKE = "SELECT pg_try_advisory_lock($1, hashtext($2))"
HELD = """
    SELECT objid::bigint FROM pg_locks
    WHERE locktype = 'advisory' AND classid = $1 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
# The table's name is a constant of ours.
PENDING = f"""
    SELECT workflow_uuid AS id, executor_id AS executor, hashtext(executor_id)::bigint & 4294967295 AS lock
    FROM {SCHEMA}.workflow_status WHERE status = 'PENDING' AND application_version = $1
"""  # noqa: S608
# After a restart of the server its clients need a moment to come back.
YOUNG = "SELECT now() - pg_postmaster_start_time() < interval '10 seconds'"


class Guard:
    """`alone`: nobody is far away; whose lock is free at our start has ended, so that its jobs are taken at once."""

    def __init__(
        self, url: str, executor: str, dbos: DBOS, *, alone: bool, nudge: Callable[[Queue | None], None]
    ) -> None:
        self._executor, self._dbos, self._alone, self._nudge = executor, dbos, alone, nudge
        self._line = Line(url, self._greet)
        self._suspects: Counter[str] = Counter()  # executors whose lock is free, jobs of ours that nobody runs
        self.also: Callable[[Any], Awaitable[None]] | None = None  # more to do on each sweep

    async def _greet(self, connection: Any) -> None:
        await connection.add_listener(CHANNEL, self._heard)
        # Not ours yet: our own cut connection is still dying; it holds the lock for us meanwhile.
        while not await connection.fetchval(TAKE, LOCKS, self._executor):  # noqa: ASYNC110 - a lock sends no event
            await asyncio.sleep(0.1)

    def _heard(self, connection: Any, pid: int, channel: str, queue: str) -> None:
        self._nudge(Queue(queue) if queue in set(Queue) else None)

    async def begin(self) -> None:
        """Take our lock, and what was left over if nobody can come back for it. Before the first job is taken."""
        async with self._line.use() as connection:
            held = {row[0] for row in await connection.fetch(HELD, LOCKS)}
            first = len(held) == 1 and not await connection.fetchval(YOUNG)
            if self._alone or first:
                rows = await connection.fetch(PENDING, VERSION)
                await self._recover({row["executor"] for row in rows if row["lock"] not in held})

    async def run(self) -> None:
        """Sweep until cancelled. Survives whatever the database does."""
        while True:
            await asyncio.sleep(SWEEP_EVERY)
            try:
                async with asyncio.timeout(60), self._line.use() as connection:
                    await self._sweep(connection)
                    if self.also is not None:
                        await self.also(connection)
            except Exception as error:  # noqa: BLE001 - the guard must outlive every fault of the database
                log.warning("guard_sweep_failed", why=str(error))

    async def close(self) -> None:
        await self._line.close()

    async def _sweep(self, connection: Any) -> None:
        rows = await connection.fetch(PENDING, VERSION)
        held = {row[0] for row in await connection.fetch(HELD, LOCKS)}
        running = set(self._dbos._active_workflows_set.activeList())
        dead = {row["executor"] for row in rows if row["lock"] not in held and row["executor"] != self._executor}
        lost = {row["id"] for row in rows if row["executor"] == self._executor and row["id"] not in running}
        self._suspects = Counter({name: self._suspects[name] + 1 for name in dead | lost})
        due = {name for name, sweeps in self._suspects.items() if sweeps >= PATIENCE}
        if due:
            await self._recover(due & dead)
            await self._put_back(due & lost)
            self._suspects.clear()

    async def _recover(self, executors: Iterable[str]) -> None:
        names = sorted(executors)
        if not names:
            return
        from dbos._recovery import recover_pending_workflows

        log.info("recovering_jobs", executors=len(names))
        await asyncio.to_thread(recover_pending_workflows, self._dbos, names)
        self._nudge(None)

    async def _put_back(self, jobs: Iterable[str]) -> None:
        """Jobs that this process took and did not start: the connection broke between the two."""
        for job in jobs:
            log.warning("job_put_back", job=job)
            await asyncio.to_thread(self._dbos._sys_db.reenqueue_for_recovery, job, [self._executor], "")
        self._nudge(None)
