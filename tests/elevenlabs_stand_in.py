"""ElevenLabs' stand-in in its own process, as a test drives it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from lab.elevenlabs.app import KEY
from tests import app_stand_in
from tests.app_stand_in import App


@dataclass
class Elevenlabs(App):
    key: str = KEY

    async def hears(self, text: str, **about: Any) -> None:
        """In the next recording, or in the one whose `sha256` is told."""
        await self.act("hear", text=text, **about)

    async def spoken(self) -> list[Any]:
        found: list[Any] = (await self.http.get("/lab/spoken")).json()
        return found


@asynccontextmanager
async def stand_in() -> AsyncIterator[Elevenlabs]:
    """`python -m lab elevenlabs` on a free port, gone at the end."""
    async with app_stand_in.stand_in("elevenlabs") as app:
        service = Elevenlabs(app.url)
        yield service
        await service.http.aclose()
