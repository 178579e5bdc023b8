"""A voice note of ours, ready to be sent."""

from __future__ import annotations

from adapters.speech.sound import OGG
from bot.message import Attachment, Kind, Upload


def upload(note: bytes, duration: float) -> Upload:
    """`note` is OGG/Opus; `duration` in seconds."""
    about = Attachment(
        kind=Kind.VOICE, ref="", mime=OGG.mime, size=len(note), name=OGG.name, duration=round(duration, 3)
    )
    return Upload(about=about, content=note)
