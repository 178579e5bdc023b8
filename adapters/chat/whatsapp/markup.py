"""Spans in WhatsApp's own formatting: *bold*, _italic_, ~strike~, `code`, ```block```, "> " before a quoted line. Pure.

WhatsApp knows no escaping, so a sign of its markup that is meant as itself is written as its twin from another block of
Unicode, and in an address percent-encoded; inside a word, where it means nothing, it stays. A label cannot hide an
address there, so links stand written out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from adapters.chat.commonmark import OUT, Mark, Span, Style, plain
from adapters.chat.splitting import split, utf16

SIGNS = {Style.BOLD: "*", Style.ITALIC: "_", Style.STRIKE: "~"}
TWINS = {"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ", ">": "›", "-": "‐"}
ADDRESS = re.compile(r"https?://\S+")
LIVE = re.compile(r"(?<![^\W_])[*_~`]|[*_~`](?![^\W_])")  # not inside a word
BEGINS = re.compile(r"^(\s*)([>*-])(?=\s|$)")  # what makes a quote or a list of a line
FENCES = re.compile(r"`{3,}|^`+|`+$")
SMALLEST = 8  # characters of a part before markup

Line = list[Span]


def parts(spans: Sequence[Span], limit: int, last: int | None = None) -> tuple[str, ...]:
    """The text as messages of at most `limit` UTF-16 units, markup included; the last one of at most `last`."""
    found = list(_fitting(tuple(_with_addresses(spans)), limit, limit))
    if last is not None and found:
        found[-1:] = _with_short_end(found[-1], last)
    return tuple(markup(part) for part in found)


def _fitting(spans: Sequence[Span], size: int, limit: int) -> Iterator[Sequence[Span]]:
    """Cut into parts of `size` before markup; what is too long with it is cut smaller."""
    for part in split(spans, size):
        if utf16(markup(part)) <= limit or size <= SMALLEST:
            yield part
        else:
            yield from _fitting(part, size // 2, limit)


def _with_short_end(spans: Sequence[Span], last: int) -> list[Sequence[Span]]:
    """In two, before the first paragraph from which on the rest is short enough; else in as many as it takes."""
    if utf16(markup(spans)) <= last:
        return [spans]
    for at, span in enumerate(spans):
        rest = spans[at + 1 :]
        if "\n\n" in span.text and rest and not span.text.strip() and utf16(markup(rest)) <= last:
            return [spans[:at], rest]
    return list(_fitting(spans, last, last))


def _with_addresses(spans: Sequence[Span]) -> Iterator[Span]:
    """Links written out. A label that says something else than the address is followed by it."""
    at = 0
    while at < len(spans):
        link = _link(spans[at])
        if link is None:
            yield spans[at]
            at += 1
            continue
        end = at
        while end < len(spans) and _link(spans[end]) == link:
            end += 1
        label = spans[at:end]
        where = spans[end].text if end < len(spans) else ""
        around = tuple(mark for mark in label[0].marks if mark.style is Style.QUOTE)
        if where.startswith(" (") and where.endswith(f" {OUT})"):
            yield from (Span(span.text, _without_link(span)) for span in label)
            yield Span(f" ({link})", around)
            end += 1
        else:
            yield Span(link if plain(label).rstrip("/") != link.rstrip("/") else plain(label), around)
        at = end


def _link(span: Span) -> str | None:
    return next((mark.detail for mark in span.marks if mark.style is Style.LINK), None)


def _without_link(span: Span) -> tuple[Mark, ...]:
    return tuple(mark for mark in span.marks if mark.style is not Style.LINK)


def markup(spans: Sequence[Span]) -> str:
    """Formatting ends with its line, so each line is written for itself; only blocks of code hold several."""
    written: list[str] = []
    block: list[str] = []
    for line in _lines(spans):
        code = _code(line)
        if code is not None:
            block.append(code)
            continue
        written += _fenced(block)
        block = []
        written.append(_line(line))
    return "\n".join([*written, *_fenced(block)])


def _lines(spans: Sequence[Span]) -> Iterator[Line]:
    line: Line = []
    for span in spans:
        first, *more = span.text.split("\n")
        line.append(Span(first, span.marks))
        for text in more:
            yield line
            line = [Span(text, span.marks)]
    yield line


def _code(line: Line) -> str | None:
    """The line, if it is one of a block of code and not quoted."""
    marks = [{mark.style for mark in span.marks} for span in line if span.text]
    if not marks:
        marks = [{mark.style for mark in span.marks} for span in line]
    inside = all(Style.BLOCK in styles and Style.QUOTE not in styles for styles in marks)
    return plain(line) if inside else None


def _fenced(block: Sequence[str]) -> list[str]:
    text = FENCES.sub(lambda found: TWINS["`"] * len(found[0]), "\n".join(block))
    if not block:
        return []
    return [f"```{text}```"] if text.strip() else [text]


def _line(line: Line) -> str:
    quoted = any(mark.style is Style.QUOTE for span in line for mark in span.marks)
    text = "".join(_pieces(line))
    text = BEGINS.sub(lambda found: found[1] + TWINS[found[2]], text)
    return f"> {text}" if quoted else text


def _pieces(line: Line) -> Iterator[str]:
    for at, span in enumerate(line):
        before = line[at - 1].text[-1:] if at else ""
        after = line[at + 1].text[:1] if at + 1 < len(line) else ""
        yield _piece(span, before, after)


def _piece(span: Span, before: str, after: str) -> str:
    """Signs hold only around ink, and only where no word goes on beside them."""
    styles = [mark.style for mark in span.marks]
    core = span.text.strip()
    lead, _, trail = span.text.partition(core) if core else (span.text, "", "")
    stands = not (_in_word(lead[-1:] or before) or _in_word(trail[:1] or after))
    if not core:
        return span.text
    if Style.CODE in styles or Style.BLOCK in styles:
        core = core.replace("`", TWINS["`"])
        return f"{lead}`{core}`{trail}" if stands else f"{lead}{neutral(core, strict=True)}{trail}"
    signs = [SIGNS[style] for style in styles if style in SIGNS] if stands else []
    if not signs:
        return neutral(span.text, before, after, strict=bool(set(styles) & set(SIGNS)))
    inner = neutral(core, strict=True)
    return f"{lead}{''.join(signs)}{inner}{''.join(reversed(signs))}{trail}"


def _in_word(character: str) -> bool:
    return character.isalnum() or character in SIGNS.values()


def neutral(text: str, before: str = "", after: str = "", *, strict: bool = False) -> str:
    """Text in which no sign of markup means anything. `before` and `after` are its neighbours in the line; `strict`:
    it stands between signs of ours, so none is left."""
    written: list[str] = []
    at = 0
    for found in ADDRESS.finditer(text):
        written.append(_signs(text, at, found.start(), before, after, strict))
        encoded = LIVE.sub(lambda sign: f"%{ord(sign[0]):02X}", found[0])
        written.append(encoded)
        at = found.end()
    written.append(_signs(text, at, len(text), before, after, strict))
    return "".join(written)


def _signs(text: str, start: int, end: int, before: str, after: str, strict: bool) -> str:
    """Those of a stretch of the text that could open or close something become their twins."""
    found = []
    for at in range(start, end):
        sign = text[at]
        if sign in "*_~`":
            left = text[at - 1] if at else before
            right = text[at + 1] if at + 1 < len(text) else after
            inside = left.isalnum() and right.isalnum()
            alone = (not left or left.isspace()) and (not right or right.isspace())
            sign = sign if not strict and (inside or alone) and sign != "`" else TWINS[sign]
        found.append(sign)
    return "".join(found)
