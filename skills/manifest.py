"""Reads a skill's folder: `skill.toml` says what a reviewer must see to trust it, `code.py` does it.

Every mistake is an error that names the file, the line and the remedy; nothing unknown is passed over.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.action import Action, Json, Risk
from skills.inputs import Ungrammatical, compile_inputs
from skills.preview import holes

SLUG = re.compile(r"[a-z][a-z0-9-]*")
NAME = re.compile(r"[a-z][a-z0-9_]*")
KINDS = {str: "a text", bool: "true or false", list: "a list", dict: "a table"}
SKILL: Mapping[str, type] = {"title": str, "about": str, "api": dict, "actions": dict}
API: Mapping[str, type] = {"hosts": list}
ACTION: Mapping[str, type] = {
    "about": str,
    "risk": str,  # no default: somebody must have thought about it
    "input": list,
    "inputs": dict,
    "preview": str,  # above READ
    "undo": str,  # above READ: the action of this skill that takes it back, or "none"
    "targets": list,
    "run": str,  # the function in code.py
    "atomic": bool,
    "always": bool,
    "outside": bool,
    "open_address": bool,
    "internal": bool,  # exists only to take something back: never offered
}
FLAGS = ("atomic", "always", "outside", "open_address", "internal")


class Unfit(ValueError):
    """A skill that cannot be loaded: "file:line: what is wrong: what to do"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One action with what only the engine needs to know of it."""

    action: Action
    run: str
    undo: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    slug: str
    title: str
    about: str
    folder: Path
    hosts: tuple[str, ...]  # the only places its code can reach, as https://host
    specs: tuple[Spec, ...]


@dataclass(frozen=True, slots=True)
class _Source:
    """The text of a manifest, to find the line of a mistake. TOML readers do not keep lines, so it is searched for."""

    path: Path
    text: str

    def unfit(self, wrong: str, *, action: str = "", key: str = "") -> Unfit:
        return Unfit(f"{self.path}:{self._line(action, key)}: {wrong}")

    def _line(self, action: str, key: str) -> int:
        lines = self.text.splitlines()
        start = next((n for n, line in enumerate(lines) if line.strip() == f"[actions.{action}]"), 0)
        for number, line in enumerate(lines[start:], start + 1):
            if key and re.match(rf"\s*(\[.*\b)?{re.escape(key)}\b", line):
                return number
        return start + 1


def load(folder: Path) -> Skill:
    """The skill in `folder`. Raises Unfit."""
    path = folder / "skill.toml"
    source, data = _read(path)
    if not SLUG.fullmatch(folder.name):
        raise source.unfit(f"the folder name {folder.name!r} is no slug: use small letters, digits and hyphens")
    _check_keys(source, data, SKILL, needed=("title", "about", "actions"))
    api = data.get("api", {})
    _check_keys(source, api, API)
    names = frozenset(data["actions"])
    specs = tuple(
        _spec(source, folder.name, data["title"], name, table, names) for name, table in data["actions"].items()
    )
    return Skill(
        slug=folder.name,
        title=data["title"],
        about=data["about"],
        folder=folder,
        hosts=tuple(api.get("hosts", ())),
        specs=specs,
    )


def _read(path: Path) -> tuple[_Source, dict[str, Json]]:
    try:
        text = path.read_text(encoding="utf-8")
        return _Source(path, text), tomllib.loads(text)
    except FileNotFoundError:
        raise Unfit(f"{path}:1: there is no skill.toml: every skill's folder needs one") from None
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise Unfit(f"{path}:{line[1] if line else 1}: this is not TOML: {error}") from error


def _check_keys(
    source: _Source, table: Json, known: Mapping[str, type], *, action: str = "", needed: tuple[str, ...] = ()
) -> None:
    if not isinstance(table, dict):
        raise source.unfit("this must be a table", action=action)
    for key, value in table.items():
        if key not in known:
            raise source.unfit(f"unknown key {key!r}: known are {', '.join(known)}", action=action, key=key)
        if not isinstance(value, known[key]):
            raise source.unfit(f"{key!r} must be {KINDS[known[key]]}", action=action, key=key)
    for key in needed:
        if key not in table:
            raise source.unfit(f"{key!r} is missing: add it", action=action)


def _spec(source: _Source, slug: str, title: str, name: str, table: Json, names: frozenset[str]) -> Spec:
    if not NAME.fullmatch(name):
        raise source.unfit(f"{name!r} is no name for an action: use small letters, digits and _", action=name)
    _check_keys(source, table, ACTION, action=name, needed=("about", "risk", "run"))
    risk = _risk(source, name, table)
    inputs = _inputs(source, name, table)
    undo = _undo(source, name, table, risk, names)
    _check_preview(source, name, table, risk, inputs)
    for target in table.get("targets", ()):
        if target not in inputs["properties"]:
            raise source.unfit(f"target {target!r} is no input: name an input", action=name, key="targets")
    action = Action(
        skill=slug,
        name=name,
        title=title,
        about=table["about"],
        risk=risk,
        inputs=inputs,
        preview=table.get("preview", ""),
        targets=tuple(table.get("targets", ())),
        undoable=undo is not None,
        **{flag: table.get(flag, False) for flag in FLAGS},
    )
    return Spec(action=action, run=table["run"], undo=undo)


def _risk(source: _Source, name: str, table: Mapping[str, Json]) -> Risk:
    try:
        return Risk[table["risk"].upper()]
    except KeyError:
        choices = ", ".join(risk.name.lower() for risk in Risk)
        raise source.unfit(f"{table['risk']!r} is no risk: choose {choices}", action=name, key="risk") from None


def _inputs(source: _Source, name: str, table: Mapping[str, Json]) -> Json:
    try:
        return compile_inputs(table.get("input", ()), table.get("inputs", {}))
    except Ungrammatical as error:
        raise source.unfit(str(error), action=name, key="input") from error


def _undo(source: _Source, name: str, table: Mapping[str, Json], risk: Risk, names: frozenset[str]) -> str | None:
    if risk > Risk.READ and "undo" not in table:
        remedy = 'name the action that takes it back, or write undo = "none"'
        raise source.unfit(f"'undo' is missing: {remedy}", action=name)
    undo: str = table.get("undo", "none")
    if undo != "none" and undo not in names:
        raise source.unfit(f"undo names {undo!r}, which is no action here: name one", action=name, key="undo")
    return None if undo == "none" else undo


def _check_preview(source: _Source, name: str, table: Mapping[str, Json], risk: Risk, inputs: Json) -> None:
    if risk > Risk.READ and not table.get("preview"):
        raise source.unfit("'preview' is missing: say in a sentence what will happen", action=name)
    always_given = {n for n, schema in inputs["properties"].items() if n in inputs["required"] or "default" in schema}
    for hole in holes(table.get("preview", "")):
        if hole not in always_given:
            wrong = (
                f"the preview's hole {{{hole}}} is no input that is always given: name one of {sorted(always_given)}"
            )
            raise source.unfit(wrong, action=name, key="preview")
