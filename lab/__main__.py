"""`python -m lab model --port 0` starts a stand-in, prints where it listens, and dies with whoever started it."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from lab.lifeline import tie_to_parent
from lab.server import serve

PAGES = ("slack", "discord", "telegram", "whatsapp", "elevenlabs")  # whom the page can show and talk to

# By name: what it stands in for, where its application is made, and how it is served.
STAND_INS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "slack": (
        "Slack for one app in two workspaces, and the people who write to it",
        "lab.slack.app:slack",
        {"sockets": True},
    ),
    "discord": (
        "Discord's API and gateway for one bot, and the people who write to it",
        "lab.discord.app:discord",
        {"sockets": True},
    ),
    "telegram": (
        "Telegram's Bot API for one bot, and the people who write to it",
        "lab.telegram.app:telegram",
        {"lifespan": "on"},
    ),
    "whatsapp": (
        "WhatsApp's Cloud API for one number, and the people who write to it",
        "lab.whatsapp.app:cloud_api",
        {"lifespan": "on"},
    ),
    "elevenlabs": ("ElevenLabs' speech API, and what is said in recordings", "lab.elevenlabs.app:elevenlabs", {}),
}


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    what = parser.add_subparsers(dest="what", required=True)
    model = what.add_parser("model", help="the offline model: Claude's Messages API answered by rules")
    model.add_argument("--port", type=int, default=0, help="0 takes a free one")
    model.add_argument("--latency", type=float, default=0.0, help="seconds every answer takes, spread over its stream")
    for name, (about, _, _) in STAND_INS.items():
        what.add_parser(name, help=about).add_argument("--port", type=int, default=0, help="0 takes a free one")
    calling = "where to deliver what happens, once it knows the verify token (lab-verify-token)"
    what.choices["whatsapp"].add_argument("--webhook", help=calling)
    _page_arguments(what.add_parser("page", help="one page with every chat app on its stand-in"))
    chosen = parser.parse_args(argv)
    tie_to_parent()
    if chosen.what == "page":
        from lab.page.app import page

        apps = {app: url for app in PAGES if (url := getattr(chosen, app))}
        serve(page(apps, chosen.instance, chosen.linked), port=chosen.port, lifespan="on")
    elif chosen.what in STAND_INS:
        _, where, how = STAND_INS[chosen.what]
        module, _, make = where.partition(":")
        given = {"callback": chosen.webhook} if chosen.what == "whatsapp" else {}
        serve(getattr(import_module(module), make)(**given), port=chosen.port, **how)
    else:
        from lab.model.app import OfflineModel

        serve(OfflineModel(latency=chosen.latency), port=chosen.port)


def _page_arguments(parser: argparse.ArgumentParser) -> None:
    from lab.page.guard import is_loopback

    def address(text: str) -> str:
        if not is_loopback(text):
            raise argparse.ArgumentTypeError(f"{text} is not on this machine")
        return text.rstrip("/")

    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    for app in PAGES:
        parser.add_argument(f"--{app}", type=address, metavar="URL", help=f"where the stand-in of {app} listens")
    parser.add_argument("--instance", type=Path, help="instance.json in the data folder of the running assistant")
    parser.add_argument("--linked", action="store_true", help="link Ann in every app at the start")


if __name__ == "__main__":
    main(sys.argv[1:])
