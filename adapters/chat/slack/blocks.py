"""Spans as Slack's rich text, and buttons: Block Kit, in which no text can ever become markup or a mention. Pure.

Rich text is taken rather than mrkdwn because mrkdwn has no way to write a literal * _ ~ or backtick, and marks inside
a word do not work there (docs.slack.dev/reference/block-kit/blocks/rich-text-block).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from adapters.chat.commonmark import Mark, Span, Style
from bot.message import Choice, Tone

IN_A_BLOCK = 25  # elements of an actions block
STYLES = {Tone.PRIMARY: "primary", Tone.DANGER: "danger"}
STYLED = {Style.BOLD: "bold", Style.ITALIC: "italic", Style.STRIKE: "strike", Style.CODE: "code"}
BLOCKS = {Style.BLOCK: "rich_text_preformatted", Style.QUOTE: "rich_text_quote"}

Json = dict[str, Any]


def rich_text(spans: Sequence[Span]) -> list[Json]:
    """One block, or none when there is no text. Blank lines around quotes and code are Slack's own."""
    grouped = [(mark, list(run)) for mark, run in groupby(spans, key=_around)]
    sections = [_section(mark, run, number, len(grouped)) for number, (mark, run) in enumerate(grouped)]
    elements = [section for section in sections if section["elements"]]
    return [{"type": "rich_text", "elements": elements}] if elements else []


def _around(span: Span) -> Mark | None:
    """Code inside a quote is shown as code: Slack nests neither in the other."""
    found = [mark for mark in span.marks if mark.style in BLOCKS]
    return found[-1] if found else None


def _section(mark: Mark | None, spans: Sequence[Span], number: int, last: int) -> Json:
    pieces = [(span.text, span.marks) for span in spans]
    if mark is None:
        if number:
            pieces[0] = (pieces[0][0].lstrip("\n"), pieces[0][1])
        if number < last - 1:
            pieces[-1] = (pieces[-1][0].rstrip("\n"), pieces[-1][1])
    kind = BLOCKS[mark.style] if mark else "rich_text_section"
    plain = mark is not None and mark.style is Style.BLOCK
    return {"type": kind, "elements": list(_elements(pieces, plain))}


def _elements(pieces: Sequence[tuple[str, Sequence[Mark]]], plain: bool) -> Iterator[Json]:
    for text, marks in pieces:
        if not text:
            continue
        styles = {} if plain else {STYLED[mark.style]: True for mark in marks if mark.style in STYLED}
        link = next((mark.detail for mark in marks if mark.style is Style.LINK), None)
        shown: Json = {"type": "link", "url": link, "text": text} if link else {"type": "text", "text": text}
        yield shown | ({"style": styles} if styles else {})


def actions(choices: Sequence[Choice]) -> list[Json]:
    """The action's id carries the verb, its value the token; ids differ within a block."""
    buttons = [_button(number, choice) for number, choice in enumerate(choices)]
    return [{"type": "actions", "elements": buttons[at : at + IN_A_BLOCK]} for at in range(0, len(buttons), IN_A_BLOCK)]


def _button(number: int, choice: Choice) -> Json:
    verb = choice.token.partition(".")[0]
    style = STYLES.get(choice.tone)
    label = {"type": "plain_text", "text": choice.label, "emoji": False}
    button: Json = {"type": "button", "action_id": f"{verb}.{number}", "text": label, "value": choice.token}
    return button | ({"style": style} if style else {})
