"""Deletes the jobs of somebody who had everything deleted: what they wrote also stands in what the jobs' steps kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scheduler.durable import SCHEMA

# The names in these statements are constants of ours. A job carries (name, subject, queue, partition).
THEIRS = f"""
    SELECT s.workflow_uuid AS job, s.status = 'PENDING' AS running
    FROM {SCHEMA}.workflow_status s JOIN {SCHEMA}.workflow_input i USING (workflow_uuid)
    WHERE s.workflow_uuid = ANY(CAST(:jobs AS text[]))
       OR CAST(i.inputs AS json) -> 'positionalArgs' ->> 1 = ANY(CAST(:jobs AS text[]))
       OR starts_with(CAST(i.inputs AS json) -> 'positionalArgs' ->> 1, CAST(:subjects AS text))
"""  # noqa: S608
DELETE = tuple(
    f"DELETE FROM {SCHEMA}.{table} WHERE workflow_uuid = ANY(CAST(:jobs AS text[]))"  # noqa: S608
    for table in ("workflow_input", "workflow_output", "operation_outputs", "workflow_status")
)


def forget(connection: Any, jobs: Sequence[str], subjects: str) -> list[str]:
    """Delete these jobs, those about the same and those whose subject begins with `subjects`; returns those that run
    and so could not be."""
    import sqlalchemy

    found = connection.execute(sqlalchemy.text(THEIRS), {"jobs": list(jobs), "subjects": subjects}).all()
    over = [row.job for row in found if not row.running]
    for statement in DELETE:
        connection.execute(sqlalchemy.text(statement), {"jobs": over})
    return [row.job for row in found if row.running]
