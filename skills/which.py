"""Finding the one thing that a person means by some words: its id, its exact text, a part of it; else asking which."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from skills.sorry import Sorry
from skills.wording import bullets, plain

MOST = 10  # options in a question


class Kept(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=Kept)


def matches(words: str, things: Sequence[T], text: Callable[[T], str]) -> list[T]:
    """Those meant: the one with this id, else those with exactly this text, else with it as a part, else with all
    of its words in any order."""
    wanted = " ".join(words.casefold().split())
    if not wanted:
        return []
    by_id = [thing for thing in things if thing.id == words.strip()]
    texts = [" ".join(text(thing).casefold().split()) for thing in things]
    steps: tuple[Callable[[str], bool], ...] = (
        lambda own: own == wanted,
        lambda own: wanted in own,
        lambda own: set(wanted.split()) <= set(own.split()),
    )
    found = (([t for t, own in zip(things, texts, strict=True) if step(own)]) for step in steps)
    return by_id or next((hits for hits in found if hits), [])


def pick(words: str, things: Sequence[T], text: Callable[[T], str], noun: str) -> T:
    """The one thing meant. Raises Sorry when there is none, and when there are several: then it asks which."""
    hits = matches(words, things, text)
    if not hits:
        raise Sorry(f"I find no {noun} like “{plain(words)}”.")
    if len(hits) > 1:
        raise ask_which(hits, text, f"There are {len(hits)} {noun}s like “{plain(words)}”. Which one?")
    return hits[0]


def ask_which(hits: Sequence[T], text: Callable[[T], str], question: str) -> Sorry:
    shown = sorted(hits, key=lambda thing: text(thing).casefold())[:MOST]
    options = [{"id": thing.id, "text": text(thing)} for thing in shown]
    lines = bullets([plain(text(thing)) for thing in shown])
    return Sorry(f"{question}\n\n{lines}", data={"ask": "which", "options": options})
