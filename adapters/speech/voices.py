"""The voices of the account: people choose one by name, the service wants its id."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.ports import Unheard

USUAL = "JBFqnCBsd6RMkjVDRZzb"  # the voice in the SDK's own examples; it is in every account
ID = re.compile(r"[A-Za-z0-9]{20}")
FRESH = 600.0  # seconds for which the list is believed
PAGES, PAGE = 5, 100  # the service gives at most 100 at once
SHOWN = 12  # names in an answer


class Voices:
    """Finds ids. `page` asks the service for one page, by the token that the page before gave; it may raise."""

    def __init__(
        self, page: Callable[[str | None], Awaitable[Any]], *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._page, self._now = page, now
        self._known: Mapping[str, str] = {}
        self._until = float("-inf")

    async def id_of(self, name: str) -> str:
        """The id of a voice by its name or id; empty: the usual one. Raises Unheard for a name that nobody has."""
        if not name:
            return USUAL
        if ID.fullmatch(name):
            return name
        known = await self._all()
        wanted = name.casefold().strip()
        # The service's own voices are called "George - Warm, Captivating Storyteller": the first word is enough.
        exact = [voice for called, voice in known.items() if called.casefold() == wanted]
        first = [
            voice for called, voice in known.items() if re.split(r"\W", called.casefold(), maxsplit=1)[0] == wanted
        ]
        found = (exact or first)[:1]
        if not found:
            names = ", ".join(sorted(known)[:SHOWN]) or "none"
            raise Unheard(f"There is no voice “{name[:50]}” in the ElevenLabs account. Those in it: {names}.")
        return found[0]

    async def _all(self) -> Mapping[str, str]:
        if self._now() >= self._until:
            found: dict[str, str] = {}
            token: str | None = None
            for _ in range(PAGES):
                answer = await self._page(token)
                found |= {voice.name: voice.voice_id for voice in answer.voices if voice.name}
                token = answer.next_page_token if answer.has_more else None
                if token is None:
                    break
            self._known, self._until = found, self._now() + FRESH
        return self._known
