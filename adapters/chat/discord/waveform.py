"""How a voice note looks before it is heard: the loudness of its stretches, as Discord's bubble shows it."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from itertools import pairwise

POINTS = 256  # at most
PER_SECOND = 10
RATE = 8_000  # samples a second are enough to see how loud it is
LOUDEST = 32_767


def drawn(sound: bytes) -> tuple[float, str]:
    """(seconds, waveform in base64) of a recording. Slow: call it in a thread. Raises ValueError for what is no
    sound."""
    samples = _samples(sound)
    if not samples:
        raise ValueError("no sound in it")
    return len(samples) / RATE, base64.b64encode(_peaks(samples)).decode()


def _samples(sound: bytes) -> memoryview:
    import av

    found = bytearray()
    try:
        with av.open(io.BytesIO(sound), "r", format="ogg") as container:
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
            for frame in container.decode(audio=0):
                for piece in resampler.resample(frame):
                    found += bytes(piece.planes[0])[: piece.samples * 2]
            for piece in resampler.resample(None):
                found += bytes(piece.planes[0])[: piece.samples * 2]
    except (av.FFmpegError, IndexError) as error:
        raise ValueError(str(error)) from error
    return memoryview(bytes(found)).cast("h")


def _peaks(samples: Sequence[int]) -> bytes:
    """One point for each stretch: how loud it is there, of 255."""
    points = max(1, min(POINTS, len(samples) * PER_SECOND // RATE))
    borders = [len(samples) * point // points for point in range(points + 1)]
    stretches = [samples[begin:end] for begin, end in pairwise(borders)]
    return bytes(min(255, max(abs(sample) for sample in stretch) * 255 // LOUDEST) for stretch in stretches)
