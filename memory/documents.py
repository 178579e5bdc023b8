"""Files that a person sent in: kept once for each content, and the pieces of what was read in them."""

from __future__ import annotations

import builtins
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ids import derived_id
from bot.message import Attachment
from bot.people import Scope
from bot.records import Document, Extract, Found
from memory.files import OwnFiles
from memory.question import Side
from memory.recollection import Recollection
from memory.rows import Owned, Shape
from memory.tables import MOST_BYTES, documents, extracts, files
from memory.tombstones import Tombstones

SHAPE, EXTRACT = Shape(Document, documents), Shape(Extract, extracts)
ABOUT = 10  # pieces that are also found by the file's name and the words it came with
AT_ONCE = 100  # rows of one statement: each is indexed word by word


class OwnDocuments(Owned):
    def __init__(self, tx: AsyncConnection, scope: Scope, recollection: Recollection) -> None:
        super().__init__(tx, scope)
        self._recollection, self._tombstones = recollection, Tombstones(tx, scope)

    async def take(self, document: Document, content: bytes) -> Document | None:
        """Keep it, or find it again: as it was sent now, with what was read in it before. See `Documents`."""
        content_hash = hashlib.sha256(content).digest()
        if (forgotten := await self._tombstones.since(_stone(content_hash))) is not None:
            if document.at <= forgotten:
                return None
            await self._tombstones.lift(_stone(content_hash))
        known = await self._list(documents.c.hash == content_hash, limit=1)
        if known:
            document = replace(known[0], at=document.at, message=document.message, platform=document.platform)
        elif document.file is None and len(content) <= MOST_BYTES:
            about = Attachment(kind=document.kind, ref="", mime=document.mime, size=0, name=document.name)
            document = replace(document, file=await OwnFiles(self.tx, self.scope).put(about, content))
        row = {**SHAPE.row(document), **self.owner, "hash": content_hash}
        again = {"at": document.at, "message": document.message, "platform": document.platform}
        put = insert(documents).values(row).on_conflict_do_update(index_elements=["user_id", "hash"], set_=again)
        await self.tx.execute(put)
        return (await self._list(documents.c.hash == content_hash, limit=1))[0]

    async def get(self, document: str) -> Document | None:
        found = await self._list(documents.c.id == document, limit=1)
        return found[0] if found else None

    async def list(self, limit: int = 100) -> Sequence[Document]:
        return await self._list(limit=limit)

    async def write(self, document: str, pieces: Sequence[Extract], *, pages: int, problem: str = "") -> None:
        """In one transaction with the mark that it was read, and only by the first who comes."""
        unread = (documents.c.id == document) & documents.c.pages.is_(None)
        mark = update(documents).where(self.mine(documents), unread).values(pages=pages, problem=problem)
        marked = await self.tx.execute(mark.returning(documents.c.name, documents.c.caption, documents.c.at))
        if (row := marked.one_or_none()) is None:
            return
        about = f"{row.name}\n{row.caption}".strip()
        rows = [
            {
                **EXTRACT.row(piece),
                **self.owner,
                "id": derived_id("extract", document, str(piece.number)),
                "document": document,
                "about": about if piece.number < ABOUT else "",
                "at": row.at,
            }
            for piece in pieces
        ]
        for begin in range(0, len(rows), AT_ONCE):
            await self.tx.execute(insert(extracts).values(rows[begin : begin + AT_ONCE]))

    async def extracts(self, document: str, first: int = 1, last: int | None = None) -> Sequence[Extract]:
        where = (extracts.c.document == document) & (extracts.c.page >= first)
        if last is not None:
            where &= extracts.c.page <= last
        statement = EXTRACT.select().where(self.mine(extracts), where).order_by(extracts.c.number)
        return [EXTRACT.record(row) for row in await self.tx.execute(statement)]

    async def find(self, query: str, limit: int = 8) -> Sequence[Found]:
        """Pieces that fit, best first, each with its file, its page and its day."""
        return await self._recollection.recall(query, limit, frozenset({Side.FILE}))

    async def forget(self, document: str) -> None:
        gone = delete(documents).where(self.mine(documents), documents.c.id == document)
        row = (await self.tx.execute(gone.returning(documents.c.hash, documents.c.size))).one_or_none()
        if row is None:
            return
        same = (files.c.size == row.size) & (func.sha256(files.c.content) == row.hash)  # each time it was sent
        await self.tx.execute(delete(files).where(self.mine(files), same))
        await self._tombstones.lay([_stone(bytes(row.hash))])

    async def _list(self, *where: Any, limit: int) -> builtins.list[Document]:
        statement = SHAPE.select().where(self.mine(documents), *where)
        rows = await self.tx.execute(statement.order_by(documents.c.at.desc(), documents.c.id.desc()).limit(limit))
        return [SHAPE.record(row) for row in rows]


def _stone(content_hash: bytes) -> str:
    return f"file {content_hash.hex()}"
