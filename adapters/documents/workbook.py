"""An Excel workbook, row by row: the values that were last computed, never the formulas."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Iterator
from typing import BinaryIO
from zipfile import BadZipFile

from adapters.documents.parts import rows
from adapters.documents.unreadable import Unreadable
from bot.records import Page

BOOK = "xl/workbook.xml"
STUMBLES = (ArithmeticError, AttributeError, LookupError, SyntaxError, TypeError, ValueError, BadZipFile, zlib.error)


def pages(file: BinaryIO) -> Iterator[Page]:
    """Raises Unreadable."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    warnings.simplefilter("ignore")  # about styles and extensions, which mean nothing here
    try:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # they are the file's word, and may be wrong
            yield from rows(sheet.iter_rows(values_only=True), f"sheet {sheet.title}")
    except (InvalidFileException, *STUMBLES) as error:
        raise Unreadable(Unreadable.DAMAGED) from error
