"""Files that were sent in or made, 25 MB each at most."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import insert, select

from bot.ids import new_id
from bot.message import Attachment
from memory.rows import Owned, Shape
from memory.tables import MOST_BYTES, files

SHAPE = Shape(Attachment, files, elsewhere={"ref"})


class OwnFiles(Owned):
    async def put(self, attachment: Attachment, content: bytes) -> str:
        """Keep the content; returns its id. Raises ValueError above 25 MB."""
        if len(content) > MOST_BYTES:
            raise ValueError(f"files have at most {MOST_BYTES // 1024 // 1024} MB")
        file = new_id()
        row = SHAPE.row(replace(attachment, size=len(content)))
        await self.tx.execute(insert(files).values(**row, **self.owner, id=file, content=content))
        return file

    async def get(self, file: str) -> tuple[Attachment, bytes] | None:
        statement = select(files).where(self.mine(files), files.c.id == file)
        row = (await self.tx.execute(statement)).one_or_none()
        return None if row is None else (SHAPE.record(row, ref=row.id), bytes(row.content))
