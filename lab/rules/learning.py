"""Facts out of a conversation, by rules: only what a person said in plain patterns, in their own words, never more."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from lab.dates import find

KNOWN = re.compile(r"^(?P<mark>m\d+) \[[\d-]+\] (?:\((?P<who>[^)]*)\) )?(?P<text>.*)$", re.M)
LINE = re.compile(r"^(?P<number>\d+) \[(?P<day>\d{4}-\d\d-\d\d) \w+\] (?P<words>.*)$", re.M)
END = r"(?=[.!?;,\n]|$| (?:and|but|because|since) )"
WHAT = rf"[^.!?;,\n]{{2,120}}?{END}"
PROMISED = "(?:send|call|pay|bring|write|give|finish)"
# What a sentence is about, its category and its pattern; a later one on the same takes the place of an earlier one.
PATTERNS = (
    ("name", "people", re.compile(rf"\bmy name is {WHAT}", re.I)),
    ("home", "places", re.compile(rf"\bi(?: now)? live in {WHAT}|\bi (?:have )?moved to {WHAT}", re.I)),
    ("work", "work", re.compile(rf"\bi(?: now)? work (?:at|for|as) {WHAT}", re.I)),
    ("", "health", re.compile(rf"\bi(?:'m| am) allergic to {WHAT}", re.I)),
    ("", "preferences", re.compile(rf"\bi(?: really)? (?:like|love|hate|prefer|don't like|do not like) {WHAT}", re.I)),
    ("", "preferences", re.compile(rf"\bi(?:'m| am) (?:a )?(?:vegetarian|vegan){END}", re.I)),
    ("", "commitments", re.compile(rf"\bi(?:'ll| will| promise to) {PROMISED} {WHAT}", re.I)),
    ("", "decisions", re.compile(rf"\b(?:i|we)(?: have)? decided (?:to|on|that) {WHAT}", re.I)),
    ("", "other", re.compile(rf"(?<=remember that ){WHAT}", re.I)),
)
THEIRS = re.compile(
    rf"\bmy (?P<what>wife|husband|partner|son|daughter|mother|father|sister|brother|boss|doctor|dog|cat)"
    rf"(?: is|'s name is| is called) {WHAT}",
    re.I,
)


def is_wanted(schema: Any) -> bool:
    """Whether facts with their evidence are asked for."""
    facts = schema.get("properties", {}).get("facts", {}) if isinstance(schema, dict) else {}
    asked = facts.get("items", {}).get("properties", {}) if isinstance(facts, dict) else {}
    return {"text", "quote", "message", "same", "supersedes"} <= set(asked)


def drawn(text: str) -> dict[str, Any]:
    """The facts in the numbered lines; `text` has the known ones with their marks in front."""
    known = [(found["mark"], found["text"]) for found in KNOWN.finditer(text.partition("</known>")[0])]
    facts = []
    for line in LINE.finditer(text.partition("<said>")[2]):
        for about, category, quote in _said(line["words"]):
            facts.append(_fact(line, category, quote) | _marks(about, quote, known))
    return {"facts": facts}


def _said(words: str) -> list[tuple[str, str, str]]:
    found = [(about, category, hit[0]) for about, category, one in PATTERNS for hit in one.finditer(words)]
    return found + [(hit["what"].lower(), "relations", hit[0]) for hit in THEIRS.finditer(words)]


def _fact(line: re.Match[str], category: str, quote: str) -> dict[str, Any]:
    said = datetime.fromisoformat(line["day"]).replace(hour=12, tzinfo=UTC)
    day = find(quote, said).day if category == "commitments" else None
    return {
        "text": quote,
        "who": "",
        "category": category,
        "confidence": 0.9,
        "manner": "stated",
        "message": int(line["number"]),
        "quote": quote,
        "due": day.isoformat() if day else "",
    }


def _marks(about: str, quote: str, known: list[tuple[str, str]]) -> dict[str, str]:
    same = next((mark for mark, text in known if text.lower() == quote.lower()), "")
    older = [mark for mark, text in known if about and any(about == other for other, _, _ in _said(text))]
    return {"same": same, "supersedes": older[0] if older and not same else ""}
