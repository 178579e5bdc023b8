"""What was heard in recordings and what was spoken, kept for a while so that neither is paid for twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from bot.records import Heard
from memory.rows import Owned, Shape
from memory.tables import heard, spoken

SHAPE = Shape(Heard, heard)


class OwnVoices(Owned):
    """Fulfils `bot.repositories.Voices`."""

    async def heard(self, sound: str, since: datetime) -> Heard | None:
        fresh = (heard.c.sound == sound) & (heard.c.at > since)
        row = (await self.tx.execute(SHAPE.select().where(self.mine(heard), fresh))).one_or_none()
        return None if row is None else SHAPE.record(row)

    async def put_heard(self, sound: str, record: Heard, at: datetime) -> None:
        changes = {**SHAPE.row(record), "at": at}
        row = insert(heard).values(sound=sound, **changes, **self.owner)
        await self.tx.execute(row.on_conflict_do_update(index_elements=["user_id", "sound"], set_=changes))

    async def spoken(self, words: str, since: datetime) -> bytes | None:
        fresh = (spoken.c.words == words) & (spoken.c.at > since)
        found = (await self.tx.execute(select(spoken.c.sound).where(self.mine(spoken), fresh))).scalar_one_or_none()
        return None if found is None else bytes(found)

    async def put_spoken(self, words: str, sound: bytes, at: datetime) -> None:
        changes = {"sound": sound, "at": at}
        row = insert(spoken).values(words=words, **changes, **self.owner)
        await self.tx.execute(row.on_conflict_do_update(index_elements=["user_id", "words"], set_=changes))
