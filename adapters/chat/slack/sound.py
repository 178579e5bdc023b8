"""A voice note as a sound that Slack plays on every device: AAC instead of Opus. Slow: call it in a thread."""

from __future__ import annotations

import io

SUFFIX = ".m4a"
RATE = 48_000  # samples a second


def playable(sound: bytes) -> bytes:
    """OGG/Opus as M4A. Raises ValueError for what is no sound."""
    import av

    found = io.BytesIO()
    try:
        with av.open(io.BytesIO(sound), "r") as source, av.open(found, "w", format="ipod") as target:
            stream = target.add_stream("aac", rate=RATE, layout="mono")
            for frame in source.decode(audio=0):
                frame.pts = None
                target.mux(stream.encode(frame))
            target.mux(stream.encode(None))
    except (av.FFmpegError, IndexError) as error:
        raise ValueError(f"not a sound: {error}") from error
    return found.getvalue()
