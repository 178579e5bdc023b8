"""What a recording is, found out from its content and never from its name: its container, its length, whether there is
anything to hear in it. And a voice note as every chat app takes it: OGG with Opus.

FFmpeg (through PyAV) reads it. It is told the container that the first bytes show, because some formats that it would
guess are lists of other files. Everything here blocks: call it in a thread. PyAV is imported at the first use.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.ports import Unheard

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet

LARGEST = 10 * 1024 * 1024  # bytes
SHORTEST, LONGEST = 0.1, 2 * 3600.0  # seconds
LONGEST_NOTE = 1_200.0  # seconds of what we say; a header that lies could ask for days
LOUD = 64  # of 32,768: what stays below it throughout is silence (-54 dB)
SEARCHED = 600.0  # seconds in which something must be heard; after so much silence the service may decide
MISSING = 1.0  # seconds that may lack at the end of what the header promises; encoders round
RATES = range(1_000, 400_000)  # Hz; a header that lies about it costs minutes of computing
RATE = 48_000  # Hz; the only one that Opus in OGG counts in
BITS = 32_000  # a second; speech sounds well in it

INSTEAD = "Please record it again, or write it to me."
EMPTY = f"This recording is empty. {INSTEAD}"
TOO_LARGE = "This recording is larger than 10 MB. Please send a shorter one, or write it to me."
NOT_SOUND = f"I cannot play this: it is no recording in OGG, M4A, WebM, MP3 or WAV. {INSTEAD}"
VIDEO = "This is a video, and I listen to sound alone. Please send a voice note, or write it to me."
DAMAGED = f"This recording is damaged; it may have broken off on its way. {INSTEAD}"
TOO_SHORT = f"This recording is too short to hear anything in it. {INSTEAD}"
TOO_LONG = "This recording is longer than two hours. Please send a shorter one, or write it to me."
SILENT = f"There is nothing to hear in this recording; was the microphone on? {INSTEAD}"


@dataclass(frozen=True, slots=True)
class Container:
    """`demuxer` is FFmpeg's name of it; the name and the mime are for whoever it is sent to."""

    demuxer: str
    name: str
    mime: str


OGG = Container("ogg", "voice.ogg", "audio/ogg")
WEBM = Container("matroska", "voice.webm", "audio/webm")
M4A = Container("mov", "voice.m4a", "audio/mp4")
MP3 = Container("mp3", "voice.mp3", "audio/mpeg")
WAV = Container("wav", "voice.wav", "audio/wav")
AAC = Container("aac", "voice.aac", "audio/aac")
PROMISED = (WEBM, M4A)  # their header tells the length


def container_of(sound: bytes) -> Container | None:
    """By the first bytes; None for anything else than sound that we take."""
    if sound[:4] == b"OggS":
        return OGG
    if sound[:4] == b"RIFF" and sound[8:12] == b"WAVE":
        return WAV
    if sound[:4] == b"\x1aE\xdf\xa3":
        return WEBM
    if sound[4:8] == b"ftyp":
        return M4A
    if sound[:3] == b"ID3" or _begins_frame(sound, 0b11100110, 0b11100010):  # layer III
        return MP3
    return AAC if _begins_frame(sound, 0b11110110, 0b11110000) else None  # ADTS


def _begins_frame(sound: bytes, mask: int, bits: int) -> bool:
    return len(sound) > 1 and sound[0] == 0xFF and sound[1] & mask == bits


def listen(sound: bytes) -> float:
    """The length of a recording in seconds. Raises Unheard for what is no recording that could be understood."""
    if not sound:
        raise Unheard(EMPTY)
    if len(sound) > LARGEST:
        raise Unheard(TOO_LARGE)
    with _opened(sound) as (container, stream):
        seconds = _length(container, stream)
        promised = (container.duration or 0) / 1_000_000 if container_of(sound) in PROMISED else 0.0
    if seconds > LONGEST:
        raise Unheard(TOO_LONG)
    if promised - seconds > MISSING or _wav_broke_off(sound):
        raise Unheard(DAMAGED)
    if seconds < SHORTEST:
        raise Unheard(TOO_SHORT)
    with _opened(sound) as (container, stream):
        if not _audible(container, stream):
            raise Unheard(SILENT)
    return seconds


def voice_note(sound: bytes) -> tuple[bytes, float]:
    """The same sound in OGG/Opus, as it is when it is that already, and its seconds. Raises Unheard (DAMAGED)."""
    with _opened(sound) as (container, stream):
        fits = (container.format.name, stream.codec_context.name) == (OGG.demuxer, "opus")
        seconds = _length(container, stream)
    if seconds > LONGEST_NOTE:
        raise Unheard(DAMAGED)
    if fits:
        return sound, seconds
    with _opened(sound) as (container, stream):
        note = _encoded(container, stream)
    with _opened(note) as (container, stream):
        return note, _length(container, stream)


@contextmanager
def _opened(sound: bytes) -> Iterator[tuple[InputContainer, AudioStream]]:
    import av
    from av.error import FFmpegError

    kind = container_of(sound)
    if kind is None:
        raise Unheard(NOT_SOUND)
    try:
        with av.open(io.BytesIO(sound), "r", format=kind.demuxer, metadata_errors="ignore") as container:
            if any(not _is_cover(stream.disposition) for stream in container.streams.video):
                raise Unheard(VIDEO)
            known = [stream for stream in container.streams.audio if stream.codec_context is not None]
            if not known:
                raise Unheard(NOT_SOUND)
            yield container, known[0]
    except FFmpegError as error:
        raise Unheard(DAMAGED) from error


def _is_cover(disposition: int) -> bool:
    from av.stream import Disposition

    return bool(disposition & Disposition.attached_pic)


def _length(container: InputContainer, stream: AudioStream) -> float:
    """Seconds from the first to the end of the last packet."""
    begin, end = None, 0.0
    for packet in container.demux(stream):
        if packet.pts is not None:
            at = float(packet.pts * packet.time_base)
            begin = at if begin is None else begin
            end = max(end, at + float((packet.duration or 0) * packet.time_base))
            if end - begin > LONGEST:
                break
    return end - (begin or 0.0)


def _wav_broke_off(sound: bytes) -> bool:
    """WAV tells its size; who writes it while recording puts something huge there."""
    promised = int.from_bytes(sound[4:8], "little") + 8
    return container_of(sound) is WAV and len(sound) < promised <= 2 * LARGEST


def _audible(container: InputContainer, stream: AudioStream) -> bool:
    searched = None
    for piece in _resampled(_frames(container, stream), 8_000):
        samples = memoryview(bytes(piece.planes[0])[: 2 * piece.samples]).cast("h")
        searched = (searched or 0.0) + piece.samples / 8_000
        if max(samples, default=0) >= LOUD or min(samples, default=0) <= -LOUD or searched > SEARCHED:
            return True
    if searched is None:
        raise Unheard(DAMAGED)
    return False


def _resampled(frames: Iterable[AudioFrame], rate: int) -> Iterator[AudioFrame]:
    """One channel of 16 bits at `rate`. A sound may change its own rate or channels on the way."""
    from av.audio.resampler import AudioResampler

    resampler, shape = None, None
    for frame in frames:
        if shape != (shape := (frame.format.name, frame.layout.name, frame.sample_rate)):
            if resampler is not None:
                yield from resampler.resample(None)
            if frame.sample_rate not in RATES:
                raise Unheard(DAMAGED)
            resampler = AudioResampler(format="s16", layout="mono", rate=rate)
        if resampler is not None:
            yield from resampler.resample(frame)
    if resampler is not None:
        yield from resampler.resample(None)


def _frames(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    """What can be decoded: one broken packet, as at the beginning of a cut MP3, does not spoil the rest."""
    for packet in container.demux(stream):
        yield from _decoded(packet)


def _decoded(packet: Packet[AudioStream]) -> list[AudioFrame]:
    from av.error import InvalidDataError

    try:
        return packet.decode()
    except InvalidDataError:
        return []


def _encoded(container: InputContainer, stream: AudioStream) -> bytes:
    import av

    written = io.BytesIO()
    with av.open(written, "w", format=OGG.demuxer) as out:
        note = out.add_stream("libopus", rate=RATE, layout="mono")
        note.bit_rate = BITS
        for piece in _resampled(_frames(container, stream), RATE):
            piece.pts = None  # counted anew: what was cut or pieced together has holes
            _write(out, note.encode(piece))
        _write(out, note.encode(None))
    return written.getvalue()


def _write(out: OutputContainer, packets: list[Packet[AudioStream]]) -> None:
    for packet in packets:
        out.mux(packet)
