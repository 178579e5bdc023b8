"""Try every chat app in one page, without any account: the real adapters and SDKs on stand-ins of the vendors.

It has a data folder and a database of its own. With ANTHROPIC_API_KEY Claude answers, else the offline model.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from aurelius import instance
from aurelius.commands.arguments import parser_of, read_settings
from aurelius.ground import open_data_dir
from aurelius.roles import Role
from aurelius.settings import Settings
from aurelius.stand_in import StandIn
from aurelius.trouble import Trouble

# What the lab takes over from the settings; everything else would lead to real accounts and real data.
KEPT = "anthropic_api_key anthropic_base_url model_fast model_standard model_deep skills_dir log_level".split()

# Name of the stand-in -> the settings that lead to it; `{url}` is where it listens, `{socket}` the same for
# WebSockets. The secrets are those it knows.
STAND_INS: Mapping[str, Mapping[str, str]] = {
    "slack": {
        "slack_bot_token": "xoxb-lab-0001-bot-token",
        "slack_app_token": "xapp-lab-0001-app-token",
        "slack_base_url": "{url}/api/",
    },
    "discord": {
        "discord_bot_token": "OTAwMDAwMDAwMDAwMDAwMDAx.Glab01.a-token-of-the-discord-stand-in-000000",
        "discord_base_url": "{url}/api/v10",
        "discord_gateway_url": "{socket}/gateway",
    },
    "telegram": {
        "telegram_bot_token": "4242424242:AAlab-token-of-the-telegram-stand-in-00",
        "telegram_base_url": "{url}",
    },
    "whatsapp": {
        "whatsapp_access_token": "EAAGlabTokenOfTheWhatsAppStandIn0000000000",
        "whatsapp_phone_number_id": "106540352242922",
        "whatsapp_app_secret": "2f1c6e0b9a8d47563c1e0f2a4b6d8e90",
        "whatsapp_verify_token": "lab-verify-token",
        "whatsapp_template": "write_to_me:en",
        "whatsapp_base_url": "{url}",
    },
    "elevenlabs": {
        "elevenlabs_api_key": "sk_lab_key_of_the_elevenlabs_stand_in",
        "elevenlabs_base_url": "{url}",
    },
}
# What a stand-in must be told of us; `{port}` is where the assistant listens.
TOLD = {"whatsapp": ("--webhook", "http://127.0.0.1:{port}/webhooks/whatsapp")}


WELCOME = """\
The lab:  {page}   (Ctrl-C ends it)
In a terminal of its own: AURELIUS_DATA_DIR='{folder}' aurelius chat
"""


def main(argv: list[str]) -> int:
    parser = parser_of(__name__, __doc__)
    parser.add_argument("--data-dir", type=Path, metavar="FOLDER", help="default: `lab` inside the data folder")
    parser.add_argument("--linked", action="store_true", help="begin with Ann linked to you in every app")
    chosen = parser.parse_args(argv)
    settings = read_settings()
    folder = (chosen.data_dir or open_data_dir(settings) / "lab").expanduser().absolute()
    kept = {name: getattr(settings, name) for name in KEPT}
    settings = Settings(data_dir=folder, port=free_port(), skill_values=settings.skill_values, **kept)
    if (running := instance.find(open_data_dir(settings))) is not None:
        raise Trouble(f"A lab runs already on {folder} (process {running.pid}).")
    from aurelius import logging

    logging.set_up(settings.log_level, folder)
    asyncio.run(run(settings, linked=chosen.linked))
    return 0


async def run(settings: Settings, *, linked: bool) -> None:
    """Stand-ins, page and assistant, until told to stop. Raises Trouble."""
    from aurelius.lifetime import serve

    file = settings.data_dir / instance.FILE
    stand_ins = {
        name: StandIn(name, *(word.format(port=settings.port) for word in TOLD.get(name, ()))) for name in STAND_INS
    }
    async with kept_running(stand_ins) as urls:
        places = [word for name, url in urls.items() for word in (f"--{name}", url)]
        page = StandIn("page", *places, "--instance", str(file), *(["--linked"] if linked else []))
        async with kept_running({"page": page}) as pages:
            print(WELCOME.format(page=pages["page"], folder=settings.data_dir), flush=True)
            await serve(settings.model_copy(update=leading_to(urls)), frozenset(Role))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@asynccontextmanager
async def kept_running(stand_ins: Mapping[str, StandIn]) -> AsyncIterator[Mapping[str, str]]:
    """Name -> address. All come up at the same time, and end at the same time."""
    try:
        for each in stand_ins.values():
            await each.spawn()
        yield {name: await each.ready() for name, each in stand_ins.items()}
    finally:
        await asyncio.gather(*(each.stop() for each in stand_ins.values()))


def leading_to(urls: Mapping[str, str]) -> Mapping[str, object]:
    """The settings, by field, that lead to the stand-ins at these addresses."""
    values = {
        name: value.format(url=url, socket=f"ws{url.removeprefix('http')}")
        for app, url in urls.items()
        for name, value in STAND_INS[app].items()
    }
    known = Settings.model_validate(values)
    return {name: getattr(known, name) for name in values}
