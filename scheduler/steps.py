"""What a step leaves behind: its value, or the failure that the mind has a word for, as JSON.

A failure which is one of `bot`'s own exceptions is part of the job's history: it comes out of the step again when the
job is run a second time. Any other exception is a fault and leaves nothing behind, so that a second run tries again.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import structlog

from bot.action import Json
from bot.codec import decode, encode

log = structlog.get_logger(__name__)

T = TypeVar("T")

PATIENCE = 120.0  # seconds that a step waits for a database which is away
FIRST_DELAY, LONGEST_DELAY = 0.1, 5.0

# https://www.postgresql.org/docs/18/errcodes-appendix.html
TRANSIENT_CLASSES = ("08", "57P0")  # connection exceptions; the server is shutting down or starting up
TRANSIENT_CODES = frozenset({"53300", "40001", "40P01"})  # too many connections, serialization, deadlock


def is_transient(error: BaseException) -> bool:
    """Whether the database was away or busy, so that the same work may well succeed a little later."""
    return any(_is_transient(link) for link in _chain(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what caused it; database wrappers keep the driver's error as `orig`."""
    for _ in range(8):
        if error is None:
            return
        yield error
        original = getattr(error, "orig", None)
        error = original if isinstance(original, BaseException) else error.__cause__


def _is_transient(error: BaseException) -> bool:
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str) and (state.startswith(TRANSIENT_CLASSES) or state in TRANSIENT_CODES):
        return True
    if getattr(error, "connection_invalidated", False):
        return True
    if isinstance(error, FileNotFoundError | ConnectionError):
        return True
    said = str(error)
    return "connection is closed" in said or "connection was closed" in said


async def patiently(thunk: Callable[[], Awaitable[T]], name: str) -> T:
    """The thunk's value; while the database is away the thunk is tried again, for two minutes in all."""
    waited, delay = 0.0, FIRST_DELAY
    while True:
        try:
            return await thunk()
        except Exception as error:
            if waited >= PATIENCE or not is_transient(error):
                raise
            log.warning("step_waits_for_database", step=name, why=str(error), waited=round(waited, 1))
        await asyncio.sleep(delay)
        waited, delay = waited + delay, min(delay * 2, LONGEST_DELAY)


async def outcome_of(thunk: Callable[[], Awaitable[Any]], name: str) -> Json:
    """The record of one run of the thunk. Faults raise."""
    try:
        return {"value": encode(await patiently(thunk, name))}
    except Exception as error:
        if not type(error).__module__.startswith("bot."):
            raise
        kind = type(error)
        fields = {key: encode(value) for key, value in vars(error).items()}
        return {"raised": [kind.__module__, kind.__qualname__], "says": encode(list(error.args)), "fields": fields}


def value_of(record: Json, kind: Any) -> Any:
    """The value in a record, or the failure in it is raised. Raises Malformed where the value is no `kind`."""
    if "raised" not in record:
        return decode(type(None) if kind is None else kind, record["value"])
    module, name = record["raised"]
    failure = getattr(sys.modules.get(module), name, None)
    if not (isinstance(failure, type) and issubclass(failure, Exception) and module.startswith("bot.")):
        raise RuntimeError(f"a step failed with {name}, which does not exist any more: {record['says']}")
    error = failure.__new__(failure)
    error.args = tuple(record["says"])
    error.__dict__.update(record["fields"])
    raise error
