"""Deletes finished jobs and what their steps kept, a bounded number at a time."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from scheduler.durable import SCHEMA

if TYPE_CHECKING:
    from dbos import DBOSClient

# The table's name is a constant of ours.
OVER = f"""
    SELECT workflow_uuid FROM {SCHEMA}.workflow_status
    WHERE (status IN ('SUCCESS', 'CANCELLED') AND completed_at < :finished)
       OR (status IN ('ERROR', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED') AND completed_at < :dead)
    LIMIT :limit
"""  # noqa: S608


def prune(client: DBOSClient, finished: timedelta, dead: timedelta, limit: int) -> int:
    """Blocking. Returns how many jobs were deleted."""
    import sqlalchemy

    now = time.time()
    values = {
        "finished": int((now - finished.total_seconds()) * 1000),
        "dead": int((now - dead.total_seconds()) * 1000),
        "limit": limit,
    }
    with client._sys_db.engine.connect() as connection:
        ids = list(connection.execute(sqlalchemy.text(OVER), values).scalars())
    if ids:
        client._sys_db.delete_workflows(ids)
    return len(ids)
