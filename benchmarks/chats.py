"""What the process weighs after one answered message: with each chat app alone, and with all four."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks.assistant import Assistant, claude_at, running
from benchmarks.processes import MEGABYTE, tree
from benchmarks.table import Row
from lab.discord.app import TOKEN as DISCORD
from lab.slack.app import APP_TOKEN
from lab.slack.app import TOKEN as SLACK
from lab.telegram.app import TOKEN as TELEGRAM
from lab.whatsapp import world as whatsapp
from tests.app_stand_in import AppUser, code_in, stand_in
from tests.talk import offline_model

ONE, ALL = 150, 190  # MB


def _whatsapp(url: str) -> dict[str, str]:
    return {
        "WHATSAPP_ACCESS_TOKEN": whatsapp.TOKEN,
        "WHATSAPP_PHONE_NUMBER_ID": whatsapp.NUMBER_ID,
        "WHATSAPP_APP_SECRET": whatsapp.APP_SECRET,
        "WHATSAPP_VERIFY_TOKEN": whatsapp.VERIFY_TOKEN,
        "WHATSAPP_BASE_URL": url,
    }


APPS: Mapping[str, Callable[[str], dict[str, str]]] = {
    "telegram": lambda url: {"TELEGRAM_BOT_TOKEN": TELEGRAM, "TELEGRAM_BASE_URL": url},
    "slack": lambda url: {"SLACK_BOT_TOKEN": SLACK, "SLACK_APP_TOKEN": APP_TOKEN, "SLACK_BASE_URL": f"{url}/api/"},
    "discord": lambda url: {
        "DISCORD_BOT_TOKEN": DISCORD,
        "DISCORD_BASE_URL": f"{url}/api/v10",
        "DISCORD_GATEWAY_URL": f"{url.replace('http', 'ws', 1)}/gateway",
    },
    "whatsapp": _whatsapp,
}


async def measure(folder: Path) -> list[Row]:
    return [await _weighed(folder / "-".join(names), names) for names in (*((name,) for name in APPS), tuple(APPS))]


async def _weighed(folder: Path, names: tuple[str, ...]) -> Row:
    async with AsyncExitStack() as stack:
        lab = await stack.enter_async_context(offline_model())
        apps = {name: await stack.enter_async_context(stand_in(name)) for name in names}
        settings = dict(claude_at(lab.url))
        for name, app in apps.items():
            settings |= APPS[name](app.url)
        assistant = await stack.enter_async_context(running(folder, **settings))
        if "whatsapp" in apps:
            await apps["whatsapp"].act("webhook", url=f"{assistant.url}/webhooks/whatsapp")
        if "discord" in apps:  # it tells nobody what was said before they were there
            await apps["discord"].until(lambda events: any(event["what"] == "identified" for event in events))
        for app in apps.values():
            await _answered(assistant, app.person("Ann"))
        pss, rss = (
            sum(getattr(process, kind) for process in tree(assistant.pid)) / MEGABYTE for kind in ("pss", "rss")
        )
    bar = ONE if len(names) == 1 else ALL
    what = f"memory with {names[0].title()} alone" if len(names) == 1 else "memory with all four chat apps"
    return Row(
        what=f"{what}, one answered message each, a Claude key, without PostgreSQL, PSS / RSS",
        measured=f"{pss:.0f} / {rss:.0f} MB",
        bar=f"< {bar} MB",
        passed=pss < bar,
    )


async def _answered(assistant: Assistant, person: AppUser) -> None:
    from adapters.chat.terminal.connection import connected

    code = code_in(await person.say("hello"))
    async with connected(assistant.url, assistant.token) as connection:
        await connection._ask("POST", "/local/link-codes/redeem", {"code": code})
    await person.until(lambda shown: any(re.search("You are linked", message["text"]) for message in shown))
    await person.say("hi")
