"""The words for what arrives and what goes back: limits of buttons, keys of conversations, a person's own time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.message import Address, Choice, Tone
from bot.people import Scope, User


@pytest.mark.parametrize(("label", "token"), [("A", "t"), ("A" * 20, "t" * 64), ("é" * 20, "é" * 32)])
def test_a_button_within_the_limits_of_all_platforms_is_made(label: str, token: str) -> None:
    assert Choice(label=label, token=token).tone is Tone.NEUTRAL


@pytest.mark.parametrize("label", ["", "A" * 21])
def test_a_label_has_one_to_twenty_characters(label: str) -> None:
    with pytest.raises(ValueError, match="1 to 20 characters"):
        Choice(label=label, token="t")


@pytest.mark.parametrize("token", ["", "t" * 65, "é" * 33])
def test_a_token_has_one_to_sixty_four_bytes(token: str) -> None:
    with pytest.raises(ValueError, match="1 to 64 bytes"):
        Choice(label="A", token=token)


def test_every_part_of_an_address_makes_another_conversation() -> None:
    places = [("p", "t", "x", ""), ("p", "t", "x", "1"), ("p", "", "tx", ""), ("p", "u", "x", ""), ("q", "t", "x", "")]
    keys = {Address(platform=a, tenant=b, place=c, thread=d).conversation for a, b, c, d in places}
    assert len(keys) == 5


def test_a_person_reads_the_time_of_their_own_zone() -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert User(id="u", org="o", name="", zone="Europe/Berlin").local(noon).hour == 14
    assert User(id="u", org="o", name="").local(noon).hour == 12


def test_a_user_is_the_scope_of_their_data() -> None:
    assert User(id="u", org="o", name="").scope == Scope(org="o", user="u")
