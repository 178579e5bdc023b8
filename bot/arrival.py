"""Something that arrived and was written down, found again by the job that is about it: what it is and whose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.message import Inbound
from bot.people import User
from bot.records import InboundState
from bot.repositories import Door, Work

T = TypeVar("T", bound=Inbound)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival(Generic[T]):
    inbound: T
    state: InboundState
    user: User
    work: Work  # theirs, in the transaction of the door


async def arrived(door: Door, id: str, *kinds: type[T]) -> Arrival[T] | None:
    """None when there is none of these kinds, or it is from a stranger."""
    found = await door.inbox.get(id)
    user = await door.persons.user_of(found[0].sender) if found else None
    if found is None or user is None or not isinstance(found[0], kinds):
        return None
    return Arrival(inbound=found[0], state=found[1], user=user, work=door.enter(user.scope))
