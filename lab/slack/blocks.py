"""Block Kit as Slack reads it: what it refuses, and what people see. Pure.

The shapes and limits are those of docs.slack.dev/reference/block-kit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from typing import Any

from lab.slack.refusal import Refusal

Json = dict[str, Any]

IN_A_MESSAGE, IN_A_VIEW, IN_ACTIONS = 50, 100, 25
TEXT, HEADER, LABEL, VALUE, ACTION_ID, BLOCK_ID = 3000, 150, 75, 2000, 255, 255
ALTOGETHER = 13_200  # characters of all blocks of a message
RICH = ("rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted")
MESSAGE = ("rich_text", "section", "actions", "context", "divider", "header", "markdown", "image")
VIEW = ("rich_text", "section", "actions", "context", "divider", "header", "image", "input")
INPUTS = ("plain_text_input", "number_input", "static_select", "datepicker", "timepicker", "datetimepicker")
TAGS = {"bold": "b", "italic": "i", "strike": "s", "code": "code"}
STYLES = {"bold", "italic", "strike", "code", "underline", "highlight"}


def check(blocks: Any, view: bool = False) -> list[Json]:
    """The blocks; a Refusal "invalid_blocks" that names the first fault."""
    limit = IN_A_VIEW if view else IN_A_MESSAGE
    _need(isinstance(blocks, list), "must be an array", "/blocks")
    _need(len(blocks) <= limit, f"no more than {limit} items allowed", "/blocks")
    for number, block in enumerate(blocks):
        where = f"/blocks/{number}"
        _need(isinstance(block, dict) and block.get("type") in (VIEW if view else MESSAGE), "unsupported type", where)
        _need(len(str(block.get("block_id", ""))) <= BLOCK_ID, "block_id too long", where)
        CHECKS.get(block["type"], _nothing)(block, where)
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    _need(len(ids) == len(set(ids)), "block_id must be unique", "/blocks")
    if not view and sum(len(plain([block])) for block in blocks) > ALTOGETHER:
        raise Refusal("msg_blocks_too_long")
    return list(blocks)


def _need(right: bool, why: str, where: str) -> None:
    if not right:
        raise Refusal("invalid_blocks", response_metadata={"messages": [f"[ERROR] {why} [json-pointer:{where}]"]})


def _nothing(block: Json, where: str) -> None:
    """It has no fields that can be wrong here."""


def _rich_text(block: Json, where: str) -> None:
    elements = block.get("elements")
    _need(isinstance(elements, list) and bool(elements), "elements must not be empty", where)
    for number, element in enumerate(elements or []):
        here = f"{where}/elements/{number}"
        _need(isinstance(element, dict) and element.get("type") in RICH, "unsupported type", here)
        _need(isinstance(element.get("elements"), list) and bool(element["elements"]), "must not be empty", here)
        for piece in element["elements"]:
            _piece(piece, element["type"], here)


def _piece(piece: Json, kind: str, where: str) -> None:
    known = ("text", "link") if kind == "rich_text_preformatted" else ("text", "link", "emoji", "user", "broadcast")
    if kind == "rich_text_list":
        _need(piece.get("type") == "rich_text_section", "a list holds sections", where)
        return
    _need(piece.get("type") in known, "unsupported element", where)
    if piece["type"] == "text":
        _need(isinstance(piece.get("text"), str) and len(piece["text"]) > 0, "must be more than 0 characters", where)
    if piece["type"] == "link":
        _need(str(piece.get("url", "")).startswith(("http://", "https://", "mailto:")), "invalid url", where)
        _need("text" not in piece or len(piece["text"]) > 0, "must be more than 0 characters", where)
    style = piece.get("style", {})
    allowed = set() if kind == "rich_text_preformatted" else STYLES
    _need(set(style) <= allowed and all(value is True for value in style.values()), "invalid style", where)


def _text(text: Any, where: str, limit: int, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")) -> None:
    _need(isinstance(text, dict) and text.get("type") in kinds, f"text must be {' or '.join(kinds)}", where)
    _need(isinstance(text.get("text"), str) and 0 < len(text["text"]) <= limit, f"must be 1 to {limit} long", where)


def _section(block: Json, where: str) -> None:
    _need("text" in block or bool(block.get("fields")), "text or fields are needed", where)
    if "text" in block:
        _text(block["text"], where, TEXT)


def _header(block: Json, where: str) -> None:
    _text(block.get("text"), where, HEADER, ("plain_text",))


def _markdown(block: Json, where: str) -> None:
    _need(isinstance(block.get("text"), str) and 0 < len(block["text"]) <= 12_000, "text must be 1 to 12000", where)


def _actions(block: Json, where: str) -> None:
    elements = block.get("elements")
    _need(isinstance(elements, list) and 0 < len(elements) <= IN_ACTIONS, f"1 to {IN_ACTIONS} elements", where)
    for number, element in enumerate(elements or []):
        _button(element, f"{where}/elements/{number}")
    ids = [element["action_id"] for element in elements or []]
    _need(len(ids) == len(set(ids)), "action_id must be unique in a block", where)


def _button(element: Json, where: str) -> None:
    _need(element.get("type") == "button", "unsupported element", where)
    _text(element.get("text"), where, LABEL, ("plain_text",))
    _need(0 < len(str(element.get("action_id", ""))) <= ACTION_ID, "action_id is needed", where)
    _need(len(str(element.get("value", ""))) <= VALUE, "value too long", where)
    _need(element.get("style") in (None, "primary", "danger"), "style must be primary or danger", where)


def _input(block: Json, where: str) -> None:
    _text(block.get("label"), where, 2000, ("plain_text",))
    element = block.get("element")
    _need(isinstance(element, dict) and element.get("type") in INPUTS, "unsupported element", where)
    if element is None:
        return
    _need(len(str(element.get("initial_value", ""))) <= TEXT, "initial_value too long", where)
    _need(element.get("type") != "number_input" or "is_decimal_allowed" in element, "is_decimal_allowed", where)
    if element["type"] == "static_select":
        options = element.get("options") or []
        _need(0 < len(options) <= 100, "1 to 100 options", where)
        for option in options:
            _text(option.get("text"), where, LABEL, ("plain_text",))
            _need(0 < len(str(option.get("value", ""))) <= 150, "value must be 1 to 150", where)
        chosen = element.get("initial_option")
        _need(chosen is None or chosen in options, "initial_option must be an option", where)


CHECKS: dict[str, Callable[[Json, str], None]] = {
    "rich_text": _rich_text,
    "section": _section,
    "header": _header,
    "markdown": _markdown,
    "actions": _actions,
    "input": _input,
}


def plain(blocks: list[Json]) -> str:
    """What people read."""
    return "\n".join(line for block in blocks for line in _lines(block, _plain_piece))


def html(blocks: list[Json]) -> str:
    """The same for the lab's page; safe."""
    return "".join(line for block in blocks for line in _lines(block, _html_piece))


def _lines(block: Json, shown: Callable[[Json, str], str]) -> Iterator[str]:
    if block["type"] == "rich_text":
        for element in block["elements"]:
            yield shown(element, element["type"])
    elif "text" in block:
        text = block["text"]
        words = str(text["text"] if isinstance(text, dict) else text)
        yield shown({"elements": [{"type": "text", "text": words}]}, block["type"])


def _plain_piece(element: Json, kind: str) -> str:
    return "".join(str(piece.get("text") or piece.get("url") or "") for piece in element["elements"])


def _html_piece(element: Json, kind: str) -> str:
    inner = "".join(_inline(piece) for piece in element["elements"])
    tag = {"rich_text_preformatted": "pre", "rich_text_quote": "blockquote", "header": "h4"}.get(kind)
    return f"<{tag}>{inner}</{tag}>" if tag else f"{inner}\n"


def _inline(piece: Json) -> str:
    shown = escape(str(piece.get("text") or piece.get("url") or ""))
    for style in piece.get("style", {}):
        shown = f"<{TAGS[style]}>{shown}</{TAGS[style]}>" if style in TAGS else shown
    return f'<a href="{escape(piece["url"])}">{shown}</a>' if piece["type"] == "link" else shown


def buttons(blocks: list[Json]) -> Iterator[Json]:
    for block in blocks:
        if block["type"] == "actions":
            for element in block["elements"]:
                yield {"block_id": block.get("block_id", "")} | element
