"""The people in a user's life. Where a name fits several it asks which, and remembers the answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.action import Outcome
from bot.codec import decode
from bot.ids import derived_id
from bot.ports import Context
from bot.records import Contact
from bot.repositories import Work
from skills.sorry import Sorry
from skills.undo import undo
from skills.which import ask_which, by_id
from skills.wording import count, plain

MOST = 5000  # contacts


async def add(context: Context, name: str, email: str = "", phone: str = "", about: str = "") -> Outcome:
    if not name.strip():
        raise Sorry("What is the person's name?")
    contact = Contact(id=derived_id(context.key, "contact"), name=name.strip(), email=email, phone=phone, about=about)
    async with context.open() as work:
        await work.contacts.put(contact)
    back = undo(context, "people.remove", contact=contact.id)
    return Outcome(ok=True, text=f"Added to your contacts: {_line(contact)}", data=_data(contact), undo=back)


async def find(context: Context, name: str) -> Outcome:
    async with context.open() as work:
        contact = await _one(work, name)
    return Outcome(ok=True, text=_line(contact), data=_data(contact))


async def means(context: Context, name: str, contact: str) -> Outcome:
    called = name.strip().casefold()
    async with context.open() as work:
        meant = await _one(work, contact)
        others = [c for c in await work.contacts.list(MOST) if called in c.called and c.id != meant.id]
        changed = [meant, *others]
        for other in others:
            rest = tuple(own for own in other.called if own != called)
            await work.contacts.put(replace(other, called=rest, version=other.version + 1))
        names = tuple(dict.fromkeys((*meant.called, called)))
        await work.contacts.put(replace(meant, called=names, version=meant.version + 1))
    text = f"From now on “{plain(name)}” means {plain(meant.name)}."
    return Outcome(ok=True, text=text, data=_data(meant), undo=_back(context, *changed))


async def update(
    context: Context,
    contact: str,
    name: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    about: str | None = None,
) -> Outcome:
    wanted = {"name": name, "email": email, "phone": phone, "about": about}
    changes: dict[str, Any] = {key: value for key, value in wanted.items() if value is not None}
    if not changes:
        raise Sorry("What should change: the name, the mail address, the phone number or who they are?")
    async with context.open() as work:
        found = await _one(work, contact)
        after = replace(found, **changes, version=found.version + 1)
        await work.contacts.put(after)
    return Outcome(ok=True, text=f"Changed: {_line(after)}", data=_data(after), undo=_back(context, found))


async def remove(context: Context, contact: str) -> Outcome:
    async with context.open() as work:
        found = await _one(work, contact)
        await work.contacts.remove(found.id)
    back = undo(context, "people.restore", contacts=[replace(found, version=1)])
    return Outcome(ok=True, text=f"Removed from your contacts: {plain(found.name)}", data=_data(found), undo=back)


async def restore(context: Context, contacts: tuple[Any, ...]) -> Outcome:
    records: list[Contact] = [decode(Contact, contact) for contact in contacts]
    async with context.open() as work:
        for record in records:
            await work.contacts.put(record)
    what = count(len(records), "contact")
    return Outcome(ok=True, text=f"Back as it was: {what} ({', '.join(plain(record.name) for record in records)}).")


async def named(work: Work, id: str) -> str | None:
    return next((_described(contact) for contact in by_id(id, await work.contacts.list(MOST))), None)


async def _one(work: Work, name: str) -> Contact:
    """The person meant, by id or name. Raises Sorry when nobody is, and when several may be: then it asks which."""
    hits = by_id(name, await work.contacts.list(MOST)) or list(await work.contacts.named(name))
    if not hits:
        raise Sorry(f"I find nobody called “{plain(name)}” in your contacts.")
    if len(hits) > 1:
        raise ask_which(hits, _described, f"You know {len(hits)} people called “{plain(name)}”. Which one?", _name)
    return hits[0]


def _name(contact: Contact) -> str:
    return contact.name


def _described(contact: Contact) -> str:
    """Enough to tell two of the same name apart."""
    more = [part for part in (contact.about, contact.email, contact.phone) if part]
    return contact.name + (f" ({', '.join(more)})" if more else "")


def _line(contact: Contact) -> str:
    more = [plain(part) for part in (contact.about, contact.email, contact.phone) if part]
    return f"**{plain(contact.name)}**" + (f": {', '.join(more)}" if more else "")


def _data(contact: Contact) -> dict[str, str]:
    shown = {"id": contact.id, "name": contact.name, "email": contact.email, "phone": contact.phone}
    return {name: value for name, value in {**shown, "about": contact.about}.items() if value}


def _back(context: Context, *before: Contact) -> Any:
    return undo(context, "people.restore", contacts=[replace(c, version=c.version + 2) for c in before])
