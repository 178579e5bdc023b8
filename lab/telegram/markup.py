"""Telegram's HTML as it is read by the Bot API: text and entities, or the error that the real one answers. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape, unescape
from typing import Any

from lab.telegram.refusal import Refusal

KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
}
TAGS = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "spoiler": "u",
    "code": "code",
    "pre": "pre",
    "text_link": "a",
    "blockquote": "blockquote",
}
NAMED = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z][\w-]*)(?P<rest>[^<>]*)>")
ATTRIBUTE = re.compile(r"""\s+(?P<name>[\w-]+)(?:=(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'))?""")


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass
class _Open:
    name: str
    start: int
    attributes: dict[str, str]


@dataclass
class _Reader:
    source: str
    text: list[str] = field(default_factory=list)
    size: int = 0
    entities: list[dict[str, Any]] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)

    def words(self, raw: str) -> None:
        shown = NAMED.sub(lambda found: unescape(found[0]), raw)
        self.text.append(shown)
        self.size += units(shown)

    def tag(self, found: re.Match[str]) -> None:
        name, at = found["name"].lower(), len(self.source[: found.start()].encode())
        if found["end"]:
            self._close(name, at)
            return
        if name not in KINDS:
            raise _unparsed(f'Unsupported start tag "{name}" at byte offset {at}')
        rest = found["rest"]
        attributes = {a["name"]: unescape(a["double"] or a["single"] or "") for a in ATTRIBUTE.finditer(rest)}
        if ATTRIBUTE.sub("", rest).strip():
            raise _unparsed(f"Unexpected end of name token at byte offset {at}")
        self.open.append(_Open(name, self.size, attributes))

    def _close(self, name: str, at: int) -> None:
        if not self.open:
            raise _unparsed(f"Unexpected end tag at byte offset {at}")
        begun = self.open.pop()
        if begun.name != name:
            raise _unparsed(f'Unmatched end tag at byte offset {at}, expected "</{begun.name}>", found "</{name}>"')
        entity = {"type": KINDS[name], "offset": begun.start, "length": self.size - begun.start}
        language = begun.attributes.get("class", "").removeprefix("language-")
        if name == "a":
            entity["url"] = begun.attributes.get("href", "")
        if name == "code" and language and self.open and self.open[-1].name == "pre":
            self.open[-1].attributes["language"] = language
            return
        if name == "pre" and "language" in begun.attributes:
            entity["language"] = begun.attributes["language"]
        if entity["length"]:
            self.entities.append(entity)


def read_html(source: str) -> tuple[str, list[dict[str, Any]]]:
    """(text, entities with offsets in UTF-16 units). Raises Refusal."""
    reader, at = _Reader(source), 0
    for found in TAG.finditer(source):
        reader.words(_plain(source, at, found.start()))
        reader.tag(found)
        at = found.end()
    reader.words(_plain(source, at, len(source)))
    if reader.open:
        raise _unparsed(f'Can\'t find end tag corresponding to start tag "{reader.open[-1].name}"')
    return "".join(reader.text), sorted(reader.entities, key=lambda e: (e["offset"], -e["length"]))


def _plain(source: str, start: int, end: int) -> str:
    lost = source.find("<", start, end)
    if lost >= 0:
        at = len(source[:lost].encode())
        raise _unparsed(f'Unsupported start tag "{source[lost + 1 : lost + 9]}" at byte offset {at}')
    return source[start:end]


def _unparsed(why: str) -> Refusal:
    return Refusal(f"can't parse entities: {why}")


def write_html(text: str, entities: list[dict[str, Any]]) -> str:
    """The text as HTML that is safe in any page; the entities are nested, as `read_html` gives them."""
    cut, written, around, at = text.encode("utf-16-le", "surrogatepass"), list[str](), list[dict[str, Any]](), 0

    def until(end: int) -> None:
        nonlocal at
        written.append(escape(cut[at * 2 : end * 2].decode("utf-16-le", "replace")))
        at = end

    def close(before: int) -> None:
        while around and around[-1]["offset"] + around[-1]["length"] <= before:
            until(around[-1]["offset"] + around[-1]["length"])
            written.append(f"</{TAGS[around.pop()['type']]}>")

    for entity in entities:
        close(entity["offset"])
        until(entity["offset"])
        written.append(_opened(entity))
        around.append(entity)
    close(len(cut))
    until(len(cut) // 2)
    return "".join(written)


def _opened(entity: dict[str, Any]) -> str:
    address = str(entity.get("url", ""))
    if entity["type"] == "text_link" and address.startswith(("https://", "http://")):
        return f'<a href="{escape(address)}" rel="noreferrer">'
    return f"<{TAGS[entity['type']]}>"
