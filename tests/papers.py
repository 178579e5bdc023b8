"""Real files, made on the spot: what people send in, and what somebody hostile would."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence

import docx
import openpyxl
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

HELVETICA = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}


def a_pdf(*pages: str, password: str = "") -> bytes:
    """One page for each text, its lines as they are."""
    writer = PdfWriter()
    names = {NameObject(key): NameObject(value) for key, value in HELVETICA.items()}
    fonts = DictionaryObject({NameObject("/F1"): writer._add_object(DictionaryObject(names))})
    for text in pages:
        page = writer.add_blank_page(595, 842)
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        shown = "".join(f"({_escaped(line)}) Tj T*\n" for line in text.splitlines())
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 10 Tf 12 TL 50 800 Td\n{shown}ET".encode("latin-1"))
        page[NameObject("/Contents")] = writer._add_object(stream.flate_encode())
    if password:
        writer.encrypt(password, algorithm="AES-256")
    return _bytes(writer.write)


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def a_word_document(*pages: str, table: Sequence[Sequence[str]] = ()) -> bytes:
    document = docx.Document()
    for number, page in enumerate(pages):
        if number:
            document.add_page_break()  # type: ignore[no-untyped-call]
        for line in page.splitlines():
            document.add_paragraph(line)
    if table:
        made = document.add_table(len(table), len(table[0]))
        for row, cells in enumerate(table):
            for column, cell in enumerate(cells):
                made.cell(row, column).text = cell
    return _bytes(document.save)


def a_workbook(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    return _bytes(book.save)


def an_archive(members: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def with_member(archive: bytes, name: str, content: bytes) -> bytes:
    """The same with another content of this member."""
    with zipfile.ZipFile(io.BytesIO(archive)) as before:
        return an_archive({member: before.read(member) for member in before.namelist()} | {name: content})


def a_bomb(megabytes: int) -> bytes:
    """A Word document of some kilobytes that unpacks to this."""
    return an_archive({"word/document.xml": b"<w:document/>" + b" " * (megabytes * 1024 * 1024)})


def with_entities() -> bytes:
    """A Word document that would grow without end, and read a file of ours."""
    xml = (
        '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
        '<!ENTITY f SYSTEM "file:///etc/passwd">]>'
        '<w:document xmlns:w="w"><w:body><w:p><w:r><w:t>&b;&f;</w:t></w:r></w:p></w:body></w:document>'
    )
    return an_archive({"word/document.xml": xml.encode()})


def _bytes(save: object) -> bytes:
    made = io.BytesIO()
    save(made)  # type: ignore[operator]
    return made.getvalue()
