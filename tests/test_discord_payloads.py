"""Discord's dispatches as our values: a payload of each kind as the gateway sends it, with what is understood."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.chat.discord.inbound import Me, parse
from bot.message import Inbound

SAMPLES = Path(__file__).parent / "payloads" / "discord"
INDEX = json.loads((SAMPLES / "index.json").read_text())["samples"]
ME = Me(id="1310000000000000042", threads=frozenset({"1310000000000000300"}))


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
def test_a_dispatch_is_understood(name: str) -> None:
    sample = json.loads((SAMPLES / f"{name}.json").read_text())
    assert shown(parse(sample["event"], sample["data"], ME)) == sample["parsed"]


def test_every_sample_names_its_source() -> None:
    assert {path.stem for path in SAMPLES.glob("*.json")} - {"index"} == set(INDEX)
