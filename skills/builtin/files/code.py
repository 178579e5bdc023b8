"""Files that the person sent in: listed, searched, read again, forgotten. What stands in them is the word of others."""

from __future__ import annotations

from itertools import groupby

from bot.action import Outcome
from bot.people import User
from bot.ports import Context
from bot.records import Document
from bot.repositories import Work
from skills.sorry import Sorry
from skills.which import by_id, pick
from skills.wording import bullets, count, dated, plain, quoted

MOST = 30_000  # letters of one reading
NEWEST = 1_000  # files that are looked through for the one that is meant
LISTED = 30


async def show(context: Context) -> Outcome:
    async with context.open() as work:
        files = await work.documents.list(LISTED)
    if not files:
        return Outcome(ok=True, text="You have not sent me any file yet.", data=[])
    lines = bullets([f"**{plain(file.name)}** ({_about(file, context.user)})" for file in files])
    data = [{"id": file.id, "name": file.name, "at": file.at.isoformat()} for file in files]
    return Outcome(ok=True, text=f"Files you sent me:\n\n{lines}", data=data)


async def find(context: Context, query: str) -> Outcome:
    async with context.open() as work:
        found = await work.documents.find(query)
    if not found:
        return Outcome(ok=True, text=f"No file of yours says anything about “{plain(query)}”.", data=[])
    lines = bullets([f"{plain(hit.text)} ({plain(hit.source)}, {dated(hit.at, context.user)})" for hit in found])
    data = [{"text": hit.text, "source": hit.source, "at": hit.at.isoformat()} for hit in found]
    return Outcome(ok=True, text=f"In your files:\n\n{lines}", data=data)


async def read(context: Context, file: str, first: int = 1, last: int | None = None) -> Outcome:
    async with context.open() as work:
        found = await _meant(work, file)
        pieces = await work.documents.extracts(found.id, first, last)
    if not pieces:
        raise Sorry(_why_not(found))
    pages = list[str]()
    shown, room = first, MOST
    for (number, label), group in groupby(pieces, key=lambda piece: (piece.page, piece.label)):
        text = "".join(piece.text for piece in group).strip()
        if pages and len(text) > room:
            break
        pages.append(f"{plain(label)}:\n\n{quoted(text[:MOST])}")
        shown, room = number, room - len(text)
    rest = f"\n\nThere is more, from page {shown + 1} on." if shown < pieces[-1].page else ""
    head = f"**{plain(found.name)}** ({_about(found, context.user)})"
    return Outcome(ok=True, text="\n\n".join([head, *pages]) + rest, data={"id": found.id, "read_to": shown})


async def forget(context: Context, file: str) -> Outcome:
    async with context.open() as work:
        found = await _meant(work, file)
        await work.documents.forget(found.id)
    return Outcome(ok=True, text=f"Forgotten for good: {plain(found.name)}", data={"id": found.id})


async def named(work: Work, id: str) -> str | None:
    return next((file.name for file in by_id(id, await work.documents.list(NEWEST))), None)


async def _meant(work: Work, words: str) -> Document:
    return pick(words, await work.documents.list(NEWEST), lambda file: file.name, "file")


def _about(file: Document, user: User) -> str:
    pages = f", {count(file.pages, 'page')}" if file.pages else ""
    return f"{dated(file.at, user)}, {file.platform}{pages}"


def _why_not(file: Document) -> str:
    if file.pages is None:
        return f"I have not read “{plain(file.name)}” yet."
    return file.problem or f"There is no text of “{plain(file.name)}” on these pages."
