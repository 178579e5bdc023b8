"""The terminal chat: a small client of the running process, in the same conversation as the web page."""

from __future__ import annotations

from adapters.chat.terminal.talk import chat

__all__ = ["chat"]
