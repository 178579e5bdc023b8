"""Checks arguments against an action's schema, with messages that help whoever wrote them to do better."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from urllib.parse import urlsplit

from bot.action import Json

LONGEST = 200_000  # characters of one text where the schema sets no bound
EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;.]{2,}")
KINDS: Mapping[str, tuple[tuple[type, ...], str]] = {
    "string": ((str,), "a text"),
    "integer": ((int,), "a whole number"),
    "number": ((int, float), "a number"),
    "boolean": ((bool,), "true or false"),
    "array": ((list, tuple), "a list"),
    "object": ((dict, Mapping), "an object"),
}


def check(schema: Json, arguments: Mapping[str, Json]) -> str | None:
    """What does not fit, each problem with its remedy, in one line; None when everything fits."""
    given = {name: value for name, value in arguments.items() if value is not None or name in schema["required"]}
    return "; ".join(_problems("", schema, given)) or None


def _problems(path: str, schema: Mapping[str, Json], value: Json) -> Iterator[str]:
    kinds, kind = KINDS[schema["type"]]
    fits: bool = isinstance(value, kinds)
    if not fits or (isinstance(value, bool) and schema["type"] != "boolean"):
        yield f"{path or 'the arguments'} must be {kind}, not {_shown(value)}"
    elif schema["type"] == "object":
        yield from _object_problems(path, schema, value)
    elif schema["type"] == "array":
        yield from _list_problems(path, schema, value)
    else:
        yield from _leaf_problems(path, schema, value)


def _object_problems(path: str, schema: Mapping[str, Json], value: Mapping[str, Json]) -> Iterator[str]:
    properties = schema.get("properties", {})
    dot = f"{path}." if path else ""
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{dot}{name} is missing ({properties.get(name, {}).get('description', 'required')})"
    for name, item in value.items():
        if name in properties:
            yield from _problems(f"{dot}{name}", properties[name], item)
        elif schema.get("additionalProperties", True) is False:
            yield f"{dot}{name} is not known; there is {', '.join(properties) or 'nothing to give'}"


def _list_problems(path: str, schema: Mapping[str, Json], value: list[Json]) -> Iterator[str]:
    if len(value) > schema.get("maxItems", 1000):
        yield f"{path} has {len(value)} entries; at most {schema.get('maxItems', 1000)} are allowed"
        return
    for place, item in enumerate(value):
        if "items" in schema:
            yield from _problems(f"{path}[{place}]", schema["items"], item)


def _leaf_problems(path: str, schema: Mapping[str, Json], value: Json) -> Iterator[str]:
    if value not in schema.get("enum", [value]):
        yield f"{path} must be one of {', '.join(map(str, schema['enum']))}, not {_shown(value)}"
    if isinstance(value, str):
        yield from _text_problems(path, schema, value)
    elif not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        bounds = f"from {schema.get('minimum', 'anything')} to {schema.get('maximum', 'anything')}"
        yield f"{path} must be {bounds}, not {value}"


def _text_problems(path: str, schema: Mapping[str, Json], value: str) -> Iterator[str]:
    longest, shortest = schema.get("maxLength", LONGEST), schema.get("minLength", 0)
    if not shortest <= len(value) <= longest:
        yield f"{path} has {len(value)} characters; {shortest} to {longest} are allowed"
    elif "\x00" in value:
        yield f"{path} contains a NUL character; leave it out"
    elif schema.get("format") in FORMATS:
        fits, remedy = FORMATS[schema["format"]]
        if not _accepts(fits, value):
            yield f"{path} is {_shown(value)}; {remedy}"


def _accepts(fits: Callable[[str], object], value: str) -> bool:
    try:
        return bool(fits(value))
    except ValueError:
        return False


def _is_date(text: str) -> bool:
    return len(text) == 10 and bool(date.fromisoformat(text))


def _is_moment(text: str) -> bool:
    return len(text) >= 16 and bool(datetime.fromisoformat(text))


def _is_address(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", text)


FORMATS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "date": (_is_date, "write a day as YYYY-MM-DD, for example 2026-11-27"),
    "date-time": (_is_moment, "write a time as YYYY-MM-DDTHH:MM, for example 2026-11-27T16:00"),
    "email": (EMAIL.fullmatch, "write an address like ann@example.com"),
    "uri": (_is_address, "write a whole address like https://example.com/page"),
}


def _shown(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:77] + "..."
