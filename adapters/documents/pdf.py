"""PDF, page by page. Nothing in it is run, followed or fetched: its text is all that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from adapters.documents.unreadable import Unreadable
from bot.records import Page

# What a damaged or hostile file makes the library stumble over, beside its own errors.
STUMBLES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, OSError, AssertionError, RuntimeError)
UNPACKED = 20 * 1024 * 1024  # bytes of one stream; pictures are not unpacked, and no page has so much text


def pages(file: BinaryIO) -> Iterator[Page]:
    """A page that cannot be read is left out. Raises Unreadable."""
    from pypdf import PdfReader, overwrite_configuration
    from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError, WrongPasswordError

    overwrite_configuration(
        zlib_maximum_output_length=UNPACKED,
        lzw_maximum_output_length=UNPACKED,
        run_length_maximum_output_length=UNPACKED,
        array_based_stream_maximum_output_length=UNPACKED,
        stream_decoding_work_maximum_length=5 * UNPACKED,
        jbig2dec_binary=None,  # no other program is run
    )
    try:
        reader = PdfReader(file)
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable(Unreadable.LOCKED)
        count = len(reader.pages)
    except (DependencyError, FileNotDecryptedError, WrongPasswordError) as error:
        raise Unreadable(Unreadable.LOCKED) from error
    except (PyPdfError, *STUMBLES) as error:
        raise Unreadable(Unreadable.DAMAGED) from error
    for number in range(count):
        try:
            text = reader.pages[number].extract_text()
        except (PyPdfError, *STUMBLES):
            continue
        yield Page(label=f"page {number + 1}", text=text)
        reader.resolved_objects.clear()  # else it keeps all pages it has seen
