"""The web chat as a chat platform: what the page sends becomes our values, our values become what the page shows."""

from __future__ import annotations

from adapters.chat.web.client import WebChat
from adapters.chat.web.files import attachment, recording
from adapters.chat.web.inbound import message, press, stop
from adapters.chat.web.markdown import html
from adapters.chat.web.outbound import show

__all__ = ["WebChat", "attachment", "connect", "html", "message", "press", "recording", "show", "stop"]


def connect() -> WebChat:
    """It needs no account, so it is always there."""
    return WebChat()
