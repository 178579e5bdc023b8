"""What a file is, by its first bytes, and who reads that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from adapters.documents import packed, pdf, written
from adapters.documents.unreadable import Unreadable
from bot.records import Page

HEAD = 1_024  # bytes; a PDF may have that many before its mark
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # also what a Word or Excel file with a password is packed in
ARCHIVES = (b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")


def pages_of(file: BinaryIO) -> Iterator[Page]:
    """Page by page, so that a long file is never in memory as a whole; a page may be empty. Raises Unreadable."""
    head = file.read(HEAD)
    file.seek(0)
    if b"%PDF-" in head:
        return pdf.pages(file)
    if head.startswith(b"PK\x03\x04"):
        return packed.pages(file)
    if head.startswith(OLD_OFFICE):
        raise Unreadable(Unreadable.OLD)
    if head.startswith(ARCHIVES):
        raise Unreadable(Unreadable.ARCHIVE)
    if head.startswith(PICTURES) or (head.startswith(b"RIFF") and head[8:12] == b"WEBP"):
        raise Unreadable(Unreadable.PICTURE)
    return written.pages(file)
