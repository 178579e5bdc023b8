"""Forms and Home tabs: views.open, views.update, views.publish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.slack import blocks
from lab.slack.methods import needed, structure
from lab.slack.refusal import Refusal
from lab.slack.world import Json, Team, World

TITLE, METADATA, CALLBACK = 24, 3000, 255


async def views_open(world: World, team: Team, given: Mapping[str, Any]) -> Json:
    user = world.use_trigger(str(needed(given, "trigger_id")))
    view = checked(given, "modal")
    kept = view | {"id": world.new_id("V"), "team_id": team.id, "user": user, "hash": world.ts()}
    world.views[kept["id"]] = kept
    return {"view": kept}


async def views_update(world: World, team: Team, given: Mapping[str, Any]) -> Json:
    known = world.views.get(str(needed(given, "view_id")))
    if known is None:
        raise Refusal("not_found")
    if given.get("hash") not in (None, known["hash"]):
        raise Refusal("hash_conflict")
    known |= checked(given, "modal") | {"hash": world.ts()}
    return {"view": known}


async def views_publish(world: World, team: Team, given: Mapping[str, Any]) -> Json:
    user = str(needed(given, "user_id"))
    if user not in world.users:
        raise Refusal("user_not_found")
    view = checked(given, "home") | {"id": world.new_id("V"), "team_id": team.id, "hash": world.ts()}
    world.homes[f"{team.id} {user}"] = view
    return {"view": view}


def checked(given: Mapping[str, Any], kind: str) -> Json:
    view = structure(given, "view")
    if not isinstance(view, dict) or view.get("type") != kind:
        raise _wrong(f"view must be of type {kind}")
    if len(str(view.get("private_metadata", ""))) > METADATA or len(str(view.get("callback_id", ""))) > CALLBACK:
        raise _wrong("private_metadata or callback_id is too long")
    checked = blocks.check(view.get("blocks"), view=True)
    if kind == "modal":
        for name in ("title", "submit", "close"):
            _label(view, name, any(block["type"] == "input" for block in checked))
    return dict(view)


def _label(view: Json, name: str, inputs: bool) -> None:
    text = view.get(name)
    if text is None and (name == "close" or (name == "submit" and not inputs)):
        return
    right = isinstance(text, dict) and text.get("type") == "plain_text" and 0 < len(text.get("text", "")) <= TITLE
    if not right:
        raise _wrong(f"{name} must be plain_text of 1 to {TITLE} characters")


def _wrong(why: str) -> Refusal:
    return Refusal("invalid_arguments", response_metadata={"messages": [f"[ERROR] {why}"]})


def values(view: Json, given: Mapping[str, str]) -> Json:
    """What stands in the fields when the form is sent off: `given` by block id, else what stood there."""
    state: Json = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            state[block["block_id"]] = {element["action_id"]: _state(element, given.get(block["block_id"]))}
    return state


def _state(element: Json, given: str | None) -> Json:
    kind = element["type"]
    if kind == "static_select":
        chosen = element.get("initial_option")
        if given is not None:
            chosen = next((option for option in element["options"] if option["value"] == given), None)
        return {"type": kind, "selected_option": chosen}
    if kind == "datepicker":
        return {"type": kind, "selected_date": given if given is not None else element.get("initial_date")}
    value = given if given is not None else element.get("initial_value")
    return {"type": kind, "value": value or None}


def form(view: Json) -> Json:
    """The form as the person's side shows it."""
    kinds = {"static_select": "enum", "datepicker": "date", "number_input": "number"}
    fields = []
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element, options = block["element"], block["element"].get("options", [])
        long = "long" if element.get("multiline") else "text"
        first = element.get("initial_option") or {}
        fields.append(
            {
                "name": block["block_id"],
                "label": block["label"]["text"],
                "kind": kinds.get(element["type"], long),
                "value": first.get("value") or element.get("initial_value") or element.get("initial_date") or "",
                "options": [option["value"] for option in options],
            }
        )
    return {"id": view["id"], "title": view["title"]["text"], "fields": fields}
