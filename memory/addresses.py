"""A conversation's key back to its address."""

from __future__ import annotations

from bot.message import Address


def address_of(conversation: str) -> Address:
    """The inverse of `Address.conversation`."""
    platform, tenant, place, thread = conversation.split("\x1f")
    return Address(platform=platform, tenant=tenant, place=place, thread=thread)
