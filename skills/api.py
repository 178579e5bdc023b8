"""What a skill's code may reach outside: the hosts that its manifest names, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog

from bot.action import Json
from skills.sorry import Sorry

log = structlog.get_logger(__name__)

TIMEOUT = 10.0  # seconds
LARGEST = 2_000_000  # bytes of an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """`base` stands in for every host when it is set, which tests and proxies need."""

    service: str
    hosts: tuple[str, ...]
    base: str | None = None

    async def get(self, url: str, params: Mapping[str, str | int | float]) -> Json:
        """The JSON answer. Raises Sorry when the service gives none in time, PermissionError for a foreign host."""
        import httpx2

        try:
            async with httpx2.AsyncClient(timeout=TIMEOUT) as client:
                answer = await client.get(self._reach(url), params=dict(params))
            answer.raise_for_status()
            if len(answer.content) > LARGEST:
                raise Sorry(f"{self.service} sent more than I can read.")
            return answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            log.warning("a service does not answer", service=self.service, host=urlsplit(url).netloc, error=repr(error))
            raise Sorry(f"{self.service} does not answer right now. Please try again in a few minutes.") from error

    def _reach(self, url: str) -> str:
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}"
        if host not in self.hosts:
            raise PermissionError(f"the skill's manifest does not name the host {host}")
        return url if self.base is None else self.base.rstrip("/") + parts.path
