"""The slash commands that Discord offers while somebody types. Pure.

A few of those that are understood: all others, and plain words, go behind /aurelius, or are typed as a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.chat.discord.inbound import CATCH_ALL
from bot.action import Json
from bot.shortcuts import OWN, SHORTCUTS

OFFERED = tuple(
    "tasks task done remind reminders note notes remember recall digest plans undo stop pause resume help".split()
)
ABOUT = 100  # characters of a description
TEXT = 3  # the type of an option
EVERYWHERE = [0, 1]  # in servers and in the private chat with us


def commands() -> list[Json]:
    """As they are put to Discord, all at once."""
    about = {name: shortcut.about for name, shortcut in SHORTCUTS.items()} | OWN
    return [
        *(_command(name, about[name]) for name in OFFERED),
        _command(CATCH_ALL, "anything you want to ask or tell me"),
    ]


def _command(name: str, about: str) -> Json:
    option = {"type": TEXT, "name": "text", "description": "what it is about", "required": False}
    return {"type": 1, "name": name, "description": about[:ABOUT], "options": [option], "contexts": EVERYWHERE}


def are_there(found: Sequence[Mapping[str, Any]]) -> bool:
    """Whether Discord has exactly these."""
    return sorted(map(_shown, found)) == sorted(map(_shown, commands()))


def _shown(command: Mapping[str, Any]) -> tuple[str, str, str]:
    options = [(option["name"], option["description"]) for option in command.get("options") or ()]
    return str(command["name"]), str(command["description"]), str(options)
