"""Every kind of update in the shape in which Telegram sends it, and what it becomes."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.chat.telegram.inbound import Me, parse
from bot.message import Inbound

SAMPLES = Path(__file__).parent / "payloads" / "telegram"
INDEX = json.loads((SAMPLES / "index.json").read_text())["samples"]
ME = Me(id="6000111222", username="my_aurelius_bot")


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


@pytest.mark.parametrize("name", sorted(INDEX))
def test_an_update_is_understood(name: str) -> None:
    sample = json.loads((SAMPLES / f"{name}.json").read_text())
    assert shown(parse(sample["update"], ME)) == sample["parsed"]


def test_every_sample_names_its_source() -> None:
    assert {path.stem for path in SAMPLES.glob("*.json")} - {"index"} == set(INDEX)
    assert all(INDEX.values())
