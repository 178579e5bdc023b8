"""A job's entry in its queue: a row of each of two tables of DBOS, written in the caller's transaction.

DBOS's own way builds its two statements anew for every job, which takes longer than running them.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from bot.ports import Job, Queue, Transaction
from scheduler.durable import NAME, SCHEMA, VERSION

# The schema's name is a constant of ours.
ENTER = f"""
    WITH entered AS (
        INSERT INTO {SCHEMA}.workflow_status (workflow_uuid, name, queue_name, queue_partition_key, status,
            delay_until_epoch_ms, application_version, application_name, serialization)
        VALUES (CAST(:id AS text), CAST(:workflow AS text), CAST(:queue AS text), CAST(:partition AS text),
            CAST(:status AS text), CAST(:delay AS bigint), CAST(:version AS text), CAST(:application AS text),
            'portable_json')
        ON CONFLICT (workflow_uuid) DO NOTHING RETURNING workflow_uuid, created_at
    ) INSERT INTO {SCHEMA}.workflow_input (workflow_uuid, inputs, retention_timestamp)
    SELECT workflow_uuid, CAST(:inputs AS text), created_at FROM entered
"""  # noqa: S608


async def enter(tx: Transaction, job: Job, workflow: str) -> None:
    """The same id twice is one job."""
    import sqlalchemy

    later = job.at is not None and job.at > datetime.now(UTC)
    partition = (job.partition or job.id) if job.queue is Queue.CONVERSATIONS else None
    carried = (job.name, job.subject, job.queue.value, partition or "")
    row: dict[str, Any] = {
        "id": job.id,
        "workflow": workflow,
        "queue": job.queue.value,
        "partition": partition,
        "status": "DELAYED" if later else "ENQUEUED",
        "delay": int(job.at.timestamp() * 1000) if later and job.at is not None else None,
        "version": VERSION,
        "application": NAME,
        "inputs": json.dumps({"positionalArgs": carried, "namedArgs": {}}),
    }
    await tx.run_sync(lambda connection: connection.execute(sqlalchemy.text(ENTER), row))
