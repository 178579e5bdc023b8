"""Spans as Discord's own markdown, so that people read exactly the text of the spans. Pure.

Discord shows a backslash before a character that is neither a letter, a digit nor blank as that character alone
(support.discord.com, "Markdown Text 101"), so whatever could begin some markup has one in front."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from adapters.chat.commonmark import Mark, Span, Style

SPECIAL = re.compile(r"([\\*_~`|<>\[\]()#@])|(:)(?=\w+:)")
LINE = re.compile(r"^([ \t]*)([-+=]|\d+(?=\.))", re.M)  # would begin a list or smaller print
URL = re.compile(r"https?://[^\s<>]+")
SIGNS = {Style.BOLD: "**", Style.ITALIC: "*", Style.STRIKE: "~~"}
APART = "\u200b"  # stands between signs that would be read as one
LONGEST_ADDRESS = 500  # characters; a longer one would leave no room for the message
LANGUAGE = re.compile(r"[a-zA-Z0-9_+\-.#]{1,30}")


def markdown(spans: Sequence[Span]) -> str:
    """Quotes line by line; a block of code on lines of its own."""
    written: list[str] = []
    for quote, group in groupby(spans, key=_quote):
        text = _inline([Span(span.text, _without(span, Style.QUOTE)) for span in group])
        if quote is not None:
            text = "\n".join(f"> {line}" for line in text.split("\n"))
        written.append(text)
    return "".join(written)


def _quote(span: Span) -> Mark | None:
    return next((mark for mark in span.marks if mark.style is Style.QUOTE), None)


def _without(span: Span, style: Style) -> tuple[Mark, ...]:
    return tuple(mark for mark in span.marks if mark.style is not style)


def _inline(spans: Sequence[Span]) -> str:
    written = ""
    for marks, group in groupby(spans, key=lambda span: span.marks):
        piece = _piece("".join(span.text for span in group), marks, at_start=written.endswith("\n") or not written)
        clash = written and piece and written[-1] in "*~`_" and piece[0] in "*~`_"
        written += (APART if clash else "") + piece
    return written


def _piece(text: str, marks: Sequence[Mark], *, at_start: bool) -> str:
    styles = {mark.style: mark for mark in marks}
    if Style.BLOCK in styles:
        return _block(text, styles[Style.BLOCK].detail, at_start)
    before, core, after = _trimmed(text)
    if not core:
        return text
    inner = _code(core) if Style.CODE in styles else escaped(core, at_start=at_start and not before)
    if Style.LINK in styles:
        inner = _link(core, inner, styles[Style.LINK].detail)
    for style in (Style.STRIKE, Style.ITALIC, Style.BOLD):
        if style in styles:
            inner = f"{SIGNS[style]}{inner}{SIGNS[style]}"
    return before + inner + after


def _trimmed(text: str) -> tuple[str, str, str]:
    """The blanks around a text stand outside its signs."""
    core = text.strip()
    start = text.find(core) if core else len(text)
    return text[:start], core, text[start + len(core) :]


def escaped(text: str, *, at_start: bool = True) -> str:
    """Addresses stay whole, since Discord reads no markup in them."""
    found, at = [], 0
    for match in URL.finditer(text):
        found += [_plain(text[at : match.start()], at_start and at == 0), _address(match[0])]
        at = match.end()
    return "".join([*found, _plain(text[at:], at_start and at == 0)])


def _plain(text: str, at_start: bool) -> str:
    """`at_start`: the text begins a line."""
    text = SPECIAL.sub(r"\\\g<0>", text)
    opened = LINE.sub(_harmless, text if at_start else f"x{text}")
    return opened if at_start else opened[1:]


def _harmless(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}\\" if found[2].isdigit() else f"{found[1]}\\{found[2]}"


def _address(url: str) -> str:
    for sign, code in (("\\", "%5C"), ("*", "%2A"), ("~~", "%7E%7E"), ("`", "%60"), ("|", "%7C")):
        url = url.replace(sign, code)
    return url


def _link(text: str, inner: str, address: str) -> str:
    """Discord refuses to hide an address behind another, and so do we."""
    if text == address:
        return f"<{_address(address)}>"
    if URL.search(text) or len(address) > LONGEST_ADDRESS:
        return inner
    target = re.sub(r"[\s<>]", lambda found: f"%{ord(found[0]):02X}", _address(address))
    return f"[{inner}](<{target}>)"


def _code(text: str) -> str:
    """With a fence that is longer than any run of backticks inside; newlines cannot be inside a line."""
    text = text.replace("\n", " ")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    edge = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{edge}{text}{edge}{fence}"


def _block(text: str, language: str, at_start: bool) -> str:
    """Three backticks inside would end it, so something invisible stands between them."""
    inside = text.replace("``", f"`{APART}`")
    if not inside.strip():
        return text
    named = language if LANGUAGE.fullmatch(language) else ""
    return f"{'' if at_start else chr(10)}```{named}\n{inside}\n```"
