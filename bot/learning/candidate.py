"""What the model proposes to remember, before anybody has decided whether it is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from bot.action import Json
from bot.codec import Malformed, decode
from bot.records import Fact

CATEGORIES = (
    "people relations preferences commitments decisions places health finance work family other".split()
)  # fmt: skip
STATED = "stated"
MANNERS = (STATED, "question", "hypothetical", "joke", "negated", "reported", "small talk", "about the assistant")
MOST = 30  # of one answer that are looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """`message` is the number of the line that `quote` stands in; `same` and `supersedes` are marks of known facts."""

    text: str
    who: str
    category: str
    confidence: float
    manner: str
    message: int
    quote: str
    due: str
    same: str
    supersedes: str

    @property
    def due_date(self) -> date | None:
        try:
            return date.fromisoformat(self.due)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """A fact that may be kept, and the ids of the known facts that the model says it repeats or takes the place of."""

    fact: Fact
    same: str | None = None
    supersedes: str | None = None


def _schema() -> Json:
    about: dict[str, Json] = {
        "text": {"type": "string", "description": "one short sentence that can stand alone"},
        "who": {"type": "string", "description": "whom it is about: their name; empty for the person themself"},
        "category": {"type": "string", "enum": [*CATEGORIES]},
        "confidence": {"type": "number", "description": "in the category, 0 to 1"},
        "manner": {"type": "string", "enum": [*MANNERS]},
        "message": {"type": "integer", "description": "number of the person's line"},
        "quote": {"type": "string", "description": "the words of that line that say it, copied exactly"},
        "due": {"type": "string", "description": "of a commitment: its day as YYYY-MM-DD, else empty"},
        "same": {"type": "string", "description": "mark of the known fact that says this already, else empty"},
        "supersedes": {"type": "string", "description": "mark of the known fact that this makes untrue, else empty"},
    }
    one = {"type": "object", "properties": about, "required": [*about], "additionalProperties": False}
    facts = {"type": "array", "items": one}
    return {"type": "object", "properties": {"facts": facts}, "required": ["facts"], "additionalProperties": False}


SCHEMA = _schema()


def candidates(answer: str) -> tuple[Candidate, ...]:
    """Those in the model's answer that can be read; an answer that was cut off or is no JSON has none."""
    try:
        given = json.loads(answer)["facts"]
    except (ValueError, KeyError, TypeError):
        return ()
    found = list[Candidate]()
    for item in given[:MOST] if isinstance(given, list) else ():
        try:
            found.append(decode(Candidate, item))
        except Malformed:
            continue
    return tuple(found)
