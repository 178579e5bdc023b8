"""What is a command, and which action it means. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.action import Json
from bot.message import Command, Inbound, InboundMessage, Stop
from bot.phrases import is_stop
from bot.shortcuts import OWN, SHORTCUTS, Shortcut

TYPED = re.compile(r"/(?P<name>[a-z]\w*)(?:@\w+)?(?:\s+(?P<rest>.*))?", re.I | re.S)


def understood(inbound: Inbound) -> Inbound:
    """A typed "/name rest" is a Command and a plain "stop" is a Stop, whatever the platform made of it; in a group
    only what is said to us."""
    to_us = isinstance(inbound, InboundMessage) and (inbound.direct or inbound.mentioned)
    if isinstance(inbound, InboundMessage) and to_us and not inbound.attachments:
        inbound = _typed(inbound)
    if not isinstance(inbound, Command):
        return inbound
    name = inbound.name.lower().split("@")[0]
    if name == "stop":
        return Stop(delivery=inbound.delivery, at=inbound.at, sender=inbound.sender)
    return replace(inbound, name=name)


def _typed(message: InboundMessage) -> InboundMessage | Command:
    """The command that the message is; "/usr/bin is full" is none."""
    found = TYPED.fullmatch(message.text.strip())
    if found is None and not is_stop(message.text):
        return message
    return Command(
        delivery=message.delivery,
        at=message.at,
        sender=message.sender,
        sent_at=message.sent_at,
        direct=message.direct,
        name=found["name"] if found else "stop",
        text=found["rest"] or "" if found else "",
    )


def arguments(shortcut: Shortcut, rest: str) -> dict[str, Json] | None:
    """What the action is called with; None when the rest of the line is missing."""
    if shortcut.needs and not rest:
        return None
    return dict(shortcut.fixed) | ({shortcut.rest: rest} if shortcut.rest and rest else {})


def overview() -> str:
    """All commands, as CommonMark."""
    about = {name: shortcut.about for name, shortcut in SHORTCUTS.items()} | OWN
    return "\n".join(f"- `/{name}` {about[name]}" for name in sorted(about))
