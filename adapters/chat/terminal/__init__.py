"""The terminal chat: a small client of the running process, in the same conversation as the web page."""

from __future__ import annotations

from adapters.chat.terminal.chat import chat

__all__ = ["chat"]
