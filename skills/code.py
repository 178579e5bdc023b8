"""Loads a skill's `code.py` by its path and calls its functions with exactly the inputs that the manifest declares.

A function takes the context, then the inputs by name; what comes after `*` are ports that the engine hands in.
Where inputs can be ids, `async def named(work, id)` tells what a person calls that thing; None: it is no id of theirs.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

from bot.action import Json, Outcome
from bot.people import User
from bot.repositories import Work
from skills.manifest import Skill, Spec, Unfit

Function = Callable[..., Awaitable[Outcome]]
Named = Callable[[Work, str], Awaitable[str | None]]


def load_code(skill: Skill) -> ModuleType:
    """The module of the skill's folder. Raises Unfit when there is none or it does not load."""
    path = skill.folder / "code.py"
    name = f"skill_{skill.slug.replace('-', '_')}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise Unfit(f"{path}:1: there is no code.py: the functions named by `run` belong there")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise Unfit(f"{path}:1: it does not load: {error!r}") from error
    return module


def bind(skill: Skill, spec: Spec, module: ModuleType, ports: Mapping[str, object]) -> Function:
    """The function of an action with its ports handed in. Raises Unfit where it does not fit the manifest."""
    path = skill.folder / "code.py"
    function = getattr(module, spec.run, None)
    if not inspect.iscoroutinefunction(function):
        raise Unfit(f"{path}:1: {spec.action.id} runs {spec.run!r}: write `async def {spec.run}(context, ...)`")
    line = function.__code__.co_firstlineno
    parameters = list(inspect.signature(function).parameters.values())
    inputs = [p.name for p in parameters[1:] if p.kind is not p.KEYWORD_ONLY]
    declared = spec.action.inputs["properties"]
    if set(inputs) != set(declared):
        raise Unfit(
            f"{path}:{line}: {spec.run} takes {inputs}, the manifest declares {list(declared)}: make them equal"
        )
    wanted = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    unknown = set(wanted) - set(ports)
    if unknown:
        raise Unfit(f"{path}:{line}: {spec.run} wants {sorted(unknown)} after `*`: the engine has {sorted(ports)}")
    handed = {name: ports[name] for name in wanted}

    async def call(*arguments: Any, **inputs: Any) -> Outcome:
        outcome: Outcome = await function(*arguments, **inputs, **handed)
        return outcome

    return call


def inputs_for(schema: Json, arguments: Mapping[str, Json], user: User) -> dict[str, Any]:
    """Python values for checked arguments: days and times as such, times without a zone in the user's, defaults in."""
    values: dict[str, Any] = {}
    for name, about in schema["properties"].items():
        value = arguments.get(name, about.get("default"))
        if value is not None:
            values[name] = _value(about, value, user)
    return values


def _value(schema: Mapping[str, Json], value: Json, user: User) -> Any:
    if schema["type"] == "array":
        return tuple(_value(schema.get("items", {"type": "any"}), item, user) for item in value)
    if schema.get("format") == "date":
        return date.fromisoformat(value)
    if schema.get("format") == "date-time":
        moment = datetime.fromisoformat(value)
        known = moment.tzinfo is not None or user.zone is None
        return moment if known else moment.replace(tzinfo=ZoneInfo(user.zone or "UTC"))
    return value
