"""What a new fact does to what is known: nothing new, something more, or something that takes another's place. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.learning.candidate import Find
from bot.learning.statement import is_negative, statement, within
from bot.records import Fact

OF_THEMSELF = re.compile(r"\b(?:i|my|me|user|person|ich|meine?)\b", re.I)


def merge(find: Find, known: Sequence[Fact]) -> tuple[Fact, ...]:
    """The facts to write, so that what is known stays free of repetitions and of what is no longer true.

    `known` are those that count today. The later word counts, whenever it was learned."""
    new = find.fact
    twin = next((fact for fact in known if _repeats(find, fact)), None)
    if twin is not None:
        last = max(twin.seen_at or twin.at, new.at)
        return (replace(twin, seen_at=last),) if last > twin.at else ()
    older = [fact for fact in known if _takes_its_place(find, fact)]
    later = next((fact for fact in older if fact.at > new.at), None)
    if later is not None:
        return (replace(new, replaced_by=later.id),)
    new = replace(new, favourite=any(fact.favourite for fact in older))
    return (new, *(replace(fact, replaced_by=new.id) for fact in older))


def is_about_same(known: Fact, new: Fact) -> bool:
    """Nothing is ever merged across people. Of what was not learned nobody noted whom it is about: its text tells."""
    one, other = known.who.casefold(), new.who.casefold()
    if one != other:
        return (not one and other in known.text.casefold()) or (not other and one in new.text.casefold())
    return bool(one or known.quote or OF_THEMSELF.search(known.text))


def _repeats(find: Find, fact: Fact) -> bool:
    stated, known = statement(find.fact.text), statement(fact.text)
    if fact.who.casefold() == find.fact.who.casefold() and (stated == known or within(stated, known)):
        return True
    return find.same == fact.id and is_negative(stated) == is_negative(known) and _may_touch(find.fact, fact)


def _takes_its_place(find: Find, fact: Fact) -> bool:
    marked = fact.id in (find.supersedes, find.same) and _may_touch(find.fact, fact)
    more = fact.who.casefold() == find.fact.who.casefold() and within(statement(fact.text), statement(find.fact.text))
    return marked or more


def _may_touch(one: Fact, other: Fact) -> bool:
    """A mark alone is not enough: they are about the same person, and share a word or are of one kind."""
    if not is_about_same(other, one):
        return False
    return one.category == other.category or bool(set(statement(one.text)) & set(statement(other.text)))
