"""Where we write first: the place a person prefers, else where they wrote from last, else the page."""

from __future__ import annotations

from bot.message import Address
from bot.people import User
from bot.ports import Ports
from bot.repositories import Work
from bot.web import web_address


async def place_for(ports: Ports, work: Work, user: User, but: str = "") -> Address:
    """`but`: not on this platform. The page takes everything, always."""
    linked = [item for item in await work.accounts.list() if item.person.platform in ports.platforms]
    open_to_us = [item for item in linked if item.at is not None and item.person.platform != but]
    chosen = [item for item in open_to_us if item.person.platform == user.prefers] or open_to_us
    page = user.prefers == web_address(user).platform
    return chosen[0].at if chosen and chosen[0].at is not None and not page else web_address(user)
