"""People the person knows, and who is meant by a name."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Sequence

from bot.records import Contact
from memory.rows import Shape, Versioned
from memory.tables import contacts

MOST = 5000


class OwnContacts(Versioned[Contact]):
    shape = Shape(Contact, contacts)

    async def list(self, limit: int = 200) -> builtins.list[Contact]:
        return await self._list(order=[contacts.c.name, contacts.c.id], limit=limit)

    async def named(self, name: str) -> builtins.list[Contact]:
        """All who may be meant: by full name, part of it, or a learned name (a learned name alone decides)."""
        return meant(name, await self.list(limit=MOST))


def meant(name: str, known: Sequence[Contact]) -> list[Contact]:
    """The first of these rules that finds somebody: learned name, full name of two words or more, whole words of the
    name, beginnings of its words, e-mail address."""
    wanted = _words(name)
    if not wanted:
        return []
    rules: tuple[Callable[[Contact], bool], ...] = (
        lambda c: wanted in [_words(called) for called in c.called],
        lambda c: len(wanted) > 1 and _words(c.name) == wanted,
        lambda c: set(wanted) <= set(_words(c.name)),
        lambda c: all(any(word.startswith(part) for word in _words(c.name)) for part in wanted),
        lambda c: c.email.casefold() == name.strip().casefold(),
    )
    return next((found for rule in rules if (found := [c for c in known if rule(c)])), [])


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
