"""How long a webhook of WhatsApp and of Slack waits for its 200, 200 times a second, against a bare commit: the whole
door over HTTP, signature and all, in a process that only takes in (`--only web`)."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.acknowledgement import BAR, RATE, bare, paced
from benchmarks.assistant import running
from benchmarks.table import Row, ms, percentile
from bot.ids import new_id
from bot.people import Person, User
from memory import embedded
from memory.database import Database
from memory.migrate import migrate
from memory.vault import Vault, new_key

PEOPLE = 100
SECRET, NUMBER, TEAM = "benchmark", "106540352242922", "T0BENCH"
SETTINGS = {
    "WHATSAPP_ACCESS_TOKEN": "benchmark",
    "WHATSAPP_PHONE_NUMBER_ID": NUMBER,
    "WHATSAPP_APP_SECRET": SECRET,
    "WHATSAPP_VERIFY_TOKEN": "benchmark",
    "WHATSAPP_BASE_URL": "http://127.0.0.1:9",  # nothing is sent from here
    "SLACK_BOT_TOKEN": "xoxb-benchmark",
    "SLACK_SIGNING_SECRET": SECRET,
    "SLACK_BASE_URL": "http://127.0.0.1:9/api/",
}
Posted = tuple[str, bytes, dict[str, str]]  # path, body, headers


async def measure(folder: Path) -> list[Row]:
    server = await embedded.start(folder / "postgres")
    try:
        await migrate(server.url)
        await _people(server.url)
        url = server.url.replace("+asyncpg", "")
        async with running(folder / "data", DATABASE_URL=url, only="web", **SETTINGS) as assistant:
            taken = {app: await _acknowledged(assistant.url, make) for app, make in APPS.items()}
        floor = await bare(url)
    finally:
        await server.stop()
    return [_row(app, seconds, floor) for app, seconds in taken.items()]


async def _people(url: str) -> None:
    """All of them are known: a message of a stranger is less work."""
    memory = Database(url, Vault(new_key()))
    for number in range(PEOPLE):
        user = User(id=new_id(), org=new_id(), name=f"Person {number}")
        async with memory.door() as door:
            await door.persons.add_user(user)
            await door.persons.link(Person(platform="whatsapp", tenant=NUMBER, id=_phone(number)), user)
            await door.persons.link(Person(platform="slack", tenant=TEAM, id=f"U{number:04}"), user)
    await memory.close()


async def _acknowledged(url: str, make: Callable[[int], Posted]) -> list[float]:
    """Seconds of each; whoever is sent away for now (503, to come again) counts as never."""
    async with httpx2.AsyncClient(base_url=url, timeout=30) as http:

        async def post(number: int) -> None:
            path, body, headers = make(number)
            answer = await http.post(path, content=body, headers=headers)
            if answer.status_code == 503:
                busy.append(number)
            elif answer.status_code != 200:
                sys.exit(f"{path} answered {answer.status_code}: {answer.text}")

        busy = list[int]()
        return [*(await paced(post)), *(math.inf for _ in busy)]


def whatsapp(number: int) -> Posted:
    who = _phone(number % PEOPLE)
    message = {"from": who, "id": f"wamid.{new_id()}", "timestamp": str(int(time.time())), "type": "text"}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": NUMBER},
        "contacts": [{"profile": {"name": "Ann"}, "wa_id": who}],
        "messages": [message | {"text": {"body": f"hi {number}"}}],
    }
    entry = {"id": "102290129340398", "changes": [{"field": "messages", "value": value}]}
    body = _json({"object": "whatsapp_business_account", "entry": [entry]})
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return (
        "/webhooks/whatsapp",
        body,
        {"content-type": "application/json", "x-hub-signature-256": f"sha256={signature}"},
    )


def slack(number: int) -> Posted:
    now = f"{time.time():.6f}"
    event = {
        "type": "message",
        "channel_type": "im",
        "channel": f"D{number % PEOPLE:04}",
        "user": f"U{number % PEOPLE:04}",
    }
    event |= {"text": f"hi {number}", "ts": now, "event_ts": now, "team": TEAM}
    envelope = {"type": "event_callback", "team_id": TEAM, "api_app_id": "A0BENCH", "event_id": f"Ev{new_id()}"}
    body = _json(envelope | {"event": event, "event_time": int(time.time())})
    stamp = str(int(time.time()))
    signature = hmac.new(SECRET.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    headers = {"content-type": "application/json", "x-slack-request-timestamp": stamp}
    return "/webhooks/slack", body, headers | {"x-slack-signature": f"v0={signature}"}


APPS: Mapping[str, Callable[[int], Posted]] = {"WhatsApp": whatsapp, "Slack": slack}


def _phone(number: int) -> str:
    return str(491_700_000_000 + number)


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _row(app: str, ours: list[float], floor: list[float]) -> Row:
    worst, floor_worst = percentile(ours, 0.99), percentile(floor, 0.99)
    return Row(
        what=f"a webhook of {app} acknowledged at {RATE}/s, over HTTP, p50 / p99",
        measured=f"{ms(percentile(ours, 0.5))} / {ms(worst)}",
        bar=f"p99 < {BAR:.0f} x a bare commit",
        floor=f"{ms(percentile(floor, 0.5))} / {ms(floor_worst)}",
        ratio=worst / floor_worst,
        passed=worst < BAR * floor_worst,
    )
