"""CommonMark as HTML that is safe to show: no raw HTML, no remote picture, and every link says where it goes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from html import escape
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

SCHEMES = ("http://", "https://", "mailto:", "tel:")
BARE = re.compile(r"(?<![\w<(\[\"'=/])https?://[^\s<>\"'`\]]*[^\s<>\"'`\].,;:!?)*_]")
LONGEST = 200_000  # characters; nothing we say is longer, and rendering takes time
MARK = "\u2197"  # an arrow that points out


def html(text: str) -> str:
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
    return str(_renderer().render(shown))


@cache
def _renderer() -> MarkdownIt:
    renderer = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    renderer.validateLink = _is_allowed  # type: ignore[method-assign]
    renderer.core.ruler.after("inline", "bare_links", _link_bare)
    renderer.add_render_rule("link_open", _link_open)
    renderer.add_render_rule("link_close", _link_close)
    renderer.add_render_rule("image", _image)
    return renderer


def _is_allowed(url: str) -> bool:
    return url.strip().lower().startswith(SCHEMES)


def _link_bare(state: Any) -> None:
    """https://example.com in the running text is a link too (CommonMark asks for <>)."""
    for block in state.tokens:
        if block.type == "inline" and block.children:
            block.children = _with_links(block.children)


def _with_links(tokens: Sequence[Token]) -> list[Token]:
    done: list[Token] = []
    depth = 0
    for token in tokens:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        done += _split(token) if token.type == "text" and depth == 0 else [token]
    return done


def _split(token: Token) -> list[Token]:
    parts: list[Token] = []
    end = 0
    for match in BARE.finditer(token.content):
        opening = Token("link_open", "a", 1, attrs={"href": match.group()})
        label = Token("text", "", 0, content=match.group())
        parts += [Token("text", "", 0, content=token.content[end : match.start()]), opening, label]
        parts.append(Token("link_close", "a", -1))
        end = match.end()
    return [*parts, Token("text", "", 0, content=token.content[end:])] if parts else [token]


def _link_open(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return _opening(str(tokens[index].attrGet("href") or ""))


def _opening(href: str) -> str:
    safe = escape(href)
    return f'<a href="{safe}" title="{safe}" target="_blank" rel="noopener noreferrer nofollow">'


def _link_close(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    start = next(i for i in range(index, -1, -1) if tokens[i].type == "link_open")
    label = "".join(token.content for token in tokens[start + 1 : index])
    return "</a>" + _where(str(tokens[start].attrGet("href") or ""), label)


def _where(href: str, label: str) -> str:
    """The host, unless the label is the address itself: a label may say anything."""
    target = urlsplit(href)
    place = target.hostname or target.path
    if label.strip().rstrip("/") in (href.rstrip("/"), place) and "@" not in target.netloc:
        return ""
    return f' <span class="where">({escape(place)} {MARK})</span>'


def _image(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    href = str(tokens[index].attrGet("src") or "")
    label = tokens[index].content or "picture"
    return f"{_opening(href)}{escape(label)}</a>{_where(href, label)}"
