"""Something that this process does again and again at its own pace."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

log = structlog.get_logger(__name__)


class Repeated:
    """`do`, every `pace`, for the first time after `first`. While one round lasts no other begins; a round that fails
    is logged, and the next one comes all the same."""

    def __init__(self, name: str, do: Callable[[], Awaitable[object]], pace: timedelta, first: timedelta) -> None:
        self._name, self._do, self._pace, self._first = name, do, pace, first
        self._scheduler: Any = None

    async def start(self) -> None:
        from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]

        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # "still running" is what we want of it
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._scheduler.add_job(
            self._round,
            "interval",
            seconds=self._pace.total_seconds(),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
            next_run_time=datetime.now(UTC) + self._first,
        )
        self._scheduler.start()

    async def stop(self) -> None:
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None

    async def _round(self) -> None:
        try:
            await self._do()
        except Exception:  # the next round tries again
            log.exception("round_failed", name=self._name)
