"""The grammar of an action's inputs: `name type[?] [= default]: meaning`, compiled to JSON Schema.

Types are str int float bool date datetime email url, a list of one of them as `[type]`, and a choice as `a|b|c`.
`?` makes an input optional; one with a default is optional too. What is nested is written as JSON Schema in a table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from bot.action import Json

TYPES: Mapping[str, Json] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "email": {"type": "string", "format": "email"},
    "url": {"type": "string", "format": "uri"},
}
KEYWORDS = frozenset(
    "type format enum items properties required additionalProperties minimum maximum minLength maxLength maxItems"
    " description default".split()
)
LINE = re.compile(
    r"(?P<name>[a-z][a-z0-9_]*) (?P<type>[^\s?=:]+)(?P<optional>\?)?(?: = (?P<default>.+?))?: (?P<about>.+)"
)


class Ungrammatical(ValueError):
    """An input that does not follow the grammar; the message says what to write instead."""


def compile_inputs(lines: Sequence[str], nested: Mapping[str, Json]) -> Json:
    """JSON Schema of type object for input lines and for `nested` schemas by name. Raises Ungrammatical."""
    properties: dict[str, Json] = {}
    required: list[str] = []
    for name, schema, needed in [*map(_compile_line, lines), *map(_compile_nested, nested.items())]:
        if name in properties:
            raise Ungrammatical(f"the input {name!r} is declared twice: remove one of them")
        properties[name] = schema
        if needed:
            required.append(name)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _compile_line(line: object) -> tuple[str, Json, bool]:
    match = LINE.fullmatch(line) if isinstance(line, str) else None
    if match is None:
        raise Ungrammatical(
            f"cannot read the input {line!r}: write `name type: meaning`, for example `title str: What`"
        )
    schema = {**_schema_of(match["type"]), "description": match["about"]}
    if match["default"] is not None:
        schema["default"] = _default_of(match["default"], schema)
    return match["name"], schema, not match["optional"] and match["default"] is None


def _schema_of(kind: str) -> dict[str, Json]:
    if kind.startswith("[") and kind.endswith("]"):
        return {"type": "array", "items": _schema_of(kind[1:-1]), "maxItems": 100}
    if "|" in kind:
        return {"type": "string", "enum": kind.split("|")}
    if kind not in TYPES:
        raise Ungrammatical(f"{kind!r} is no type: use one of {', '.join(TYPES)}, `[type]` or `a|b|c`")
    return dict(TYPES[kind])


def _default_of(text: str, schema: Mapping[str, Json]) -> Json:
    readers: Mapping[str, Callable[[str], Json]] = {
        "string": str,
        "integer": int,
        "number": float,
        "boolean": {"true": True, "false": False}.__getitem__,
    }
    try:
        value = readers[schema["type"]](text)
    except (KeyError, ValueError):
        raise Ungrammatical(f"the default {text!r} is no {schema['type']}: write one that fits the type") from None
    if value not in schema.get("enum", [value]):
        raise Ungrammatical(f"the default {text!r} is none of {', '.join(schema['enum'])}: choose one of them")
    return value


def _compile_nested(item: tuple[str, Json]) -> tuple[str, Json, bool]:
    name, schema = item
    if not isinstance(schema, dict) or "type" not in schema:
        raise Ungrammatical(f"the input {name!r} needs a JSON Schema table with a `type`")
    rest = {key: value for key, value in schema.items() if key != "optional"}
    unknown = _unknown_keywords(rest)
    if unknown:
        raise Ungrammatical(f"the input {name!r} uses {', '.join(sorted(unknown))}: use {', '.join(sorted(KEYWORDS))}")
    return name, rest, not schema.get("optional", False) and "default" not in rest


def _unknown_keywords(schema: Mapping[str, Json]) -> set[str]:
    """A keyword that nobody checks would be a promise that nobody keeps."""
    unknown = set(schema) - KEYWORDS
    inner = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    return unknown.union(*map(_unknown_keywords, inner)) if inner else unknown
