"""What a payload was understood as, in the form in which the samples under `tests/payloads` say it."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

from bot.message import Inbound


def shown(found: Inbound | None) -> Any:
    """As JSON, with the name of its type; what is as usual is left out."""
    return None if found is None else {"type": type(found).__name__} | _fields(found)


def _fields(value: Any) -> dict[str, Any]:
    fields = ((field, getattr(value, field.name)) for field in dataclasses.fields(value))
    return {field.name: _plain(content) for field, content in fields if content != field.default}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return _fields(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value
