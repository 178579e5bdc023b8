"""Telegram, against a bare handler with the same SDK on the same stand-in: to ready, to the first answer, a warm "hi",
and what the process weighs."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from benchmarks.assistant import Assistant, claude_at, running
from benchmarks.bare_telegram import bare_handler
from benchmarks.processes import MEGABYTE, tree
from benchmarks.table import Row, ms, percentile
from lab.telegram.app import TOKEN
from tests.app_stand_in import AppUser, stand_in
from tests.talk import offline_model

PEOPLE, TIMES, WARM_UP = 8, 80, 16  # several chats: in one, more than one message a second is too fast for Telegram
READY, FIRST, WEIGHT = 2.0, 1.0, 150


async def measure(folder: Path) -> list[Row]:
    """Ours and the floor in turn, so that what else the machine does hits both."""
    async with offline_model() as lab, stand_in("telegram") as ours, stand_in("telegram") as theirs:
        model = dict(claude_at(lab.url))
        settings = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_BASE_URL": ours.url}
        people = [ours.person(f"Ann {number}") for number in range(PEOPLE)]
        async with running(folder / "data", **model, **settings) as assistant:
            for person in people:
                await _link(assistant, person)
        rows = await _start(folder / "data", people[0], model | settings)
        async with (
            running(folder / "data", **model, **settings) as assistant,
            bare_handler(lab.url, theirs.url, TOKEN),
        ):
            mine, floor = list[float](), list[float]()
            for number in range(WARM_UP + TIMES):
                person = people[number % PEOPLE]
                took = await _answered(person), await _answered(AppUser(theirs, person.user))
                if number >= WARM_UP:
                    mine.append(took[0])
                    floor.append(took[1])
            return [*rows, _hi(mine, floor), _weight(assistant)]


async def _start(folder: Path, person: AppUser, settings: dict[str, str]) -> list[Row]:
    """On a data folder that is there already; somebody wrote while nobody listened."""
    known = len(await person.app.events())
    await person.send("hi")
    began = time.time()
    async with running(folder, **settings):
        await person.app.until(lambda events: _first(events[known:], "sendMessage"))
        events = (await person.app.events())[known:]
    ready, answered = (_first(events, method)["at"] - began for method in ("deleteWebhook", "sendMessage"))
    return [
        Row(what="start to Telegram ready", measured=f"{ready:.2f} s", bar=f"< {READY:.0f} s", passed=ready < READY),
        Row(
            what="from there to the first answer",
            measured=f"{answered - ready:.2f} s",
            bar=f"< {FIRST:.0f} s",
            passed=answered - ready < FIRST,
        ),
    ]


def _first(events: list[Any], method: str) -> Any:
    return next((event for event in events if event["what"] == "call" and event["method"] == method), None)


async def _link(assistant: Assistant, person: AppUser) -> None:
    from adapters.chat.terminal.connection import connected

    found = re.search(r"code is (\w{8})", (await person.say("hello"))["text"])
    assert found is not None
    async with connected(assistant.url, assistant.token) as connection:
        await connection._ask("POST", "/local/link-codes/redeem", {"code": found[1]})
    await person.until(lambda shown: "You are linked" in shown[-1]["text"])


async def _answered(person: AppUser) -> float:
    """Seconds from the update to the answer that stands in the chat, both by the stand-in's clock."""
    known = len(await person.app.events())
    sent = await person.send("hi")

    def there(events: list[Any]) -> float | None:
        asked = next((e["at"] for e in events if e["what"] == "event" and e["event"] == sent["event"]), None)
        answer = next((e["at"] for e in events if _is_answer(e, int(person.id), int(sent["message"]))), None)
        return answer - asked if asked and answer else None

    events: list[Any] = []
    while (took := there(events)) is None:
        events += await person.app.events(known + len(events) - 1, 20.0)
    return took


def _is_answer(event: Any, chat: int, after: int) -> bool:
    if event["what"] != "call" or event["method"] != "sendMessage" or event["status"] != 200:
        return False
    result = event["answer"]["result"]
    return bool(result["chat"]["id"] == chat and result["message_id"] > after)


def _hi(mine: list[float], floor: list[float]) -> Row:
    half, floor_half = percentile(mine, 0.5), percentile(floor, 0.5)
    return Row(
        what="warm “hi” on Telegram, model at zero latency, p50 / p90",
        measured=f"{ms(half)} / {ms(percentile(mine, 0.9))}",
        bar="< 2 x the bare handler",
        floor=f"{ms(floor_half)} / {ms(percentile(floor, 0.9))}",
        ratio=half / floor_half,
        passed=half < 2 * floor_half,
    )


def _weight(assistant: Assistant) -> Row:
    processes = tree(assistant.pid)
    pss, rss = (sum(getattr(process, kind) for process in processes) / MEGABYTE for kind in ("pss", "rss"))
    return Row(
        what="memory with Telegram and a Claude key, without PostgreSQL, PSS / RSS",
        measured=f"{pss:.0f} / {rss:.0f} MB",
        bar=f"< {WEIGHT} MB",
        passed=pss < WEIGHT,
    )
