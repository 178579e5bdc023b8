"""What somebody would say who reads a message aloud: without its markup, code, addresses and pictures. Pure."""

from __future__ import annotations

import re
from itertools import pairwise
from urllib.parse import urlsplit

from adapters.chat.commonmark import BULLETS, OUT, Span, Style, spans

LONGEST = 1_500  # characters, about 100 seconds; each costs money
REST = "The rest is in the text."
CODE = "Code left out."
ENDS = ".!?:;,…。！？؟।"

TARGET = re.compile(rf"\s*\([^()\n]*{OUT}\)")  # where a link goes; its label has been said
ADDRESS = re.compile(r"\b(?:https?://|www\.)[^\s<>()\[\]]+", re.I)
TAG = re.compile(r"</?[a-z][^<>]*>", re.I)  # also what a speech service would take for an order: <break time="9s"/>
BOX = re.compile(r"^(\s*(?:\d+\.\s+)?)\[[ xX]\]\s+", re.M)  # a task in a list
BULLET = re.compile(rf"^[\s\u00a0]*[{''.join(BULLETS)}]\s+", re.M)
TIMES = re.compile(r"(?<=\d)\s*\*\s*(?=\d)")
COMPARES = re.compile(r"(?<=[\d\s])[<>](?=[\d\s=])")
RULE = re.compile(r"^[\s—–=~-]+$", re.M)
HEADING = re.compile(r"^[\s#]+(?=\s|$)", re.M)
MARKUP = re.compile(r"[*_`~|\\^<>{}\[\]]+")
PICTURES = re.compile(
    "[\U0001f000-\U0001faff\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u2500-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\u20e3\ufeff\U000e0000-\U000e007f]+"
)
SENTENCE = re.compile(r"(?<=[.!?…。！？؟।])\s")


def speakable(text: str) -> str:
    """CommonMark as plain sentences of at most LONGEST characters, shortened at the end of a sentence; empty when
    there is nothing to say."""
    said = "".join(_said(span) for span in spans(text))
    lines = (_line(line) for line in _plain(said).splitlines())
    return _shortened("\n".join(line for line in lines if line))


def _said(span: Span) -> str:
    styles = {mark.style for mark in span.marks}
    if Style.STRIKE in styles:
        return ""
    if Style.BLOCK in styles:
        return _table(span.text) or f"\n{CODE}\n"
    return span.text


def _table(block: str) -> str:
    """A table, as `commonmark` lays it out, row by row with the names of its columns; empty for code."""
    head, rule, *rows = [*block.split("\n"), ""][: max(2, block.count("\n") + 1)]
    widths = rule.split("  ")
    if any(set(width) != {"─"} for width in widths):
        return ""
    edges = [0]
    for width in widths:
        edges.append(edges[-1] + len(width) + 2)
    names, *cells = [[line[begin:end].strip() for begin, end in pairwise(edges)] for line in (head, *rows)]
    spoken = (
        ", ".join(f"{name}: {cell}" if name else cell for name, cell in zip(names, row, strict=True) if cell)
        for row in cells
    )
    return "\n" + "\n".join(line for line in spoken if line) + "\n"


def _plain(said: str) -> str:
    said = TARGET.sub("", said)
    said = ADDRESS.sub(_host, said)
    said = TAG.sub(" ", said)
    said = BOX.sub(r"\1", BULLET.sub("", said))
    said = PICTURES.sub(" ", TIMES.sub(" × ", said))
    said = HEADING.sub("", RULE.sub("", said))
    kept = COMPARES.sub(lambda sign: "\x01" if sign[0] == "<" else "\x02", said)
    return MARKUP.sub(" ", kept).replace("\x01", "<").replace("\x02", ">")


def _host(address: re.Match[str]) -> str:
    """An address is too long to be said; what stands behind it in the sentence stays."""
    whole = address[0]
    end = whole[len(whole.rstrip(".,;:!?…'\"")) :]
    try:
        host = urlsplit(whole if "//" in whole else f"//{whole}").hostname or ""
    except ValueError:
        host = ""
    return host.removeprefix("www.") + end


def _line(line: str) -> str:
    """One line, as a sentence; empty when nothing in it can be said."""
    words = re.sub(r"\s+([.,;:!?])(?=\s|$)", r"\1", " ".join(line.split()))
    if not any(character.isalnum() for character in words):
        return ""
    return words if words[-1] in ENDS else f"{words}."


def _shortened(words: str) -> str:
    if len(words) <= LONGEST:
        return words
    room = LONGEST - len(REST) - 1
    begun = words[: room + 1]
    ends = [found.start() for found in SENTENCE.finditer(begun)] or [begun.rfind(" ")]
    kept = begun[: ends[-1]] if ends[-1] > 0 else begun[:room]
    return f"{kept.rstrip()}\n{REST}"
