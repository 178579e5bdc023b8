"""What the stand-in holds: its account, what it spoke, what it will hear next, faults, and a log of everything."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from lab.elevenlabs.refusal import Refusal

Json = dict[str, Any]

VOICES = (  # id, name, description
    ("JBFqnCBsd6RMkjVDRZzb", "George - Warm Storyteller", "british, middle-aged"),
    ("21m00Tcm4TlvDq8ikWAM", "Rachel - Calm Narrator", "american, young"),
    ("LabVoiceOfClara00001", "Clara", "a voice that somebody made for this account"),
)
PERMISSIONS = ("speech_to_text", "text_to_speech", "voices_read")


@dataclass
class Fault:
    """The next `times` calls of `method` (speech-to-text, text-to-speech, voices) fail. `status`, with the error's
    `code`; `drop`: the connection breaks "before" or "after" the call did its work, or nothing ever comes ("hang")."""

    method: str
    status: int = 0
    code: str = ""
    retry_after: float | None = None
    times: int = 1
    drop: str = ""
    skip: int = 0  # calls that pass first


@dataclass
class World:
    key: str
    revoked: bool = False
    permissions: set[str] = field(default_factory=lambda: set(PERMISSIONS))
    credit: int | None = None  # characters that may still be spoken; None: no end
    spoken: list[Json] = field(default_factory=list)  # what was spoken how, oldest first
    told: dict[str, Json] = field(default_factory=dict)  # what to hear in the recording with this hash
    next: deque[Json] = field(default_factory=deque)  # what to hear in recordings to come
    faults: list[Fault] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def note(self, what: str, **about: Any) -> None:
        """One line of the log; whoever waits for something looks again."""
        async with self.changed:
            self.events.append({"n": len(self.events), "what": what, "at": time.time()} | about)
            self.changed.notify_all()

    def fault(self, method: str) -> Fault | None:
        """The fault that strikes this call, used up by it."""
        for fault in self.faults:
            if fault.method != method or not fault.times:
                continue
            if fault.skip:
                fault.skip -= 1
                return None
            fault.times -= 1
            return fault
        return None

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
