"""What the stand-in holds: its account, what it spoke, what it will hear next, faults, and a log of everything."""

from __future__ import annotations

import base64
import hashlib
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from lab import faults
from lab.elevenlabs.refusal import Refusal
from lab.journal import Journal

Json = dict[str, Any]

VOICES = (  # id, name, description
    ("JBFqnCBsd6RMkjVDRZzb", "George - Warm Storyteller", "british, middle-aged"),
    ("21m00Tcm4TlvDq8ikWAM", "Rachel - Calm Narrator", "american, young"),
    ("LabVoiceOfClara00001", "Clara", "a voice that somebody made for this account"),
)
PERMISSIONS = ("speech_to_text", "text_to_speech", "voices_read")


@dataclass
class Fault(faults.Fault):
    """Of speech-to-text, text-to-speech or voices. `code` of an error beside its status; `drop` "hang": nothing ever
    comes."""

    code: str = ""
    retry_after: float | None = None


@dataclass
class World:
    key: str
    revoked: bool = False
    permissions: set[str] = field(default_factory=lambda: set(PERMISSIONS))
    credit: int | None = None  # characters that may still be spoken; None: no end
    spoken: list[Json] = field(default_factory=list)  # what was spoken how, oldest first
    told: dict[str, Json] = field(default_factory=dict)  # what to hear in the recording with this hash
    next: deque[Json] = field(default_factory=deque)  # what to hear in recordings to come
    journal: Journal = field(default_factory=Journal)
    faults: faults.Faults[Fault] = field(default_factory=lambda: faults.Faults(Fault))

    def pay(self, characters: int) -> None:
        if self.credit is None:
            return
        if characters > self.credit:
            raise Refusal(401, "quota_exceeded", f"This request exceeds your quota of {self.credit} credits.")
        self.credit -= characters

    def tell(self, heard: Json) -> None:
        """{text, language?, sha256? or base64?}: what is said in the recording with this hash or content, or in the
        next one."""
        digest = heard.get("sha256")
        if "base64" in heard:
            digest = hashlib.sha256(base64.b64decode(heard["base64"])).hexdigest()
        if digest is None:
            self.next.append(heard)
        else:
            self.told[digest] = {"text": heard["text"], "language": heard.get("language")}

    def hears(self, sound: bytes) -> Json | None:
        """{text, language?}: what was said to be in this recording, or what it spoke there itself."""
        digest = hashlib.sha256(sound).hexdigest()
        own = next((about for about in self.spoken if about["sha256"] == digest), None)
        return self.told.get(digest) or own or (self.next.popleft() if self.next else None)
