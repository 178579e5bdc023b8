"""Whatever somebody sends as a recording, looking at it says what it is and never breaks."""

from __future__ import annotations

import contextlib
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.speech.sound import container_of, listen, voice_note
from bot.ports import Unheard
from tests.sounds import FORMATS, encoded, ogg_repaired, recording, tone


@cache
def half_a_second(format: str) -> bytes:
    return recording(format, 0.5)


CHANGES = st.lists(st.tuples(st.integers(4, 20_000), st.integers(0, 255)), max_size=12)


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(changes=CHANGES, kept=st.floats(0, 1))
def test_a_broken_recording_is_heard_or_refused_and_nothing_else(
    format: str, changes: list[tuple[int, int]], kept: float
) -> None:
    sound = bytearray(half_a_second(format))
    for at, byte in changes:
        sound[at % (400 if byte % 2 else len(sound))] = byte  # most often in the header
    sound = sound[: int(len(sound) * (kept + 0.5))]
    sent = ogg_repaired(bytes(sound)) if format == "ogg" else bytes(sound)
    for look in (listen, voice_note):
        with contextlib.suppress(Unheard):
            look(sent)


@given(st.binary(max_size=200))
def test_what_is_no_recording_is_refused(content: bytes) -> None:
    with pytest.raises(Unheard):
        listen(content)


def test_a_sound_that_changes_on_the_way_is_heard_to_its_end() -> None:
    mono, stereo = recording("aac", 1.0), encoded(tone(1.0), "aac", layout="stereo")
    note, duration = voice_note(mono + stereo)
    assert duration == pytest.approx(2.0, abs=0.2)
    assert listen(mono + stereo) == pytest.approx(2.0, abs=0.2)
    assert container_of(note) == container_of(recording("ogg"))


@pytest.mark.parametrize("rate", [4, 1_140_866_688])
def test_a_header_that_lies_does_not_keep_us_busy(rate: int) -> None:
    sound = bytearray(recording("wav", 1.0))
    sound[24:28] = rate.to_bytes(4, "little")
    with pytest.raises(Unheard, match="damaged"):
        voice_note(bytes(sound))
