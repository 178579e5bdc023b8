"""Finding the one thing that a person means by some words: its id, its exact text, a part of it; else asking which.

Of things that are called the same, each is shown with a mark, the end of its id ("#3f2a9c"), which names it too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from skills.sorry import Sorry
from skills.wording import bullets, plain

MOST = 10  # options in a question
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|#[0-9a-f]{6}")  # or a mark


class Kept(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=Kept)


def mark(thing: Kept) -> str:
    return f"#{thing.id[-6:]}"


def by_id(words: str, things: Sequence[T]) -> list[T]:
    """Those with this id or mark."""
    return [thing for thing in things if words.strip() in (thing.id, mark(thing))]


def matches(words: str, things: Sequence[T], text: Callable[[T], str]) -> list[T]:
    """Those meant: the one with this id, else those with exactly this text, else with it as a part, else with all
    of its words in any order."""
    wanted = " ".join(words.casefold().split())
    if not wanted:
        return []
    texts = [" ".join(text(thing).casefold().split()) for thing in things]
    steps: tuple[Callable[[str], bool], ...] = (
        lambda own: own == wanted,
        lambda own: wanted in own,
        lambda own: set(wanted.split()) <= set(own.split()),
    )
    found = (([t for t, own in zip(things, texts, strict=True) if step(own)]) for step in steps)
    return by_id(words, things) or next((hits for hits in found if hits), [])


def pick(words: str, things: Sequence[T], text: Callable[[T], str], noun: str) -> T:
    """The one thing meant. Raises Sorry when there is none, and when there are several: then it asks which."""
    hits = matches(words, things, text)
    if not hits:
        raise Sorry(f"I find no {noun} like “{plain(words)}”.")
    if len(hits) > 1:
        raise ask_which(hits, text, f"There are {len(hits)} {noun}s like “{plain(words)}”. Which one?")
    return hits[0]


def ask_which(
    hits: Sequence[T], text: Callable[[T], str], question: str, name: Callable[[T], str] | None = None
) -> Sorry:
    """The question, with the options as `text` shows them; `name` is what they are called, where that is less."""
    called = name or text
    times = Counter(called(thing).casefold() for thing in hits)

    def shown(thing: T) -> str:
        return f"{text(thing)} ({mark(thing)})" if times[called(thing).casefold()] > 1 else text(thing)

    first = sorted(hits, key=lambda thing: text(thing).casefold())[:MOST]
    options = [{"id": thing.id, "text": shown(thing)} for thing in first]
    lines = bullets([plain(shown(thing)) for thing in first])
    return Sorry(f"{question}\n\n{lines}", data={"ask": "which", "options": options})
