"""What Discord checks of buttons and modals. Pure. The numbers are those of the API's description (discord-api-spec,
v10: ActionRowComponentForMessageRequest, ModalInteractionCallbackRequestData and what they hold)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lab.discord.refusal import Refusal, between, invalid, missing, too_long

Json = dict[str, Any]
ROW, BUTTON, SELECT, INPUT, SAYING, WRAPPED = 1, 2, 3, 4, 10, 18
ROWS, IN_A_ROW, OPTIONS = 5, 5, 25
CUSTOM_ID, LABEL, VALUE, DESCRIPTION, TITLE, MODAL_LABEL = 100, 80, 4000, 100, 45, 45
LINKS = (5, 6)  # styles of a button that presses nothing


def check_rows(rows: Any) -> None:
    """Of a message."""
    if not isinstance(rows, list) or len(rows) > ROWS:
        raise invalid("components", "BASE_TYPE_BAD_LENGTH", f"Must be {ROWS} or fewer in length.")
    seen: set[str] = set()
    for at, row in enumerate(rows):
        if row.get("type") != ROW:
            raise invalid(f"components.{at}.type", "UNION_TYPE_CHOICES", "Value of field must be one of (1,).")
        buttons = row.get("components")
        if not isinstance(buttons, list) or not 1 <= len(buttons) <= IN_A_ROW:
            raise between(f"components.{at}.components", 1, IN_A_ROW)
        for number, button in enumerate(buttons):
            _check_button(f"components.{at}.components.{number}", button, seen)


def _check_button(path: str, button: Json, seen: set[str]) -> None:
    if button.get("type") != BUTTON:
        raise invalid(f"{path}.type", "UNION_TYPE_CHOICES", "Value of field must be one of (2, 3, 5, 6, 7, 8).")
    if button.get("style") not in range(1, 7):
        raise missing(f"{path}.style")
    if len(str(button.get("label") or "")) > LABEL:
        raise too_long(f"{path}.label", LABEL)
    if not button.get("label") and not button.get("emoji"):
        raise invalid(path, "BUTTON_COMPONENT_LABEL_REQUIRED", "A button must have a label or an emoji")
    if button["style"] in LINKS:
        return
    name = _check_name(path, button)
    if name in seen:
        raise invalid(f"{path}.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
    seen.add(name)


def _check_name(path: str, component: Json) -> str:
    name = component.get("custom_id")
    if not isinstance(name, str):
        raise missing(f"{path}.custom_id")
    if not 1 <= len(name) <= CUSTOM_ID:
        raise between(f"{path}.custom_id", 1, CUSTOM_ID)
    return name


def check_modal(data: Json) -> None:
    _check_name("data", data)
    if not 1 <= len(str(data.get("title") or "")) <= TITLE:
        raise between("data.title", 1, TITLE)
    parts = data.get("components")
    if not isinstance(parts, list) or not 1 <= len(parts) <= ROWS:
        raise between("data.components", 1, ROWS)
    names = [_check_part(f"data.components.{at}", part) for at, part in enumerate(parts)]
    known = [name for name in names if name]
    if len(set(known)) < len(known):
        raise invalid("data.components", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")


def _check_part(path: str, part: Json) -> str | None:
    """The input's name; None for mere words."""
    if part.get("type") == SAYING:
        if not 1 <= len(str(part.get("content") or "")) <= VALUE:
            raise between(f"{path}.content", 1, VALUE)
        return None
    if part.get("type") != WRAPPED:
        raise invalid(f"{path}.type", "UNION_TYPE_CHOICES", "Value of field must be one of (1, 10, 18).")
    if not 1 <= len(str(part.get("label") or "")) <= MODAL_LABEL:
        raise between(f"{path}.label", 1, MODAL_LABEL)
    if "description" in part and not 1 <= len(str(part["description"])) <= DESCRIPTION:
        raise between(f"{path}.description", 1, DESCRIPTION)
    inner = part.get("component") or {}
    name = _check_name(f"{path}.component", inner)
    check = {INPUT: _check_input, SELECT: _check_select}.get(inner.get("type", 0))
    if check is None:
        raise invalid(f"{path}.component.type", "UNION_TYPE_CHOICES", "Value of field must be one of (3, 4).")
    check(f"{path}.component", inner)
    return name


def _check_input(path: str, found: Json) -> None:
    if found.get("style") not in (1, 2):
        raise missing(f"{path}.style")
    value = found.get("value")
    if value is not None and len(value) > min(VALUE, int(found.get("max_length") or VALUE)):
        raise too_long(f"{path}.value", VALUE)


def _check_select(path: str, found: Json) -> None:
    options = found.get("options")
    if not isinstance(options, list) or not 1 <= len(options) <= OPTIONS:
        raise between(f"{path}.options", 1, OPTIONS)
    values = [option.get("value") for option in options]
    if len(set(values)) < len(values):
        raise invalid(f"{path}.options", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The value is already used")
    for at, option in enumerate(options):
        for name in ("label", "value"):
            if not 1 <= len(str(option.get(name) or "")) <= 100:
                raise between(f"{path}.options.{at}.{name}", 1, 100)


def buttons(message: Json) -> list[Json]:
    return [button for row in message["components"] for button in row["components"]]


def fields(parts: Sequence[Json]) -> list[Json]:
    """A modal's inputs as the person sees them."""
    return [_field(part) for part in parts if part["type"] == WRAPPED]


def _field(part: Json) -> Json:
    inner = part["component"]
    options = [str(option["value"]) for option in inner.get("options", ())]
    chosen = next((str(o["value"]) for o in inner.get("options", ()) if o.get("default")), "")
    kind = "enum" if options else ("long" if inner.get("style") == 2 else "text")
    value = chosen if options else str(inner.get("value") or "")
    about = {"name": inner["custom_id"], "label": part["label"], "kind": kind, "value": value, "options": options}
    return about | {"about": part.get("description", "")}


def filled(parts: Sequence[Json], values: dict[str, str]) -> list[Json]:
    """The modal as it is sent off: what is not among the values stays as it was."""
    sent = []
    for at, part in enumerate(part for part in parts if part["type"] == WRAPPED):
        inner, field = part["component"], _field(part)
        value = str(values.get(inner["custom_id"], field["value"]))
        if inner.get("required", True) and not value:
            raise Refusal(400, 0, f"{part['label']} is required")
        about: Json = {"type": inner["type"], "id": at * 2 + 2, "custom_id": inner["custom_id"]}
        about |= {"values": [value] if value else []} if inner["type"] == SELECT else {"value": value}
        sent.append({"type": WRAPPED, "id": at * 2 + 1, "component": about})
    return sent
