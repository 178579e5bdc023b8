"""How updates reach the bot: long polling, or a webhook that is called again until it says 200."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from lab.faults import Dropped
from lab.telegram.refusal import Refusal
from lab.telegram.world import Json, World

POLLED_ALREADY = "terminated by other getUpdates request; make sure that only one bot instance is running"
HAS_WEBHOOK = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
LONGEST = 50  # seconds
PATIENCE = 10.0  # seconds for an answer of the webhook
AGAIN = 0.2  # seconds until it is called again; the real one waits longer


async def get_updates(world: World, given: Mapping[str, Any]) -> list[Json]:
    """An offset confirms all updates before it; a negative one counts from the end and drops what is before."""
    if world.webhook["url"]:
        raise Refusal(HAS_WEBHOOK, code=409)
    offset, limit = int(given.get("offset") or 0), int(given.get("limit") or 100)
    if not 1 <= limit <= 100:
        raise Refusal("limit must be from 1 to 100")
    if "allowed_updates" in given:
        allowed = given["allowed_updates"]
        world.allowed = json.loads(allowed) if isinstance(allowed, str) else list(allowed)
    _confirm(world, offset)
    world.polls += 1
    mine, cuts = world.polls, world.cuts
    async with world.journal.changed:
        world.journal.changed.notify_all()
        try:
            async with asyncio.timeout(min(int(given.get("timeout") or 0), LONGEST)):
                await world.journal.changed.wait_for(
                    lambda: world.updates or world.polls != mine or world.cuts != cuts or world.webhook["url"]
                )
        except TimeoutError:
            return []
    if world.cuts != cuts:
        raise Dropped
    if world.polls != mine:
        raise Refusal(POLLED_ALREADY, code=409)
    return list(world.updates)[:limit]


def _confirm(world: World, offset: int) -> None:
    if offset < 0:
        offset = world.updates[max(len(world.updates) + offset, 0)]["update_id"] if world.updates else 0
    while offset and world.updates and world.updates[0]["update_id"] < offset:
        world.confirmed.append(world.updates.popleft())


async def push(world: World) -> None:
    """Delivers to the webhook, oldest first and one at a time (as with max_connections 1), for ever."""
    while True:
        async with world.journal.changed:
            await world.journal.changed.wait_for(lambda: world.updates and world.webhook["url"])
        update, cuts = world.updates[0], world.cuts
        status = await asyncio.to_thread(_post, world.webhook["url"], world.webhook["secret"], update)
        status = status if world.cuts == cuts else 0  # the answer got lost
        await world.journal.note("webhook", event=str(update["update_id"]), status=status)
        if status == 200:
            world.confirmed.append(world.updates.popleft())
        else:
            await asyncio.sleep(AGAIN)


def _post(url: str, secret: str, update: Json) -> int:
    """The status; 0 when nobody answers."""
    headers = {"content-type": "application/json"}
    if secret:
        headers["X-Telegram-Bot-Api-Secret-Token"] = secret
    request = urllib.request.Request(url, json.dumps(update).encode(), headers)  # noqa: S310 - setWebhook checked it
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
