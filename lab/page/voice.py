"""A browser's recording as a voice note: the apps record Ogg with Opus, browsers record what they like."""

from __future__ import annotations

import io
from typing import Any, cast

import av

RATE = 48_000
BITS = 32_000  # per second: plenty for a voice
LONGEST = 300  # seconds


class Unheard(Exception):
    """These bytes are no sound that can be read."""


def to_voice_note(recording: bytes) -> tuple[bytes, int]:
    """Ogg/Opus, mono, and its length in whole seconds (at least one). Raises Unheard."""
    out = io.BytesIO()
    samples = 0
    try:
        with av.open(io.BytesIO(recording), "r") as source, av.open(out, "w", format="ogg") as target:
            stream = cast(Any, target.add_stream("libopus", rate=RATE))
            stream.layout, stream.bit_rate = "mono", BITS
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
            for frame in source.decode(audio=0):
                for part in resampler.resample(frame):
                    samples += part.samples
                    target.mux(stream.encode(part))
                if samples > LONGEST * RATE:
                    break
            for part in resampler.resample(None):
                target.mux(stream.encode(part))
            target.mux(stream.encode(None))
    except (av.FFmpegError, IndexError) as error:
        raise Unheard("This is no recording that can be read.") from error
    return out.getvalue(), max(1, round(samples / RATE))
