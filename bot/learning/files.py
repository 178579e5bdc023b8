"""Files that people send in: kept, read once, shown to the model as far as they fit, and found again later.

What stands in a file is the word of others, whoever sent it. Nothing here holds a transaction while it downloads,
looks for viruses or reads."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby

from bot.begin import Begun
from bot.content import content_of
from bot.ids import new_id
from bot.message import Attachment, Kind
from bot.model import Answer, Picture
from bot.people import Scope
from bot.ports import Job, Ports, Queue
from bot.prompt import untrusted
from bot.records import Document, Extract, Page, Reading

LARGEST = 50 * 1024 * 1024  # bytes of a file that is looked at
LOOKED_AT, TAKEN = 5, 20  # files of one turn: those that the model is shown, and those that are kept
SHOWN = 60_000  # letters of all files of a turn together
PICTURE_SIZE, PICTURE_PAGES = 10 * 1024 * 1024, 100  # what Claude takes of a picture or a PDF
MARKS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif", b"RIFF": "image/webp"}
PICTURES = frozenset(MARKS.values())
PIECE = 1_000  # letters that are found together
CAPTION = 300  # letters
LATER = timedelta(minutes=3)  # the turn reads it; should it be killed, a job does
GONE = "(not opened: it is gone, or it has more than {most} MB)"
UNSEEN = "(not opened: I see pictures as PNG, JPEG, GIF or WebP of at most 10 MB)"
PART = "(Of this file only {shown} of {pages} pages are shown; files.read gives the others, files.find searches it.)"
NOT_KEPT = "(This file is not kept, it is too large: tell the person that you can read it now, and not later.)"
MORE = "({count} more files were sent: they are kept, and files.read gives their text.)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What the model is shown of a turn's files. `unseen` is text of theirs that it only sees as a picture; `pictures`
    without a text are described by the answer: `wordless` are their ids."""

    pictures: tuple[Picture, ...] = ()
    texts: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    wordless: tuple[str, ...] = ()


async def look_at(ports: Ports, begun: Begun) -> Files:
    """Take the files of a turn in, and what the model is shown of them. Done again, nothing is kept or read twice."""
    files = Files()
    for number, file in enumerate(begun.files[:TAKEN]):
        content = await content_of(ports, begun.user.scope, begun.at, file, LARGEST)
        if content is None:
            files = _told(files, file.name, GONE.format(most=LARGEST // 1024 // 1024))
        elif (why := await ports.screen(content)) is not None:
            files = _told(files, file.name, f"(not opened: {why})")
        elif number < LOOKED_AT:
            files = await _look(ports, begun, files, await _take(ports, begun, file, content, LATER), content)
        else:
            await _take(ports, begun, file, content, timedelta())
    if len(begun.files) > LOOKED_AT:
        files = replace(files, texts=(*files.texts, MORE.format(count=len(begun.files) - LOOKED_AT)))
    return files


async def _take(ports: Ports, begun: Begun, file: Attachment, content: bytes, after: timedelta) -> Document:
    """Kept, with the job that reads it, unless the turn does so before. What was forgotten since is not kept."""
    scope = begun.user.scope
    platform = ports.platforms[begun.at.platform]
    async with ports.memory.work(scope) as work:
        line = await work.messages.get(begun.lines[0])
        document = Document(
            id=new_id(),
            kind=Kind.IMAGE if file.mime in PICTURES else file.kind,
            mime=file.mime,
            name=file.name or file.kind.value,
            size=len(content),
            at=line.sent_at if line else ports.clock.now(),
            platform=platform.name,
            message=begun.lines[0],
            caption="\n".join(begun.own)[:CAPTION],
            file=file.ref if platform.reads_rows else None,
        )
        document = await work.documents.take(document, content) or document
        if document.pages is None and document.file and document.kind is not Kind.IMAGE:
            subject = f"{scope.org}/{scope.user}/{document.id}"
            at = ports.clock.now() + after
            await ports.engine.enqueue(
                work.tx, Job(name="read", id=f"read:{document.id}", subject=subject, queue=Queue.ROUTINE, at=at)
            )
    return document


async def read(ports: Ports, subject: str) -> None:
    """`subject`: org/user/document. Read what no turn has read."""
    org, user, document_id = subject.split("/", 2)
    scope = Scope(org=org, user=user)

    async def reading() -> int | None:
        async with ports.memory.work(scope) as work:
            document = await work.documents.get(document_id)
            if document is None or document.pages is not None:
                return None
            kept = await work.files.get(document.file or "")
        return len((await _reading(ports, scope, document, kept[1])).pages) if kept else None

    await ports.engine.step("read", reading, int | None)


async def _reading(ports: Ports, scope: Scope, document: Document, content: bytes) -> Reading:
    reading = await ports.read(content)
    async with ports.memory.work(scope) as work:
        pages, problem = len(reading.pages), reading.problem
        await work.documents.write(document.id, pieces(reading.pages), pages=pages, problem=problem)
    return reading


async def _look(ports: Ports, begun: Begun, files: Files, document: Document, content: bytes) -> Files:
    if document.kind is Kind.IMAGE:
        mime = next((mime for mark, mime in MARKS.items() if content.startswith(mark)), document.mime)
        if len(content) > PICTURE_SIZE or mime not in PICTURES:
            return _told(files, document.name, UNSEEN)
        wordless = (*files.wordless, document.id)
        return replace(files, pictures=(*files.pictures, _picture(mime, content)), wordless=wordless)
    reading = await _read(ports, begun.user.scope, document, content)
    text, shown = _fitting(reading.pages, SHOWN - sum(map(len, files.texts)))
    is_pdf = b"%PDF-" in content[:1024] and len(content) <= PICTURE_SIZE and len(reading.pages) <= PICTURE_PAGES
    if is_pdf and not reading.problem and ports.sees():
        picture = _picture("application/pdf", content)
        return replace(files, pictures=(*files.pictures, picture), unseen=(*files.unseen, text))
    files = _told(files, document.name, text or f"(not read: {reading.problem or 'there is no text in it'})")
    notes = [PART.format(shown=shown, pages=len(reading.pages))] if shown < len(reading.pages) and text else []
    notes += [f"({reading.problem})"] if reading.problem and text else []
    return replace(files, texts=(*files.texts, *notes, *([NOT_KEPT] if document.file is None else [])))


async def _read(ports: Ports, scope: Scope, document: Document, content: bytes) -> Reading:
    if document.pages is None:
        return await _reading(ports, scope, document, content)
    async with ports.memory.work(scope) as work:
        kept = await work.documents.extracts(document.id)
    return Reading(pages=pages_of(kept), problem=document.problem)


async def describe(ports: Ports, begun: Begun, files: Files, answer: Answer | None) -> None:
    """What was said about a picture is how it is found again. The built-in rules see none."""
    if not files.wordless or answer is None or answer.uses or not answer.text or not ports.sees():
        return
    page = Page(label="what was seen in it", text=answer.text)
    async with ports.memory.work(begun.user.scope) as work:
        for document in files.wordless:
            await work.documents.write(document, pieces((page,)), pages=1)


def pieces(pages: Sequence[Page]) -> tuple[Extract, ...]:
    """Pure. Small enough to be found and shown each, in their order; put together again they are the pages."""
    cut = [(number, page.label, text) for number, page in enumerate(pages, start=1) for text in _cut(page.text)]
    return tuple(
        Extract(number=place, page=number, label=label, text=text) for place, (number, label, text) in enumerate(cut)
    )


def _cut(text: str) -> Iterator[str]:
    """Where a paragraph ends, else a line, a sentence, a word."""
    begin = 0
    while len(text) - begin > PIECE:
        least, most = begin + PIECE // 2, begin + PIECE
        ends = (text.rfind(mark, least, most) + len(mark) for mark in ("\n\n", "\n", ". ", " "))
        end = next((end for end in ends if end > least), most)
        yield text[begin:end]
        begin = end
    if text[begin:].strip():
        yield text[begin:]


def pages_of(extracts: Sequence[Extract]) -> tuple[Page, ...]:
    """Pure. The pages that these pieces are of, whole again."""
    by_page = groupby(extracts, key=lambda piece: (piece.page, piece.label))
    return tuple(Page(label=label, text="".join(piece.text for piece in group)) for (_, label), group in by_page)


def _fitting(pages: Sequence[Page], room: int) -> tuple[str, int]:
    """The first pages that fit, and how many they are; of a first page that is too long its beginning."""
    texts = [f"[{page.label}]\n{page.text.strip()}" for page in pages if page.text.strip()]
    taken: list[str] = []
    for text in texts:
        room -= len(text)
        if room < 0:
            break
        taken.append(text)
    if texts and not taken:
        return texts[0][: max(1_000, room + len(texts[0]))], 0
    shown = len(pages) if len(taken) == len(texts) else len(taken)
    return "\n\n".join(taken), shown


def _told(files: Files, name: str, text: str) -> Files:
    return replace(files, texts=(*files.texts, untrusted(text, f"file {name}")))


def _picture(mime: str, content: bytes) -> Picture:
    return Picture(mime=mime, base64=base64.b64encode(content).decode())
