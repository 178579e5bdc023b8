"""The ready-made call that takes an action back."""

from __future__ import annotations

from bot.action import Call
from bot.codec import encode
from bot.ports import Context


def undo(context: Context, action: str, **arguments: object) -> Call:
    """A call of `action`; our records among the arguments travel as JSON. Its key makes undoing twice undo once."""
    return Call(action=action, arguments={n: encode(v) for n, v in arguments.items()}, key=f"{context.key}:undo")
