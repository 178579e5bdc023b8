"""The conversation that everybody has without any account elsewhere: the page's and the terminal's, which are one."""

from __future__ import annotations

from bot.message import Address
from bot.people import Person, User

WEB = "web"


def web_address(user: User) -> Address:
    """Also where we write first when nothing else is known."""
    return Address(platform=WEB, tenant="", place=user.id)


def web_person(user: User) -> Person:
    """The user as they appear there."""
    return Person(platform=WEB, tenant="", id=user.id, name=user.name)
