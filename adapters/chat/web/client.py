"""The web and terminal chat as a platform. Both show committed rows by themselves, so there is nothing to send."""

from __future__ import annotations

from bot.action import Json
from bot.message import Address, Attachment, Reply
from bot.ports import Desk, Unsent
from bot.web import WEB


class WebChat:
    name = WEB
    idempotent = True
    reads_rows = True

    async def start(self, desk: Desk) -> None:
        """Nothing to hold open: pages and terminals come to us."""

    async def stop(self) -> None:
        """Nothing was held open."""

    async def send(self, reply: Reply, key: str, ref: str | None) -> str | None:
        return ref or key

    async def progress(self, at: Address, news: Json) -> None:
        """Pages and terminals hear the news themselves."""

    async def download(self, attachment: Attachment) -> bytes:
        raise Unsent("files of the web chat lie in our own memory, under their ref", again=False)
