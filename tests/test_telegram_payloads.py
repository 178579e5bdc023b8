"""Every kind of update in the shape in which Telegram sends it, and what it becomes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.chat.telegram.inbound import Me, parse
from tests.understood import shown

SAMPLES = Path(__file__).parent / "payloads" / "telegram"
INDEX = json.loads((SAMPLES / "index.json").read_text())["samples"]
ME = Me(id="6000111222", username="my_aurelius_bot")


@pytest.mark.parametrize("name", sorted(INDEX))
def test_an_update_is_understood(name: str) -> None:
    sample = json.loads((SAMPLES / f"{name}.json").read_text())
    assert shown(parse(sample["update"], ME)) == sample["parsed"]


def test_every_sample_names_its_source() -> None:
    assert {path.stem for path in SAMPLES.glob("*.json")} - {"index"} == set(INDEX)
    assert all(INDEX.values())
