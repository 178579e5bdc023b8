"""Text out of real files: by their content, with the numbers of their pages, and never more than is good for us."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from datetime import date
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.documents.kinds import pages_of
from adapters.documents.process import DAMAGED, ROOT, read
from adapters.documents.unreadable import Unreadable
from bot.records import Page
from tests.papers import a_bomb, a_pdf, a_word_document, a_workbook, an_archive, with_entities, with_member

MEGABYTE = 1024 * 1024
ON_TOP = 50  # megabytes that reading may take


def labels(pages: tuple[Page, ...]) -> list[str]:
    return [page.label for page in pages]


async def test_a_pdf_is_read_page_by_page() -> None:
    reading = await read(a_pdf("Offer\nThe price is 4,200 euros (net).", "", "Delivery in May."))
    assert reading.problem == ""
    assert labels(reading.pages) == ["page 1", "page 2", "page 3"]
    assert "The price is 4,200 euros (net)." in reading.pages[0].text
    assert reading.pages[1].text.strip() == ""
    assert "Delivery in May." in reading.pages[2].text


async def test_a_word_document_has_its_pages_and_its_tables() -> None:
    content = a_word_document("Dear Bob,\nhello.", "The second page.", table=[["chair", "80 €"], ["table", "300 €"]])
    reading = await read(content)
    assert labels(reading.pages) == ["page 1", "page 2"]
    assert reading.pages[0].text == "Dear Bob,\nhello."
    assert "chair | 80 € |" in reading.pages[1].text
    assert "table | 300 € |" in reading.pages[1].text


async def test_a_word_document_without_page_breaks_comes_in_parts() -> None:
    reading = await read(a_word_document("\n".join(f"Line {n}: " + "words " * 30 for n in range(60))))
    assert labels(reading.pages) == [f"part {n}" for n in range(1, len(reading.pages) + 1)]
    assert len(reading.pages) > 2
    assert "Line 59" in reading.pages[-1].text


async def test_a_workbook_is_read_sheet_by_sheet_with_the_head_of_each_table() -> None:
    long: list[list[object]] = [["item", "price"], *([f"thing {n}", n / 2] for n in range(150))]
    reading = await read(a_workbook({"Prices": long, "Dates": [["when"], [date(2026, 5, 1)], [None], ["soon"]]}))
    assert labels(reading.pages) == [
        "sheet Prices, rows 1 to 100", "sheet Prices, rows 101 to 151", "sheet Dates, rows 1 to 4",
    ]  # fmt: skip
    assert reading.pages[1].text.splitlines()[:2] == ["item | price", "thing 99 | 49.5"]
    assert "2026-05-01" in reading.pages[2].text


MAIL = EmailMessage()
MAIL["From"], MAIL["To"], MAIL["Subject"] = "ann@example.com", "bob@example.com", "The offer"
MAIL["Date"] = "Mon, 05 Jan 2026 10:00:00 +0100"
MAIL.set_content("It is 4,200 euros.\n")
MAIL.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="offer.pdf")
CALENDAR = (
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Lunch\\, late\r\nDTSTART:20260105T120000Z\r\n"
    "DESCRIPTION:Bring the long\r\n  list\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
HTML = (
    "<!DOCTYPE html><html><head><title>T</title><style>p {}</style></head><body><script>steal()</script>"
    "<p>Hello <b>you</b></p><p>Bye &amp; thanks</p><img src='http://127.0.0.1:1/x.png'></body></html>"
)


@pytest.mark.parametrize(
    ("content", "words", "absent"),
    [
        (b"Dear all,\nplease note, and act.\n", "please note, and act.", "\x00"),
        (b"# Title\n\n- one\n- two\n", "# Title\n\n- one", "\x00"),
        ("Grüße".encode("utf-16"), "Grüße", "\x00"),
        ("Grüße".encode("cp1252"), "Grüße", "�"),
        (b"\xef\xbb\xbfname;price\nchair;80\ntable;300\n", "name | price\nchair | 80", ";"),
        (b'{"price":{"amount":4200}}', '"amount": 4200', "{}"),
        (HTML.encode(), "Hello you", "steal"),
        (HTML.encode(), "Bye & thanks", "<p>"),
        (MAIL.as_bytes(), "Subject: The offer", "%PDF"),
        (MAIL.as_bytes(), "It is 4,200 euros.", "base64"),
        (MAIL.as_bytes(), "Attached: offer.pdf", "boundary"),
        (CALENDAR.encode(), "Summary: Lunch, late", "BEGIN"),
        (CALENDAR.encode(), "Description: Bring the long list", "\r"),
    ],
)
async def test_what_is_text_is_read_as_what_it_is(content: bytes, words: str, absent: str) -> None:
    reading = await read(content)
    text = "\n".join(page.text for page in reading.pages)
    assert reading.problem == ""
    assert words in text
    assert absent not in text


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (a_pdf("secret", password="open sesame"), Unreadable.LOCKED),
        (b"%PDF-1.7 and then nothing of the kind", Unreadable.DAMAGED),
        (a_pdf("whole")[:300], Unreadable.DAMAGED),
        (a_workbook({"A": [["x"]]})[:-200], Unreadable.DAMAGED),
        (an_archive({"word/document.xml": b"<w:document><unclosed>"}), Unreadable.DAMAGED),
        (with_entities(), Unreadable.DAMAGED),
        (an_archive({"photo.jpg": b"x"}), Unreadable.ARCHIVE),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 500, Unreadable.OLD),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, Unreadable.PICTURE),
        (bytes(range(256)) * 10, Unreadable.UNKNOWN),
        (a_bomb(300), Unreadable.BOMB.format(megabytes=100)),
    ],
    ids=["locked", "no pdf", "half a pdf", "half a book", "half xml", "entities", "zip", "old", "png", "bytes", "bomb"],
)
async def test_what_cannot_be_read_says_why_in_words(content: bytes, problem: str) -> None:
    reading = await read(content)
    assert (reading.pages, reading.problem) == ((), problem)


WHOLE = [
    a_pdf("One page", "and another"),
    a_word_document("Dear Bob,", "bye.", table=[["a", "b"]]),
    a_workbook({"A": [["x", 1], ["y", 2]]}),
    MAIL.as_bytes(),
    CALENDAR.encode(),
    HTML.encode(),
    b"a;b\n1;2\n",
]


@given(
    st.sampled_from(WHOLE), st.lists(st.tuples(st.integers(0, 20_000), st.binary(min_size=1, max_size=9)), max_size=9)
)
def test_whatever_is_damaged_in_a_file_it_is_read_or_refused_in_words(
    content: bytes, damage: list[tuple[int, bytes]]
) -> None:
    broken = bytearray(content)
    for place, put in damage:
        place %= len(broken)
        broken[place : place + len(put)] = put
    pages = list[Page]()
    with suppress(Unreadable):  # and nothing else
        pages = list(pages_of(io.BytesIO(bytes(broken))))
    assert all(page.label for page in pages)


async def test_an_empty_file_has_no_text_and_no_problem() -> None:
    reading = await read(b"")
    assert (reading.pages, reading.problem) == ((), "")


async def test_reading_that_takes_too_long_is_ended_and_said() -> None:
    reading = await read(a_pdf("x"), seconds=0.001)
    assert "too long" in reading.problem
    assert reading.pages == ()


async def test_a_text_of_many_megabytes_is_read_up_to_the_bound() -> None:
    reading = await read(b"All work and no play.\n" * 500_000)
    assert "only the first" in reading.problem
    assert 2_000_000 <= sum(len(page.text) for page in reading.pages) < 2_100_000


def peak(content: bytes | None) -> int:
    """Megabytes that the reading process, or one that only starts, has had at most."""
    program = ["-m", "adapters.documents"] if content is not None else ["-c", "pass"]
    with tempfile.TemporaryFile() as file:
        file.write(content or b"")
        file.seek(0)
        process = subprocess.Popen(
            [sys.executable, *program], stdin=file, stdout=subprocess.DEVNULL, cwd=ROOT, stderr=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_maxrss // 1024


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the peak of a process is told in other units")
@pytest.mark.parametrize("kind", ["pdf", "word", "workbook"])
async def test_a_document_of_200_pages_is_read_within_50_megabytes(kind: str) -> None:
    lines = [f"Line {n} of many, with some words that fill it up." for n in range(50)]
    pages = ["\n".join([f"This is page {n}.", *lines]) for n in range(1, 201)]
    rows = [[number, lines[0]] for number in range(20_000)]
    content = {
        "pdf": lambda: a_pdf(*pages),
        "word": lambda: a_word_document(*pages),
        "workbook": lambda: a_workbook({"Long": rows}),
    }[kind]()
    bare, reading = await asyncio.gather(asyncio.to_thread(peak, None), asyncio.to_thread(peak, content))
    assert reading - bare <= ON_TOP
    read_pages = (await read(content)).pages
    assert len(read_pages) == 200
    assert kind == "workbook" or "page 200." in read_pages[-1].text


@pytest.mark.skipif(sys.platform != "linux", reason="the bound is the system's")
async def test_a_file_that_wants_more_memory_than_it_may_have_only_fails_itself() -> None:
    cell = b'<c r="A1" t="inlineStr"><is><t>' + b"y" * (90 * MEGABYTE) + b"</t></is></c>"
    sheet = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
    sheet += cell + b"</row></sheetData></worksheet>"
    reading = await read(with_member(a_workbook({"A": [["x"]]}), "xl/worksheets/sheet1.xml", sheet))
    assert (reading.pages, reading.problem) == ((), DAMAGED)
