"""Structured answers: JSON that fits the schema which was asked for, filled from the text by simple rules."""

from __future__ import annotations

import re
from typing import Any

from lab.summary import bare, summarise

DEEPEST = 12
Schema = dict[str, Any]
FACT = re.compile(
    r"\b(?:my [\w ]{2,30} (?:is|are) [^.!?\n]{2,120}|i(?:'m| am) (?:a|an|allergic|vegetarian|vegan"
    r"|married) [^.!?\n]{2,120}"
    r"|i (?:like|love|hate|prefer|live|work) [^.!?\n]{2,120}|(?:please )?remember (?:that )?[^.!?\n]{3,160})",
    re.IGNORECASE,
)
FILLED_LISTS = ("fact", "memor", "sentence", "point", "bullet", "highlight")


def fill(schema: Any, text: str) -> Any:
    """A value for a JSON Schema. Understands $ref, const, enum, anyOf, oneOf, allOf and the plain types, and keeps
    bounds. Lists stay empty unless they must not, or their name promises facts that the text has."""
    whole = schema if isinstance(schema, dict) else {}
    return _value(whole, whole, "", text, 0)


def _value(schema: Schema, root: Schema, name: str, text: str, depth: int) -> Any:
    schema = _resolved(schema, root)
    if depth > DEEPEST:
        return None
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        options = schema["enum"]
        said = (one for one in options if isinstance(one, str) and re.search(rf"\b{re.escape(one)}\b", text, re.I))
        return next(said, options[0])
    kind = _kind(schema)
    if kind == "object":
        properties = schema.get("properties", {})
        return {key: _value(inner, root, key, text, depth + 1) for key, inner in properties.items()}
    if kind == "array":
        return _items(schema, root, name, text, depth)
    return _plain(kind, schema, name, text)


def _plain(kind: str, schema: Schema, name: str, text: str) -> str | float | bool | None:
    if kind == "string":
        return _string(schema, name, text)
    if kind in ("integer", "number"):
        return _number(schema, kind)
    return False if kind == "boolean" else None


def _resolved(schema: Any, root: Schema) -> Schema:
    """Through $ref and unions to a plain schema; of a union, the first that is not null."""
    for _ in range(DEEPEST):
        if not isinstance(schema, dict):
            return {}
        if "$ref" in schema:
            node: Any = root
            for step in str(schema["$ref"]).removeprefix("#/").split("/"):
                node = node.get(step, {}) if isinstance(node, dict) else {}
            schema = node
            continue
        union = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
        if not union:
            return schema
        schema = next((one for one in union if one.get("type") != "null"), union[0])
    return {}


def _kind(schema: Schema) -> str:
    kind = schema.get("type") or ("object" if "properties" in schema else "null")
    return str(next((one for one in kind if one != "null"), "null")) if isinstance(kind, list) else str(kind)


def _items(schema: Schema, root: Schema, name: str, text: str, depth: int) -> list[Any]:
    inner = schema.get("items", {})
    least, most = schema.get("minItems", 0), schema.get("maxItems", 20)
    found = [one.strip() for one in FACT.findall(text)] if any(part in name.lower() for part in FILLED_LISTS) else []
    texts = (found + [text] * max(least - len(found), 0))[:most]
    return [_value(inner, root, name, one, depth + 1) for one in texts]


def _string(schema: Schema, name: str, text: str) -> str:
    form = schema.get("format")
    if form in ("date", "date-time"):
        found = re.search(r"\d{4}-\d\d-\d\d(?:T[\d:.+Z-]+)?", text)
        day = found[0] if found else "1970-01-01"
        return day[:10] if form == "date" else (day if "T" in day else f"{day}T00:00:00Z")
    plain = re.sub(r"\s+", " ", bare(text)).strip()
    if re.search(r"title|subject|name|label|topic", name, re.I):
        plain = " ".join(plain.split()[:6])
    elif re.search(r"summary|gist|digest", name, re.I):
        plain = summarise(plain, "brief")
    return plain[: schema.get("maxLength", 500)].ljust(schema.get("minLength", 0), ".")


def _number(schema: Schema, kind: str) -> int | float:
    low, high = schema.get("minimum", schema.get("exclusiveMinimum", 0)), schema.get("maximum", 1)
    value = max(low, min(high, 0.5 if kind == "number" else 0))
    return int(value) if kind == "integer" else float(value)
