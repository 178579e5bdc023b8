"""Our values as JSON and back, by the types written in the dataclasses: never pickle, never a guess.

`encode` and `decode` are inverses for dataclasses of str, int, float, bool, None, datetime, date, time, enums, tuples,
lists, mappings with string keys, and unions of those. In a union of dataclasses the type's name travels as "type".
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union

from bot.action import Json

T = TypeVar("T")
PLAIN = (str, int, float, bool, type(None))


class Malformed(ValueError):
    """The JSON does not fit the type; the message says where."""


def encode(value: object) -> Json:
    """A JSON value for one of our values. Raises Malformed for a type that has no JSON form."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"type": type(value).__name__, **fields}
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple | frozenset | set):
        return [encode(item) for item in value]
    raise Malformed(f"{type(value).__name__} has no JSON form")


def decode(kind: type[T] | Any, data: Json) -> T:
    """The value of type `kind` that `data` stands for. Raises Malformed, naming the type, where it does not fit."""
    try:
        return typing.cast(T, _decode(kind, data))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Malformed(f"not a {getattr(kind, '__name__', kind)}: {error}") from error


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _decode(kind: Any, data: Json) -> Any:
    origin = typing.get_origin(kind)
    if kind is Any:
        return data
    if origin in (Union, types.UnionType):
        return _decode_union(typing.get_args(kind), data)
    if origin in (tuple, list, frozenset, set):
        return origin(_decode_items(origin, typing.get_args(kind), data))
    if origin is not None and issubclass(origin, Mapping):
        return {key: _decode(typing.get_args(kind)[1], item) for key, item in data.items()}
    if dataclasses.is_dataclass(kind):
        return _decode_fields(typing.cast(Any, kind), data)
    return _decode_leaf(kind, data)


def _decode_fields(kind: Any, data: Json) -> Any:
    if data.get("type", kind.__name__) != kind.__name__:
        raise Malformed(f"it is a {data['type']}")
    hints = _hints(kind)
    names = {f.name for f in dataclasses.fields(kind)}
    return kind(**{k: _decode(hints[k], v) for k, v in data.items() if k in names})


def _decode_items(origin: type, arguments: tuple[Any, ...], data: Json) -> list[Any]:
    if not isinstance(data, list | tuple):
        raise Malformed(f"{data!r} is no list")
    if origin is not tuple or arguments[-1] is Ellipsis:
        return [_decode(arguments[0], item) for item in data]
    return [_decode(kind, item) for kind, item in zip(arguments, data, strict=True)]


def _decode_union(kinds: tuple[Any, ...], data: Json) -> Any:
    if data is None and type(None) in kinds:
        return None
    rest = [kind for kind in kinds if kind is not type(None)]
    if len(rest) == 1:
        return _decode(rest[0], data)
    for kind in rest:
        if isinstance(data, dict) and getattr(kind, "__name__", "") == data.get("type"):
            return _decode(kind, data)
        if kind in PLAIN and isinstance(data, kind):
            return data
    raise Malformed(f"none of {[getattr(k, '__name__', k) for k in rest]}")


def _decode_leaf(kind: Any, data: Json) -> Any:
    if kind in (datetime, date, time):
        return kind.fromisoformat(data)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        raise Malformed(f"{data!r} is no {kind.__name__}")
    return data
