"""The person's side: what is in recordings, and how the account stands, as requests of a test or of the lab's page."""

from __future__ import annotations

from lab.elevenlabs.world import PERMISSIONS, World
from lab.journal import Json


async def hear(world: World, body: Json) -> Json:
    world.tell(body)
    return {}


async def revoke(world: World, body: Json) -> Json:
    world.revoked = True
    return {}


async def restore(world: World, body: Json) -> Json:
    world.revoked = False
    return {}


async def account(world: World, body: Json) -> Json:
    world.permissions, world.credit = set(body.get("permissions", PERMISSIONS)), body.get("credit")
    return {}


ACTS = (hear, revoke, restore, account)
