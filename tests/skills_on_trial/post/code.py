"""The pretended service of the tests."""

from __future__ import annotations

import asyncio

from bot.action import Outcome
from bot.ports import Context
from skills.undo import undo
from tests.letterbox import BEGUN, DONE


async def send(context: Context, to: str, text: str, at: str = "") -> Outcome:
    DONE.append((to, f"{text} {at}".strip()))
    return Outcome(ok=True, text=f"Sent to {to}.")


async def pay(context: Context, to: str, amount: float) -> Outcome:
    DONE.append((to, f"{amount:g}"))
    return Outcome(ok=True, text=f"Paid {amount:g} to {to}.")


async def wire(context: Context, to: str) -> Outcome:
    DONE.append((to, "everything"))
    return Outcome(ok=True, text=f"Wired to {to}.")


async def pin(context: Context, place: str) -> Outcome:
    DONE.append((place, "pinned"))
    return Outcome(ok=True, text=f"Pinned to {place}.", undo=undo(context, "post.unpin", place=place))


async def unpin(context: Context, place: str) -> Outcome:
    if "glue" in place:
        return Outcome(ok=False, text=f"It sticks to {place}.")
    DONE.append((place, "unpinned"))
    return Outcome(ok=True, text=f"Taken off {place}.")


async def fail(context: Context, to: str) -> Outcome:
    return Outcome(ok=False, text=f"The post office of {to} is closed.")


async def burst(context: Context, to: str) -> Outcome:
    DONE.append((to, "burst"))
    raise RuntimeError("burst")


async def tear(context: Context, place: str) -> Outcome:
    raise ConnectionError("torn off")


async def hang(context: Context, to: str) -> Outcome:
    first = (to, "begun") not in DONE
    DONE.append((to, "begun"))
    if first:
        BEGUN.set()
        await asyncio.Event().wait()
    return Outcome(ok=True, text=f"Carried to {to}.")


async def read(context: Context, text: str) -> Outcome:
    return Outcome(ok=True, text=text)


async def puzzle(context: Context) -> Outcome:
    raise KeyError("puzzle")


async def open_address(context: Context, url: str) -> Outcome:
    DONE.append((url, "opened"))
    return Outcome(ok=True, text="A page.")
