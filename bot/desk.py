"""The desk: what chat platforms hand in, and what they must show at once (an edit form, a page of ours)."""

from __future__ import annotations

from bot import card
from bot.card import VERBS, parse_token
from bot.message import Inbound
from bot.people import Person
from bot.ports import Form, Home, Ports
from bot.receive import receive
from bot.suggestion import Event, Refused, advance

SHOWN = 20  # cards and tasks on a page


class FrontDesk:
    """Fulfils `bot.ports.Desk`."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def receive(self, inbound: Inbound) -> None:
        await receive(self._ports, inbound)

    async def form(self, sender: Person, token: str) -> Form | None:
        verb, nonce = parse_token(token) or ("", "")
        if VERBS.get(verb) is not Event.EDIT:
            return None
        async with self._ports.memory.door() as door:
            user = await door.persons.user_of(sender)
            suggestion = await door.enter(user.scope).suggestions.by_nonce(nonce) if user else None
        if suggestion is None or not suggestion.steps:
            return None
        if isinstance(advance(suggestion, Event.EDIT, nonce=nonce, now=self._ports.clock.now()), Refused):
            return None
        fields = card.fields(suggestion, self._ports.actions.get(suggestion.steps[0].action))
        return Form(token=token, title=suggestion.title, fields=fields) if fields else None

    async def home(self, sender: Person) -> Home | None:
        ports = self._ports
        async with ports.memory.door() as door:
            user = await door.persons.user_of(sender)
            if user is None:
                return None
            work = door.enter(user.scope)
            waiting, tasks = await work.suggestions.open(), await work.tasks.list(limit=SHOWN)
        find, now = ports.actions.get, ports.clock.now()
        cards = tuple((card.text(s, user, find, now), card.choices(s, find)) for s in waiting[:SHOWN])
        return Home(cards=cards, tasks=tuple(task.title for task in tasks))
