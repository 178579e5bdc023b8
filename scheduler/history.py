"""What one job has already done, kept in DBOS's table of steps: read when the first step begins, added to after each.

DBOS itself takes four statements and two threads for a step that is done for the first time, which is nearly every one.
Here it is one statement on the job's own loop: the step is written only while the job is still ours.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

from bot.action import Json
from scheduler.durable import NAME, SCHEMA, address
from scheduler.steps import patiently

# The schema's name is a constant of ours.
READ = f"SELECT function_id, function_name, output FROM {SCHEMA}.operation_outputs WHERE workflow_uuid = $1"  # noqa: S608
WRITE = f"""
    INSERT INTO {SCHEMA}.operation_outputs AS kept (workflow_uuid, function_id, function_name, output, serialization,
        started_at_epoch_ms, completed_at_epoch_ms, retention_timestamp, application_name)
    SELECT workflow_uuid, $3, $4, $5, 'portable_json', $6, $7, $7, $8 FROM {SCHEMA}.workflow_status
    WHERE workflow_uuid = $1 AND owner_xid = $2 AND status = 'PENDING' FOR NO KEY UPDATE
    ON CONFLICT (workflow_uuid, function_id) DO UPDATE SET function_name = kept.function_name
    WHERE kept.function_name = $4 AND kept.completed_at_epoch_ms = $7
    RETURNING function_id
"""  # noqa: S608


class TakenOver(Exception):
    """The job is somebody else's by now, or it was cancelled: this run of it ends here."""


async def connections(url: str, size: int) -> Any:
    """A pool of asyncpg for single statements: nothing to reset when one comes back."""
    import asyncpg  # type: ignore[import-untyped]

    async def as_it_is(connection: Any) -> None:
        """Every statement was a transaction of its own."""

    return await asyncpg.create_pool(
        address(url).render_as_string(hide_password=False),
        min_size=0,
        max_size=size,
        reset=as_it_is,
        timeout=10,
        command_timeout=30,
        server_settings={"application_name": f"{NAME} steps", "jit": "off"},
    )


class History:
    """Of the job `job`, which this process owns under the token `owner`."""

    def __init__(self, pool: Any, job: str, owner: str) -> None:
        self._pool, self._job, self._owner = pool, job, owner
        self._reading: asyncio.Future[Mapping[int, tuple[str, str]]] | None = None
        self._number = 0

    def next(self) -> int:
        """The place of the step that begins now. Steps come in the same order on every run of a job."""
        self._number += 1
        return self._number

    async def kept(self, number: int, name: str) -> Json | None:
        """The record that this step left on an earlier run; None when there is none."""
        if self._reading is None:
            self._reading = asyncio.ensure_future(patiently(self._read, name))
        step = (await self._reading).get(number)
        if step is None:
            return None
        if step[0] != name:
            raise RuntimeError(f"step {number} of job {self._job} was {step[0]!r} and is now {name!r}")
        return json.loads(step[1])

    async def keep(self, number: int, name: str, record: Json, began: float) -> None:
        """Raises TakenOver when the job is not ours any more."""
        text, ended = json.dumps(record), int(time.time() * 1000)  # the same for every try: a repeat is known by it
        values = (self._job, self._owner, number, name, text, int(began * 1000), ended, NAME)

        async def write() -> Any:
            return await self._pool.fetchval(WRITE, *values)

        if await patiently(write, name) is None:
            raise TakenOver(self._job)

    async def _read(self) -> Mapping[int, tuple[str, str]]:
        return {row[0]: (row[1], row[2]) for row in await self._pool.fetch(READ, self._job)}
