"""Real sound for the stand-in: words by espeak-ng where it is installed, else one tone for each syllable, written in
the container and codec that was asked for. And the length of a sound that came in. Blocks: call it in a thread."""

from __future__ import annotations

import array
import io
import math
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import av
from av.audio.resampler import AudioResampler

RATE = 22_050  # Hz of what is spoken, before it is encoded
SYLLABLE, GAP = 0.18, 0.05  # seconds
WORDS_PER_MINUTE = 165
LONGEST = 10_000  # characters that espeak-ng is given
CONTAINERS = {"opus": ("ogg", "libopus"), "mp3": ("mp3", "libmp3lame"), "wav": ("wav", "pcm_s16le")}
MIMES = {"opus": "audio/ogg", "mp3": "audio/mpeg", "wav": "audio/wav", "pcm": "audio/pcm"}


def spoken(text: str, codec: str, rate: int, bits: int, speed: float, language: str) -> bytes:
    """`codec` opus, mp3, wav or pcm; `bits` a second, 0 where the codec has no choice."""
    samples = _by_espeak(text, speed, language) or _by_tones(text, speed)
    return _encoded(samples, codec, rate, bits)


def seconds(sound: bytes) -> float:
    """The length of any sound that FFmpeg can read. Raises ValueError for anything else."""
    try:
        with av.open(io.BytesIO(sound), "r", metadata_errors="ignore") as container:
            if not container.streams.audio:
                raise ValueError("no sound in it")
            frames = sum(frame.samples / frame.sample_rate for frame in container.decode(container.streams.audio[0]))
    except av.error.FFmpegError as error:
        raise ValueError("not a sound") from error
    return float(frames)


def _by_espeak(text: str, speed: float, language: str) -> bytes:
    program = shutil.which("espeak-ng")
    if program is None:
        return b""
    pace = str(int(WORDS_PER_MINUTE * speed))
    for voice in (language, "en"):  # espeak-ng may not know the language
        made = subprocess.run(  # noqa: S603 - the text goes in by stdin
            [program, "--stdout", "--stdin", "-s", pace, "-v", voice],
            input=text[:LONGEST].encode(), capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        if made.returncode == 0:
            return b"".join(_samples(made.stdout))
    return b""


def _samples(wav: bytes) -> Iterator[bytes]:
    resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(io.BytesIO(wav), "r", format="wav") as container:
        for frame in container.decode(container.streams.audio[0]):
            for piece in resampler.resample(frame):
                yield bytes(piece.planes[0])[: 2 * piece.samples]


def _by_tones(text: str, speed: float) -> bytes:
    """Lower and higher by the syllable's letters, so that different words sound different."""
    samples = array.array("h")
    for syllable in re.findall(r"[^\W\d_]*?[aeiouyäöüáéíóúàèу]+|\w", text.lower()) or ["m"]:
        pitch = 110 + sum(map(ord, syllable)) % 220
        count = int(RATE * SYLLABLE / speed)
        tone = (math.sin(math.pi * at / count) * math.sin(2 * math.pi * pitch * at / RATE) for at in range(count))
        samples.extend(int(9_000 * height) for height in tone)
        samples.extend([0] * int(RATE * GAP / speed))
    return samples.tobytes()


def _encoded(samples: bytes, codec: str, rate: int, bits: int) -> bytes:
    frame = av.AudioFrame(format="s16", layout="mono", samples=len(samples) // 2)
    frame.planes[0].update(samples.ljust(frame.planes[0].buffer_size, b"\0"))
    frame.sample_rate, frame.pts = RATE, 0
    if codec == "pcm":
        resampler = AudioResampler(format="s16", layout="mono", rate=rate)
        pieces = [piece for given in (frame, None) for piece in resampler.resample(given)]
        return b"".join(bytes(piece.planes[0])[: 2 * piece.samples] for piece in pieces)
    container, encoder = CONTAINERS[codec]
    written = io.BytesIO()
    with av.open(written, "w", format=container) as out:
        stream: Any = out.add_stream(encoder, rate=rate, layout="mono")
        if bits:
            stream.bit_rate = bits
        resampler = AudioResampler(format=stream.format.name, layout="mono", rate=rate)
        for given in (frame, None):
            for piece in resampler.resample(given):
                out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return written.getvalue()
