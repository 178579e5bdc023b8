"""The chat platforms by the settings: each is made here when its token is set, and given what it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr

from aurelius.settings import Settings
from bot.ports import ChatPlatform, Clock, Memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the platforms share. `alone`: no other process can be there, so a lease that a killed one left is ours."""

    settings: Settings
    memory: Memory
    clock: Clock
    alone: bool


class Closing(ChatPlatform, Protocol):
    async def close(self) -> None:
        """Let go of what sending needs; called after the last job has ended."""


def platforms(
    settings: Settings, memory: Memory, clock: Clock, stack: AsyncExitStack, more: Sequence[ChatPlatform]
) -> Mapping[str, ChatPlatform]:
    """The web chat always; the others when the settings hold their token. `more` stand beside them."""
    from adapters.chat import web

    around = Around(settings=settings, memory=memory, clock=clock, alone=settings.database_url is None)
    found: list[ChatPlatform] = [web.connect(), *more]
    for make in MAKERS:
        chat = make(around)
        if chat is not None:
            stack.push_async_callback(chat.close)
            found.append(chat)
    return {platform.name: platform for platform in found}


def revealed(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def _telegram(around: Around) -> Closing | None:
    settings = around.settings
    if settings.telegram_bot_token is None:
        return None
    from adapters.chat import telegram

    return telegram.connect(
        token=settings.telegram_bot_token.get_secret_value(),
        root=settings.telegram_base_url,
        secret=revealed(settings.telegram_webhook_secret),
        public_url=settings.public_url,
        memory=around.memory,
        clock=around.clock,
        alone=around.alone,
    )


def _slack(around: Around) -> Closing | None:
    """With our own workspace's token, or as an app that workspaces install by themselves."""
    settings = around.settings
    if settings.slack_bot_token is None and settings.slack_client_secret is None:
        return None
    from adapters.chat import slack

    return slack.connect(
        token=revealed(settings.slack_bot_token),
        app_token=revealed(settings.slack_app_token),
        signing_secret=revealed(settings.slack_signing_secret),
        client_id=settings.slack_client_id,
        client_secret=revealed(settings.slack_client_secret),
        root=settings.slack_base_url,
        public_url=settings.public_url,
        memory=around.memory,
        clock=around.clock,
        alone=around.alone,
    )


def _discord(around: Around) -> Closing | None:
    settings = around.settings
    if settings.discord_bot_token is None:
        return None
    from adapters.chat import discord

    return discord.connect(
        token=settings.discord_bot_token.get_secret_value(),
        root=settings.discord_base_url,
        gateway=settings.discord_gateway_url,
        memory=around.memory,
        clock=around.clock,
        alone=around.alone,
    )


def _whatsapp(around: Around) -> Closing | None:
    settings = around.settings
    if settings.whatsapp_access_token is None or settings.whatsapp_phone_number_id is None:
        return None
    from adapters.chat import whatsapp

    return whatsapp.connect(
        token=settings.whatsapp_access_token.get_secret_value(),
        phone_number_id=settings.whatsapp_phone_number_id,
        app_secret=revealed(settings.whatsapp_app_secret),
        verify_token=revealed(settings.whatsapp_verify_token),
        template=settings.whatsapp_template,
        root=settings.whatsapp_base_url,
        memory=around.memory,
    )


MAKERS: tuple[Callable[[Around], Closing | None], ...] = (_telegram, _slack, _discord, _whatsapp)
