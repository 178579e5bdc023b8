"""WhatsApp's formatting as its app shows it: `shown` is the plain text, `html` is safe to put into a page. Pure.

A sign opens where no word ends before it and no blank follows, and closes where no blank stands before it and no word
goes on; all within one line. Inside code nothing else counts.
"""

from __future__ import annotations

import re
from html import escape, unescape

BLOCK = re.compile(r"```(.+?)```", re.S)
INLINE = re.compile(r"(?<![\w`])`([^`\n]+)`(?![\w`])")
SIGNS = {"*": "b", "_": "i", "~": "s"}
LINE = re.compile(r"^(?:(?P<quote>> )|(?P<bullet>[*-] ))(?P<rest>.*)$")
HIDDEN = "\ue000{}\ue001"
KEPT = re.compile("\ue000(\\d+)\ue001")


def html(body: str) -> str:
    """Code is taken out first, so that nothing in it is read as markup."""
    kept: list[str] = []

    def keep(tag: str, text: str) -> str:
        kept.append(f"<{tag}>{escape(text, quote=False)}</{tag}>")
        return HIDDEN.format(len(kept) - 1)

    text = BLOCK.sub(lambda found: keep("pre", found[1]), body)
    text = INLINE.sub(lambda found: keep("code", found[1]), text)
    lines = [_line(line) for line in text.split("\n")]
    return KEPT.sub(lambda found: kept[int(found[1])] if int(found[1]) < len(kept) else "", "<br>".join(lines))


def _line(line: str) -> str:
    found = LINE.match(line)
    if found is None:
        return _emphasis(escape(line, quote=False))
    rest = _emphasis(escape(found["rest"], quote=False))
    return f"<blockquote>{rest}</blockquote>" if found["quote"] else f"• {rest}"


def _emphasis(text: str) -> str:
    for sign, tag in SIGNS.items():
        mark = re.escape(sign)
        pattern = rf"(?<![^\W_]){mark}(?=\S)([^{mark}\n]*?\S)(?<=\S){mark}(?![^\W_])"
        text = re.sub(pattern, rf"<{tag}>\1</{tag}>", text)
    return text


def shown(body: str) -> str:
    """As people read it."""
    text = html(body).replace("<br>", "\n").replace("<blockquote>", "").replace("</blockquote>", "")
    return unescape(re.sub(r"</?(?:b|i|s|code|pre)>", "", text))
