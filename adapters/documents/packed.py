"""Office files are ZIP archives of XML: a Word document or an Excel workbook, or neither.

Before anything is unpacked its size is known: a small file that would fill the memory is refused."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile

from adapters.documents import word, workbook
from adapters.documents.unreadable import Unreadable
from bot.records import Page

MOST_UNPACKED = 100 * 1024 * 1024  # bytes; what a member declares is the most that is ever read of it
STUMBLES = (BadZipFile, EOFError, LookupError, NotImplementedError, OSError, ValueError, zlib.error)
TEXTS = (".xml", ".rels")  # pictures in it are not unpacked


def pages(file: BinaryIO) -> Iterator[Page]:
    """Raises Unreadable."""
    try:
        with ZipFile(file) as archive:
            names = set(archive.namelist())
            texts = [member for member in archive.infolist() if member.filename.endswith(TEXTS)]
            if sum(member.file_size for member in texts) > MOST_UNPACKED:
                raise Unreadable(Unreadable.BOMB.format(megabytes=MOST_UNPACKED // 1024 // 1024))
            if word.TEXT in names:
                yield from word.pages(archive)
                return
            if workbook.BOOK not in names:
                raise Unreadable(Unreadable.ARCHIVE)
        file.seek(0)
        yield from workbook.pages(file)
    except STUMBLES as error:
        raise Unreadable(Unreadable.DAMAGED) from error
    except RuntimeError as error:  # a member with a password
        raise Unreadable(Unreadable.LOCKED) from error
