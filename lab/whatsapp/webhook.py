"""How what happens reaches the business: one signed body for each event, sent again with growing pauses until it is
answered with 200. What happens is delivered in its order; but, as with the real one, what has to be repeated does not
hold up the rest."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from typing import Any

from lab.whatsapp.world import ACCOUNT_ID, APP_SECRET, DISPLAYED, NUMBER_ID, Json, Line, Person, World

PATIENCE = 10.0  # seconds for an answer
PAUSES = (0.1, 0.2, 0.4, 0.8, 1.5, 3.0)  # seconds; the real one's grow for days


def signature(body: bytes) -> str:
    return "sha256=" + hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()


def contact(person: Person) -> Json:
    profile = {"name": person.name} | ({"username": person.username} if person.username else {})
    return {"profile": profile} | _ids(person, "wa_id", "user_id")


def _ids(person: Person, phone: str, scoped: str) -> Json:
    found: Json = {phone: person.phone} if person.phone else {}
    return found | ({scoped: person.scoped} if person.scoped else {})


def message(world: World, person: Person, line: Line, content: Json) -> Json:
    """As a webhook has it, around the content."""
    about: Json = {"id": line.id, "timestamp": str(int(world.now()))} | _ids(person, "from", "from_user_id")
    if line.reply_to:
        about["context"] = {"from": DISPLAYED, "id": line.reply_to}
    return about | content


def body_of(value: Json) -> Json:
    metadata = {"display_phone_number": DISPLAYED, "phone_number_id": NUMBER_ID}
    change = {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
    return {"object": "whatsapp_business_account", "entry": [{"id": ACCOUNT_ID, "changes": [change]}]}


async def happen(world: World, value: Json) -> str:
    """Deliver it; returns the event's id."""
    event = uuid.uuid4().hex
    world.bodies[event] = body_of(value)
    await world.journal.note("event", event=event, given=world.bodies[event])
    await world.fresh.put(event)
    return event


async def status(world: World, person: Person, sent: Line, state: str, error: Json | None = None) -> None:
    """What became of a message of the business. A failed one names nobody but its number, as far as there is one."""
    about: Json = {"id": sent.id, "status": state, "timestamp": str(int(world.now()))}
    about |= _ids(person, "recipient_id", "recipient_user_id")
    if sent.native.get("biz_opaque_callback_data"):
        about["biz_opaque_callback_data"] = sent.native["biz_opaque_callback_data"]
    if error is not None:
        await happen(world, {"statuses": [about | {"errors": [error]}]})
        return
    about["pricing"] = {"billable": False, "pricing_model": "PMP", "category": "service"}
    await happen(world, {"contacts": [contact(person)], "statuses": [about]})


async def deliver(world: World) -> None:
    """For ever."""
    while True:
        event = await world.fresh.get()
        async with world.journal.changed:
            await world.journal.changed.wait_for(lambda: world.webhook)
        if not await _delivered(world, event):
            world.spawn(_again(world, event))


async def _again(world: World, event: str) -> None:
    tries = 0
    while True:
        await asyncio.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
        if world.webhook and await _delivered(world, event):
            return
        tries += 1


async def _delivered(world: World, event: str) -> bool:
    body, answered = json.dumps(world.bodies[event]).encode(), 0
    if world.cut:
        world.cut -= 1
    else:
        answered = await asyncio.to_thread(_post, world.webhook, body)
    await world.journal.note("webhook", event=event, status=answered)
    return answered == 200


def _post(url: str, body: bytes) -> int:
    """The status; 0 when nobody answers."""
    headers = {"content-type": "application/json", "X-Hub-Signature-256": signature(body)}
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - http or https, see `listen`
    return _status(request)[0]


def _status(request: Any) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            return int(answer.status), answer.read(2000).decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, ""
    except OSError:
        return 0, ""


async def listen(world: World, url: str, verify_token: str) -> bool:
    """Set the callback, if whoever is there knows the verify token and gives the challenge back."""
    if not url.startswith(("http://", "https://")):
        return False
    challenge = str(int(time.time() * 1000))
    asked = {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": challenge}
    request = urllib.request.Request(f"{url}?{urllib.parse.urlencode(asked)}")  # noqa: S310
    answered, said = await asyncio.to_thread(_status, request)
    good = (answered, said) == (200, challenge)
    async with world.journal.changed:
        if good:
            world.webhook, world.verify_token = url, verify_token
        world.journal.changed.notify_all()
    await world.journal.note("verified" if good else "not_verified", status=answered)
    return good


async def listen_when_there(world: World, url: str) -> None:
    """For a webhook that is named before it listens."""
    tries = 0
    while not await listen(world, url, world.verify_token):
        await asyncio.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
        tries += 1
