"""Takes jobs from the queues and starts them: at once when nudged, by looking now and then otherwise.

DBOS polls each queue in a thread of its own at a fixed pace: either late or busy. We look ourselves. A claim keeps the
order inside a partition and gives each job to one process.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import structlog

from bot.ids import new_id
from bot.ports import Queue
from scheduler.durable import NAME, SCHEMA, VERSION

if TYPE_CHECKING:
    from dbos import DBOS

log = structlog.get_logger(__name__)

LOOK_EVERY = 1.0  # seconds; what nobody nudged us about: delayed jobs, other processes' jobs
BATCH = 64

# The schema's name is a constant of ours.
WITH_WORK = f"""
    SELECT wanted FROM unnest(CAST(:names AS text[])) AS wanted
    WHERE EXISTS (SELECT FROM {SCHEMA}.workflow_status WHERE queue_name = wanted AND status = 'ENQUEUED')
"""  # noqa: S608


# What DBOS does in three statements, built anew each time: the first job of every partition in which none runs. These
# are settled before they are locked, so that no job slides past one that another process has just locked.
ENQUEUED = (
    "queue_name = :queue AND status = 'ENQUEUED' AND application_version = :version AND queue_partition_key IS NOT NULL"
)
CLAIM = f"""
    WITH RECURSIVE partitions AS (
        SELECT min(queue_partition_key) AS key FROM {SCHEMA}.workflow_status WHERE {ENQUEUED}
        UNION ALL SELECT (
            SELECT min(queue_partition_key) FROM {SCHEMA}.workflow_status
            WHERE {ENQUEUED} AND queue_partition_key > partitions.key
        ) FROM partitions WHERE partitions.key IS NOT NULL
    ), heads AS MATERIALIZED (
        SELECT head.workflow_uuid FROM partitions CROSS JOIN LATERAL (
            SELECT workflow_uuid FROM {SCHEMA}.workflow_status
            WHERE {ENQUEUED} AND queue_partition_key = partitions.key
            ORDER BY priority, created_at, workflow_uuid LIMIT 1
        ) AS head WHERE NOT EXISTS (
            SELECT FROM {SCHEMA}.workflow_status
            WHERE queue_name = :queue AND status = 'PENDING' AND queue_partition_key = partitions.key
        ) ORDER BY random() LIMIT :room
    ), locked AS MATERIALIZED (
        SELECT job.workflow_uuid FROM {SCHEMA}.workflow_status AS job JOIN heads USING (workflow_uuid)
        WHERE job.queue_name = :queue AND job.status = 'ENQUEUED' FOR UPDATE OF job SKIP LOCKED
    ) UPDATE {SCHEMA}.workflow_status AS job SET status = 'PENDING', owner_xid = :owner, executor_id = :executor,
        application_name = :name, recovery_attempts = recovery_attempts + 1, rate_limited = false,
        started_at_epoch_ms = extract(epoch FROM now()) * 1000, updated_at = extract(epoch FROM now()) * 1000
    FROM locked WHERE job.workflow_uuid = locked.workflow_uuid RETURNING job.workflow_uuid
"""  # noqa: S608


class Dispatch:
    """`width`: how many jobs of a queue run at once in this process."""

    def __init__(self, dbos: DBOS, executor: str, width: Mapping[Queue, int]) -> None:
        self._dbos, self._executor = dbos, executor
        self._queues = {queue: _dbos_queue(queue, most) for queue, most in width.items()}
        self._thread = ThreadPoolExecutor(1, "dispatch")
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        self._fresh: set[Queue] = set()
        self._freed = False  # a job has ended: something may go on that could not before
        self._closing = False
        _watch_ends(dbos, self._ended)

    def nudge(self, queue: Queue | None = None) -> None:
        """Look at once, at one queue or at all. Call it in the loop."""
        self._fresh.update(self._queues if queue is None else {queue} & self._queues.keys())
        if self._fresh:
            self._woken.set()

    def _ended(self) -> None:
        """Called in any thread."""
        self._freed = True
        self._loop.call_soon_threadsafe(self._woken.set)

    async def run(self) -> None:
        """Until cancelled. Survives whatever the database does."""
        try:
            while True:
                try:
                    async with asyncio.timeout(LOOK_EVERY):
                        await self._woken.wait()
                    wanted = None if self._freed else self._fresh
                    self._fresh, self._freed = set(), False
                    self._woken.clear()
                except TimeoutError:
                    wanted = None
                await self._look(wanted)
        finally:
            self._closing = True  # a claim that is under way is brought to its end: its jobs are started, not lost
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.to_thread(self._thread.shutdown, cancel_futures=True), 2)

    async def _look(self, wanted: Iterable[Queue] | None) -> None:
        try:
            await self._loop.run_in_executor(self._thread, self._start_jobs, wanted)
        except Exception as error:  # noqa: BLE001 - this loop must outlive every fault of the database
            log.warning("dispatch_failed", why=str(error))
            await asyncio.sleep(LOOK_EVERY)

    def _start_jobs(self, wanted: Iterable[Queue] | None) -> None:
        """In our thread: claim and start until every queue is empty, blocked or as wide as we go. A claim takes all
        that may run, up to a batch."""
        for queue in self._with_work() if wanted is None else tuple(wanted):
            while not self._closing and self._claim(self._queues[queue]) == BATCH:
                pass

    def _with_work(self) -> list[Queue]:
        return [Queue(name) for name in self._ask(WITH_WORK, names=[queue.value for queue in self._queues])]

    def _heads(self, queue: str, room: int, owner: str) -> list[str]:
        given = {"queue": queue, "room": room, "owner": owner, "executor": self._executor}
        return self._ask(CLAIM, version=VERSION, name=NAME, **given)

    def _ask(self, statement: str, **values: Any) -> list[str]:
        """The first column. One statement is a transaction of its own."""
        import sqlalchemy

        with self._dbos._sys_db.engine.connect() as connection:
            alone = connection.execution_options(isolation_level="AUTOCOMMIT")
            return list(alone.execute(sqlalchemy.text(statement), values).scalars())

    def _claim(self, queue: Any) -> int:
        """Claim what may run now and start it; returns how many."""
        from dbos._core import execute_dequeued_workflow

        database, owner = self._dbos._sys_db, new_id()
        room = min(BATCH, queue._worker_concurrency - self._dbos._active_workflows_set.count_for_queue(queue.name))
        if room <= 0:
            return 0
        if queue._partition_concurrency:
            ids = self._heads(queue.name, room, owner)
        else:
            running = queue._worker_concurrency - room
            ids, _ = database.start_queued_workflows(
                queue, self._executor, VERSION, None, running, owner_xid=owner, is_latest_version=True
            )
        rows = {row["workflow_uuid"]: row for row in database.get_workflow_statuses(ids)} if ids else {}
        for job in ids:
            try:
                execute_dequeued_workflow(self._dbos, rows[job], owner)
            except Exception as error:  # noqa: BLE001 - one bad row must not stop the others; the guard sees to it
                log.error("job_not_started", job=job, why=str(error))
        return len(ids)


def _dbos_queue(queue: Queue, width: int) -> Any:
    from dbos._queue import _INTERNAL_QUEUE_CONSTRUCTION
    from dbos._queue import Queue as DbosQueue

    ordered = 1 if queue is Queue.CONVERSATIONS else None
    return DbosQueue(
        queue.value, worker_concurrency=width, partition_concurrency=ordered, token=_INTERNAL_QUEUE_CONSTRUCTION
    )


def _watch_ends(dbos: DBOS, ended: Any) -> None:
    """Have `ended()` called after the outcome of a job is written."""
    from dbos._core import ActiveWorkflowById

    class Watched(ActiveWorkflowById):
        def _remove(self, key: str, bucket: Any) -> None:
            super()._remove(key, bucket)
            if bucket is not None:
                ended()

    dbos._active_workflows_set = Watched()
