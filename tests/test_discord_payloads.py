"""Discord's dispatches as our values: a payload of each kind as the gateway sends it, with what is understood."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.chat.discord.inbound import Me, parse
from tests.understood import shown

SAMPLES = Path(__file__).parent / "payloads" / "discord"
INDEX = json.loads((SAMPLES / "index.json").read_text())["samples"]
ME = Me(id="1310000000000000042", threads=frozenset({"1310000000000000300"}))


@pytest.mark.parametrize("name", sorted(INDEX))
def test_a_dispatch_is_understood(name: str) -> None:
    sample = json.loads((SAMPLES / f"{name}.json").read_text())
    assert shown(parse(sample["event"], sample["data"], ME)) == sample["parsed"]


def test_every_sample_names_its_source() -> None:
    assert {path.stem for path in SAMPLES.glob("*.json")} - {"index"} == set(INDEX)
