"""Dead letters: jobs that were given up on. Each is told of exactly once, by a job of its own, and can be redriven."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.ports import DeadLetter, Queue
from scheduler.durable import SCHEMA

if TYPE_CHECKING:
    from dbos import DBOSClient

PREFIX = "dead:"
MANY_TRIES = "it was begun several times and the process ended each time"

DEAD = "w.status IN ('ERROR', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED') AND w.workflow_uuid NOT LIKE 'dead:%'"
# The names in these statements are constants of ours.
UNTOLD = f"""
    SELECT w.workflow_uuid AS job, w.completed_at AS at FROM {SCHEMA}.workflow_status w
    WHERE {DEAD} AND NOT EXISTS (
        SELECT FROM {SCHEMA}.workflow_status t
        WHERE t.workflow_uuid = 'dead:' || w.workflow_uuid || ':' || w.completed_at
    ) LIMIT 100
"""  # noqa: S608
LETTERS = f"""
    SELECT w.workflow_uuid AS job, w.status, w.completed_at AS at, i.inputs, o.error
    FROM {SCHEMA}.workflow_status w
    JOIN {SCHEMA}.workflow_input i USING (workflow_uuid) LEFT JOIN {SCHEMA}.workflow_output o USING (workflow_uuid)
    WHERE {DEAD} AND (CAST(:job AS text) IS NULL OR w.workflow_uuid = :job)
    ORDER BY w.completed_at DESC LIMIT :limit
"""  # noqa: S608
LAST_STEP = f"""
    SELECT function_id AS number, output FROM {SCHEMA}.operation_outputs
    WHERE workflow_uuid = :job ORDER BY function_id DESC LIMIT 1
"""  # noqa: S608


class Letters:
    """Fulfils `bot.ports.DeadLetters`."""

    def __init__(self, client: DBOSClient) -> None:
        self._client = client

    async def list(self, limit: int = 100) -> Sequence[DeadLetter]:
        """The newest first."""
        return await asyncio.to_thread(self._read, None, limit)

    async def get(self, job: str) -> DeadLetter | None:
        found = await asyncio.to_thread(self._read, job, 1)
        return found[0] if found else None

    async def redrive(self, job: str) -> bool:
        return await asyncio.to_thread(self._redrive, job)

    async def untold(self, connection: Any) -> Sequence[tuple[str, str]]:
        """(job, id of the job that shall tell of it) of the letters nobody was told of."""
        rows = await connection.fetch(UNTOLD)
        return [(row["job"], f"{PREFIX}{row['job']}:{row['at']}") for row in rows]

    def _rows(self, statement: str, **values: Any) -> Sequence[Any]:
        import sqlalchemy

        with self._client._sys_db.engine.connect() as connection:
            return connection.execute(sqlalchemy.text(statement), values).fetchall()

    def _read(self, job: str | None, limit: int) -> Sequence[DeadLetter]:
        return [_letter(row) for row in self._rows(LETTERS, job=job, limit=limit)]

    def _redrive(self, job: str) -> bool:
        found = self._rows(LETTERS, job=job, limit=1)
        if not found:
            return False
        _, _, queue, partition = arguments(found[0].inputs)
        first_again = 1
        for number, output in self._rows(LAST_STEP, job=job):
            failed = output is not None and "raised" in (json.loads(output) or {})
            first_again = number if failed else number + 1
        self._client._sys_db.rewind_workflow(
            job, first_again, queue_name=queue, queue_partition_key=partition if queue == Queue.CONVERSATIONS else None
        )
        return True


def arguments(inputs: str) -> tuple[str, str, str, str]:
    """(name, subject, queue, partition) as a job carries them."""
    name, subject, queue, partition = json.loads(inputs)["positionalArgs"]
    return name, subject, queue, partition


def _letter(row: Any) -> DeadLetter:
    name, subject, _, _ = arguments(row.inputs)
    why = MANY_TRIES
    if row.status == "ERROR" and row.error:
        error = json.loads(row.error)
        why = f"{error['name']}: {error['message']}"
    at = datetime.fromtimestamp(row.at / 1000, UTC)
    return DeadLetter(job=row.job, name=name, subject=subject, why=why[:2000], at=at)
