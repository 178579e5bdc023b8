"""Every kind of delivery in the shape in which Slack sends it, and what it becomes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.chat.slack.inbound import Around, Me, parse, sender_of, tenant_of
from tests.understood import shown

SAMPLES = Path(__file__).parent / "payloads" / "slack"
INDEX = json.loads((SAMPLES / "index.json").read_text())["samples"]
AROUND = Around(
    me=Me(team="T0HARBOUR", user="U0AURELIUS", bot="B0AURELIUS"),
    now=datetime(2026, 12, 1, 8, 30, tzinfo=UTC),
    names={"U0MIA": "Mia Kern (@mia)", "U0OTTO": "Otto Blum (@otto)"},
    direct="D0MIA",
)


@pytest.mark.parametrize("name", sorted(INDEX))
def test_a_delivery_is_understood(name: str) -> None:
    sample = json.loads((SAMPLES / f"{name}.json").read_text())
    assert shown(parse(sample["delivery"], AROUND)) == sample["parsed"]


@pytest.mark.parametrize("name", sorted(INDEX))
def test_a_delivery_names_its_workspace_and_who_did_it(name: str) -> None:
    sample = json.loads((SAMPLES / f"{name}.json").read_text())
    assert tenant_of(sample["delivery"]) == "T0HARBOUR"
    if sample["parsed"] is not None:
        assert sender_of(sample["delivery"]) == sample["parsed"]["sender"]["id"]


def test_every_sample_names_its_source() -> None:
    assert {path.stem for path in SAMPLES.glob("*.json")} - {"index"} == set(INDEX)
    assert all(INDEX.values())
    assert len(INDEX) >= 25
