"""Recordings for tests, made on the spot: real containers and codecs, tones or (where espeak-ng is) real words."""

from __future__ import annotations

import array
import io
import math
import shutil
import subprocess
from functools import cache
from typing import Any

import av
import pytest
from av.audio.resampler import AudioResampler

FORMATS = {  # container and codec, by what people call it
    "ogg": ("ogg", "libopus", 48_000),
    "webm": ("webm", "libopus", 48_000),
    "m4a": ("ipod", "aac", 44_100),
    "aac": ("adts", "aac", 44_100),
    "mp3": ("mp3", "libmp3lame", 44_100),
    "wav": ("wav", "pcm_s16le", 16_000),
}
RATE = 48_000


def tone(seconds: float, height: int = 8_000, pitch: float = 440) -> bytes:
    """Samples, 16 bits, mono, at RATE. A `height` of 0 is silence."""
    count = int(RATE * seconds)
    second = array.array("h", (int(height * math.sin(2 * math.pi * pitch * at / RATE)) for at in range(RATE)))
    return (second.tobytes() * (count // RATE + 1))[: 2 * count]


def encoded(samples: bytes, format: str, *, slower: int = 1, layout: str = "mono") -> bytes:
    """`slower`: the container says that everything comes so many times later."""
    container, codec, rate = FORMATS[format]
    frame = av.AudioFrame(format="s16", layout="mono", samples=len(samples) // 2)
    frame.planes[0].update(samples.ljust(frame.planes[0].buffer_size, b"\0"))
    frame.sample_rate, frame.pts = RATE, 0
    written = io.BytesIO()
    with av.open(written, "w", format=container) as out:
        stream: Any = out.add_stream(codec, rate=rate, layout=layout)
        resampler = AudioResampler(format=stream.format.name, layout=layout, rate=rate)
        for given in (frame, None):
            for piece in resampler.resample(given):
                _write(out, stream.encode(piece), slower)
        _write(out, stream.encode(None), slower)
    return written.getvalue()


def _write(out: Any, packets: list[Any], slower: int) -> None:
    for packet in packets:
        packet.pts, packet.dts = packet.pts * slower, packet.dts * slower
        out.mux(packet)


def recording(format: str = "ogg", seconds: float = 1.0, *, pitch: float = 440) -> bytes:
    """Something that can be heard; another `pitch` is another recording."""
    return encoded(tone(seconds, pitch=pitch), format)


def silence(format: str = "ogg", seconds: float = 1.0) -> bytes:
    return encoded(tone(seconds, height=0), format)


def ogg_repaired(sound: bytes) -> bytes:
    """With the right checksum on every page (RFC 3533), as somebody would send it who means to break us."""
    pages = [b"OggS" + page for page in (b"OggS" + sound[4:]).split(b"OggS")[1:]]
    zeroed = [page[:22] + bytes(4) + page[26:] for page in pages]
    return b"".join(page[:22] + _checksum(page).to_bytes(4, "little") + page[26:] for page in zeroed)


def _checksum(page: bytes) -> int:
    found = 0
    for byte in page:
        found = (found << 8 & 0xFFFFFFFF) ^ _checksums()[found >> 24 ^ byte]
    return found


@cache
def _checksums() -> list[int]:
    """Of each byte, with the polynomial 0x04c11db7, the highest bit first."""
    found = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
        found.append(value)
    return found


def film(format: str) -> bytes:
    """A moving picture of half a second, `mp4` or `webm`."""
    written = io.BytesIO()
    with av.open(written, "w", format=format) as out:
        stream: Any = out.add_stream({"mp4": "mpeg4", "webm": "libvpx"}[format], rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(5):
            frame = av.VideoFrame(64, 64, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return written.getvalue()


def words(text: str) -> bytes:
    """The text in WAV, as espeak-ng says it; the test is skipped where that is not installed."""
    program = shutil.which("espeak-ng")
    if program is None:
        pytest.skip("espeak-ng is not installed: apt-get install espeak-ng")
    return subprocess.run([program, "--stdout", text], capture_output=True, check=True, timeout=60).stdout
