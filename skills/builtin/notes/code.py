"""Notes: texts that are kept as they are, found again by words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.action import Outcome
from bot.codec import decode
from bot.ids import derived_id
from bot.people import User
from bot.ports import Context
from bot.records import Note
from bot.repositories import Work
from skills.sorry import Sorry
from skills.undo import undo
from skills.which import by_id, pick
from skills.wording import bullets, count, dated, plain, quoted

TITLE = 60  # characters
MOST = 5000  # notes that are looked through for the one that is meant


async def add(context: Context, text: str, title: str | None = None) -> Outcome:
    if not text.strip():
        raise Sorry("The note is empty. What should I write down?")
    note = Note(
        id=derived_id(context.key, "note"), title=title or _first_words(text), text=text, created_at=context.now
    )
    async with context.open() as work:
        await work.notes.put(note)
    back = undo(context, "notes.remove", note=note.id)
    return Outcome(ok=True, text=f"Noted:\n\n{quoted(text)}", data={"id": note.id, "title": note.title}, undo=back)


async def show(context: Context) -> Outcome:
    async with context.open() as work:
        notes = await work.notes.list()
    if not notes:
        return Outcome(ok=True, text="You have no notes.", data=[])
    return Outcome(
        ok=True, text=f"You have {count(len(notes), 'note')}:\n\n{_lines(notes, context.user)}", data=_data(notes)
    )


async def search(context: Context, query: str) -> Outcome:
    async with context.open() as work:
        notes = await work.notes.search(query)
    if not notes:
        return Outcome(ok=True, text=f"No note mentions “{plain(query)}”.", data=[])
    if len(notes) == 1:
        return Outcome(ok=True, text=_whole(notes[0], context.user), data=_data(notes))
    return Outcome(
        ok=True, text=f"{count(len(notes), 'note')} found:\n\n{_lines(notes, context.user)}", data=_data(notes)
    )


async def update(context: Context, note: str, text: str, title: str | None = None) -> Outcome:
    async with context.open() as work:
        found = await _find(work, note)
        kept_title = found.title != _first_words(found.text)
        name = title or (found.title if kept_title else _first_words(text))
        await work.notes.put(replace(found, text=text, title=name, version=found.version + 1))
    back = undo(context, "notes.restore", note=replace(found, version=found.version + 2))
    return Outcome(ok=True, text=f"The note now says:\n\n{quoted(text)}", data={"id": found.id}, undo=back)


async def remove(context: Context, note: str) -> Outcome:
    async with context.open() as work:
        found = await _find(work, note)
        await work.notes.remove(found.id)
    back = undo(context, "notes.restore", note=replace(found, version=1))
    return Outcome(ok=True, text=f"Removed the note “{plain(found.title)}”.", data={"id": found.id}, undo=back)


async def restore(context: Context, note: Any) -> Outcome:
    record: Note = decode(Note, note)
    async with context.open() as work:
        await work.notes.put(record)
    return Outcome(ok=True, text=f"The note “{plain(record.title)}” is back as it was.")


def _first_words(text: str) -> str:
    first = text.strip().splitlines()[0].lstrip("# ") if text.strip() else ""
    return first if len(first) <= TITLE else first[: TITLE - 1].rsplit(" ", 1)[0] + "…"


def _lines(notes: Sequence[Note], user: User) -> str:
    return bullets([f"**{plain(note.title)}** ({dated(note.created_at, user)}){_more(note)}" for note in notes])


def _more(note: Note) -> str:
    return "" if note.text.strip() == note.title else f": {plain(note.text, 120)}"


def _whole(note: Note, user: User) -> str:
    return f"**{plain(note.title)}** ({dated(note.created_at, user)})\n\n{quoted(note.text)}"


def _data(notes: Sequence[Note]) -> list[dict[str, str]]:
    return [{"id": note.id, "title": note.title, "text": note.text[:2000]} for note in notes]


async def named(work: Work, id: str) -> str | None:
    return next((note.title for note in by_id(id, await work.notes.list(MOST))), None)


async def _find(work: Work, words: str) -> Note:
    return pick(words, await work.notes.list(MOST), lambda note: note.title, "note")
