"""What the terminal shows: plain text and cards with numbered answers. Pure, but for the writing itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.action import Json

# Whoever may put control characters on a terminal may rewrite what stands on it.
UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
MARKS = re.compile(r"\*\*|\\(?=[\\`*_{}\[\]<>#|~!])|(?<![\w\\])_(?=\w)|(?<=[\w.!?:;)”])_(?!\w)")
UNFINISHED = re.compile(r"[*\\_]+$")  # may be half of a mark
PASSING = frozenset({"running", "undoing"})  # what follows in a moment says more
BADGES = {
    "open": "Waits for your answer",
    "snoozed": "Put off",
    "scheduled": "Planned",
    "running": "Running",
    "done": "Done",
    "undoing": "Undoing",
    "undone": "Taken back",
    "compensated": "Failed, and taken back",
    "failed": "Failed",
    "denied": "Declined",
    "expired": "Expired",
    "unknown": "Please check",
}


def plain(text: str) -> str:
    """CommonMark as people read it in a terminal: without emphasis marks, without anything that moves the cursor."""
    return MARKS.sub("", UNSAFE.sub("", text))


def card(message: Json) -> str:
    """The card in a frame, its answers numbered."""
    lines = [line for line in plain(message["text"]).split("\n") if line.strip()]
    framed = [f"┌ {BADGES.get(message['state'], plain(message['state']))}", *(f"│ {line}" for line in lines)]
    answers = " · ".join(f"{number} {plain(c['label'])}" for number, c in enumerate(message["choices"], 1))
    return "\n".join([*framed, f"└ {answers}" if answers else "└"])


def said(message: Json) -> str:
    """The words of a message and what came with it: "[voice note, 0:07]", "[chart.png]"."""
    lines = [plain(message["text"])] if message["text"] else []
    return "\n".join([*lines, *(f"[{_file(file)}]" for file in message["files"])])


def _file(file: Json) -> str:
    if file["kind"] != "voice":
        return plain(file["name"]).replace("\n", " ") or "file"
    minutes, seconds = divmod(int(file["duration"] or 0), 60)
    return f"voice note, {minutes}:{seconds:02}" if file["duration"] else "voice note"


@dataclass(slots=True)
class Screen:
    """Writes each message once, and an answer while it grows when somebody is watching (`live`)."""

    write: Callable[[str], None]
    live: bool
    _grown: str = ""  # how much of the growing answer stands on the screen
    _shown: dict[str, int] = field(default_factory=dict)  # message -> seq

    def grow(self, text: str) -> None:
        if not self.live:
            return
        text = UNFINISHED.sub("", plain(text))
        if text.startswith(self._grown):
            self.write(text[len(self._grown) :])
            self._grown = text

    def show(self, message: Json) -> None:
        if self._shown.get(message["id"], -1) >= message["seq"]:
            return
        if message["state"] in PASSING:
            return
        self._shown[message["id"]] = message["seq"]
        if message["author"] == "user":
            self._show_state(message)
        elif message["card"]:
            self.end()
            self.write(f"{card(message)}\n")
        else:
            self._finish(said(message))
            self._show_choices(message)

    def seq_of(self, id: str) -> int:
        """The newest `seq` under which a message was shown; -1 when it was not."""
        return self._shown.get(id, -1)

    def end(self) -> None:
        """The growing answer stands where it is; what comes next begins on a line of its own."""
        if self._grown:
            self.write("\n")
        self._grown = ""

    def _finish(self, text: str) -> None:
        if self._grown and text.startswith(self._grown):
            self.write(f"{text[len(self._grown) :]}\n")
            self._grown = ""
            return
        self.end()
        self.write(f"{text}\n")

    def _show_state(self, message: Json) -> None:
        if self.live and message["state"]:
            self.write(f"({plain(message['state'])})\n")

    def _show_choices(self, message: Json) -> None:
        if message["choices"]:
            answers = " · ".join(f"{number} {plain(c['label'])}" for number, c in enumerate(message["choices"], 1))
            self.write(f"[{answers}]\n")
