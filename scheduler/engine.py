"""The durable engine: a job that is written down is done, whatever is killed in between.

Jobs are workflows of DBOS Transact; their queue entries are rows of our database, written in the caller's transaction.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from bot.ids import new_id
from bot.people import Scope
from bot.ports import DeadLetter, Job, Queue, Transaction
from scheduler import durable
from scheduler.entry import enter
from scheduler.history import History, TakenOver, connections
from scheduler.line import CHANNEL, Line
from scheduler.steps import outcome_of, value_of

if TYPE_CHECKING:
    from dbos import DBOS, DBOSClient, EnqueueOptions

    from scheduler.dispatch import Dispatch
    from scheduler.guard import Guard
    from scheduler.letters import Letters

log = structlog.get_logger(__name__)

T = TypeVar("T")
Handler = Callable[[str], Awaitable[None]]

WORKFLOW = "job"
TELL = "tell of a dead letter"
FORGET_LATER = "forget a job"
OVER_BY_THEN = timedelta(minutes=10)
RECOVERIES = 10  # a job dies with its process, whoever killed it: too few give up the innocent beside a poisonous one
WIDTH: Mapping[Queue, int] = {
    Queue.CONVERSATIONS: 64,
    Queue.PRESSES: 32,
    Queue.URGENT: 16,
    Queue.IMPORTANT: 16,
    Queue.ROUTINE: 4,
}
# What the running task has written down since it last nudged.
_enqueued: ContextVar[frozenset[Queue]] = ContextVar("enqueued", default=frozenset())
# Of the job that the running task works on; None outside a job and inside a step.
_history: ContextVar[History | None] = ContextVar("history", default=None)

# The schema's name is a constant of ours.
FORGET = f"""
    WITH forgotten AS (
        DELETE FROM {durable.SCHEMA}.workflow_status WHERE workflow_uuid = :job
        AND status IN ('ENQUEUED', 'DELAYED') AND recovery_attempts = 0 RETURNING workflow_uuid
    ) DELETE FROM {durable.SCHEMA}.workflow_input i USING forgotten f WHERE i.workflow_uuid = f.workflow_uuid
"""  # noqa: S608


class Engine:
    """Fulfils `bot.ports.Engine` and `bot.ports.DeadLetters`. One per process runs jobs; any number only enqueue.

    `url`: PostgreSQL 16 or newer, `postgresql+asyncpg://`. `width`: how many jobs of a queue run here at once.
    `alone`: every other process that uses the database is on this machine (it is the embedded one), where a lock that
    is free means a process that is gone: after a kill the work goes on at once instead of after three seconds.
    """

    def __init__(
        self, url: str, *, width: Mapping[Queue, int] = WIDTH, alone: bool = False, connections: int = 10
    ) -> None:
        self._url, self._width, self._alone, self._size = url, width, alone, connections
        self._handlers: dict[str, Handler] = {FORGET_LATER: self._forget_later}
        self._told: Callable[[DeadLetter], Awaitable[None]] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._to_nudge: set[Queue] = set()
        self._nudging: asyncio.Task[None] | None = None
        self._pool: Any = None
        self._steps: Any = None
        self._client: DBOSClient | None = None
        self._dbos: DBOS | None = None
        self._dispatch: Dispatch | None = None
        self._guard: Guard | None = None
        self._line: Line | None = None
        self._letters: Letters | None = None

    def register(self, name: str, handler: Handler) -> None:
        """`handler(subject)` does the jobs of this name. All its I/O happens inside `step`."""
        self._handlers[name] = handler

    def on_dead(self, callback: Callable[[DeadLetter], Awaitable[None]]) -> None:
        """Called once for every job that is given up, in whatever process; it runs as a job and may use `step`."""
        self._told = callback
        self.register(TELL, self._tell)

    async def start(self, queues: Iterable[Queue] = tuple(Queue), *, work: bool = True) -> None:
        """Make the tables where they are missing and work on these queues; without `work` only enqueue."""
        from scheduler.letters import Letters

        mine = {queue: self._width[queue] for queue in queues if work}
        self._pool = durable.pool(self._url, self._size if mine else 2)
        self._client = durable.client(self._pool)
        self._letters = Letters(self._client)
        try:
            if mine:
                await self._start_working(mine)
            else:
                self._line = Line(self._url)
                await asyncio.to_thread(self._client._sys_db.run_migrations)
        except BaseException:
            await self.stop(grace=0)
            raise

    async def _start_working(self, width: Mapping[Queue, int]) -> None:
        from dbos import DBOS

        from scheduler.dispatch import Dispatch
        from scheduler.guard import Guard

        executor = new_id()
        self._steps = await connections(self._url, self._size)
        self._dbos = durable.machine(self._pool, executor)

        @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=RECOVERIES)
        async def job(name: str, subject: str, queue: str, partition: str) -> None:
            await self._run(name, subject, queue, partition)

        self._dispatch = Dispatch(self._dbos, executor, width)
        # In a thread, because it makes tables; jobs must run on this loop all the same.
        self._dbos._background_event_loop._main_loop = asyncio.get_running_loop()
        await asyncio.to_thread(DBOS.launch)
        self._guard = Guard(self._url, executor, self._dbos, alone=self._alone, nudge=self._dispatch.nudge)
        if self._told is not None:
            self._guard.also = self._tell_of_letters
        await self._guard.begin()
        self._tasks = [
            asyncio.create_task(self._dispatch.run(), name="dispatch"),
            asyncio.create_task(self._guard.run(), name="guard"),
        ]
        self._dispatch.nudge()

    @property
    def running(self) -> bool:
        """Started, and its loops alive. (Whether the database answers is another question.)"""
        return self._client is not None and not any(task.done() for task in self._tasks)

    async def stop(self, grace: float = 2.0) -> None:
        """Take nothing new, give running jobs `grace` seconds, leave the rest to whoever starts next."""
        await _cancelled(self._tasks)
        self._tasks = []
        if self._nudging is not None:
            await asyncio.wait([self._nudging], timeout=1)
        if self._dbos is not None:
            running = list(self._dbos._workflow_tasks)
            if running:
                _, late = await asyncio.wait(running, timeout=grace)
                await _cancelled(late)
            await self._close_machine()
        for line in (self._guard, self._line):
            if line is not None:
                await line.close()
        if self._steps is not None:
            self._steps.terminate()  # nobody runs any more: whoever is late finds the door closed
        if self._pool is not None:
            await asyncio.to_thread(self._pool.dispose)
        self._dbos = self._client = self._dispatch = self._guard = self._line = self._pool = self._steps = None

    async def _close_machine(self) -> None:
        from concurrent.futures import ThreadPoolExecutor

        from dbos import DBOS

        own = ThreadPoolExecutor(thread_name_prefix="asyncio")
        asyncio.get_running_loop().set_default_executor(own)  # DBOS had lent the loop its own, which ends now
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)

    async def enqueue(self, tx: Transaction, job: Job) -> None:
        """Write the job down in the caller's transaction. The same id twice is one job."""
        self._started()
        await enter(tx, job, WORKFLOW)
        _enqueued.set(_enqueued.get() | {job.queue})

    def nudge(self) -> None:
        """After the commit: the queues that this task enqueued to are looked at now, here or in a working process."""
        queues = _enqueued.get() or frozenset(Queue)
        _enqueued.set(frozenset())
        if self._dispatch is not None:
            for queue in queues:
                self._dispatch.nudge(queue)
        elif self._line is not None:
            self._to_nudge |= queues
            if self._nudging is None:
                self._nudging = asyncio.create_task(self._nudge_others(self._line), name="nudge")

    async def _nudge_others(self, line: Line) -> None:
        """Tell the working processes; when that fails they look by themselves a little later."""
        try:
            async with asyncio.timeout(5), line.use() as connection:
                while self._to_nudge:
                    await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, self._to_nudge.pop().value)
        except Exception as error:  # noqa: BLE001 - a nudge is never needed
            self._to_nudge.clear()
            log.debug("nudge_not_sent", why=str(error))
        finally:
            self._nudging = None

    async def cancel(self, job: str) -> None:
        """Forget a job that has not begun; no error when it is gone."""
        import sqlalchemy

        self._started()

        def forget() -> None:
            with self._pool.begin() as connection:
                connection.execute(sqlalchemy.text(FORGET), {"job": job})

        await asyncio.to_thread(forget)

    async def forget(self, tx: Transaction, scope: Scope, jobs: Sequence[str]) -> None:
        """In the caller's transaction: delete these jobs and all that are about this person, and with them what their
        steps kept. One that still runs, as the one that asks for this may, is deleted a little later."""
        from scheduler.forgetting import forget

        about = f"{scope.org}/{scope.user}/"
        later = datetime.now(UTC) + OVER_BY_THEN
        for job in await tx.run_sync(lambda connection: forget(connection, jobs, about)):
            again = Job(name=FORGET_LATER, id=f"forget:{job}", subject=job, queue=Queue.ROUTINE, at=later)
            await self.enqueue(tx, again)

    async def _forget_later(self, job: str) -> None:
        """What runs even now is left to retention."""
        from scheduler.forgetting import forget

        def delete() -> None:
            with self._pool.begin() as connection:
                forget(connection, [job], "/")

        await asyncio.to_thread(delete)

    async def step(self, name: str, thunk: Callable[[], Awaitable[T]], kind: Any) -> T:
        """Run `thunk` once and keep its value; on a second run of the job return the kept value.

        A failure that is an exception of `bot` is kept too. While the database is away the thunk is tried again for
        two minutes; any other exception leaves nothing behind and is raised at once. Outside a job it only runs."""
        history = _history.get()
        if history is None:
            return value_of(await outcome_of(thunk, name), kind)  # type: ignore[no-any-return]
        number, began = history.next(), time.time()
        record = await history.kept(number, name)
        if record is None:
            inside = _history.set(None)
            try:
                record = await outcome_of(thunk, name)
            finally:
                _history.reset(inside)
            await history.keep(number, name, record, began)
        return value_of(record, kind)  # type: ignore[no-any-return]

    async def list(self, limit: int = 100) -> Sequence[DeadLetter]:
        """Dead letters, the newest first."""
        return await self._post().list(limit)

    async def redrive(self, job: str) -> bool:
        """Run a dead letter again from its last completed step; False when there is no such letter."""
        done = await self._post().redrive(job)
        self.nudge()
        return done

    async def prune(self, finished: timedelta, dead: timedelta, limit: int = 5000) -> int:
        """Delete jobs that ended longer ago than `finished`, dead letters after `dead`; returns how many."""
        from scheduler.retention import prune

        return await asyncio.to_thread(prune, self._started(), finished, dead, limit)

    async def _run(self, name: str, subject: str, queue: str, partition: str) -> None:
        """The one workflow: every job is this one."""
        from dbos._context import assert_current_dbos_context
        from dbos._error import DBOSWorkflowConflictIDError

        context, handler = assert_current_dbos_context(), self._handlers.get(name)
        _history.set(History(self._steps, context.workflow_id, context.owner_xid or ""))
        try:
            if handler is None:
                raise LookupError(f"no handler is registered for the job {name!r}")
            await handler(subject)
        except TakenOver:
            raise DBOSWorkflowConflictIDError(context.workflow_id) from None  # DBOS then leaves the outcome to them
        except Exception as error:
            log.exception("job_failed", name=name, subject=subject, queue=queue, partition=partition, why=str(error))
            raise

    async def _tell_of_letters(self, connection: Any) -> None:
        for job, name in await self._post().untold(connection):
            options, carried = _options(name, Queue.IMPORTANT), (TELL, job, Queue.IMPORTANT.value, "")
            await asyncio.to_thread(self._started().enqueue, options, *carried)
            if self._dispatch is not None:
                self._dispatch.nudge(Queue.IMPORTANT)

    async def _tell(self, job: str) -> None:
        letter = await self._post().get(job)
        if letter is not None and self._told is not None:
            await self._told(letter)

    def _started(self) -> DBOSClient:
        if self._client is None:
            raise RuntimeError("the engine has not been started")
        return self._client

    def _post(self) -> Letters:
        if self._letters is None:
            raise RuntimeError("the engine has not been started")
        return self._letters


def _options(job: str, queue: Queue) -> EnqueueOptions:
    return {
        "workflow_name": WORKFLOW,
        "queue_name": queue.value,
        "workflow_id": job,
        "app_version": durable.VERSION,
    }


async def _cancelled(tasks: Iterable[asyncio.Task[Any]]) -> None:
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
