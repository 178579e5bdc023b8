"""Every service that can be connected: its settings, whether they are there, and whether they work."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files

from pydantic import SecretStr

from aurelius.chats import revealed
from aurelius.settings import Settings
from aurelius.setup.slack_manifest import manifest

NO_ADDRESS = "https://your.public.address"  # stands in a guide as long as PUBLIC_URL is not set


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One setting that a person brings from the vendor; `words` say where it stands there."""

    setting: str
    words: str
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """`name` as in `aurelius setup NAME`, `title` as people call it. `check`: None when the settings work, else what is
    wrong and what to do. `begun_by`: any of these set means that somebody connects it. `makes`: settings that the
    person carries to the vendor and that are made here. `reach`: what it needs of the network."""

    name: str
    title: str
    reach: str
    asks: tuple[Ask, ...]
    check: Callable[[Settings], Awaitable[str | None]]
    begun_by: tuple[str, ...]
    makes: tuple[str, ...] = ()

    def is_begun(self, settings: Settings) -> bool:
        return any(value_of(settings, name) for name in self.begun_by)

    def missing(self, settings: Settings) -> Mapping[str, str]:
        """Fresh values for what is made here and is not there yet."""
        return {name: secrets.token_urlsafe(24) for name in self.makes if not value_of(settings, name)}

    def guide(self, settings: Settings) -> str:
        """The steps, with this machine's addresses and values in them."""
        text = files("aurelius.setup").joinpath(f"guides/{self.name}.md").read_text(encoding="utf-8")
        public = settings.public_url.rstrip("/")
        made = {name.lower(): value_of(settings, name) for name in self.makes}
        if "{manifest}" in text:
            made["manifest"] = manifest(public)
        return text.format(public=public or NO_ADDRESS, file=settings.data_dir / ".env", **made)


def value_of(settings: Settings, name: str) -> str:
    """The value of the setting with this name in the environment; empty when it is not set."""
    value = getattr(settings, _field(name))
    return str(value.get_secret_value() if isinstance(value, SecretStr) else value or "")


def is_secret(name: str) -> bool:
    return Settings.model_fields[_field(name)].annotation == SecretStr | None


def _field(name: str) -> str:
    return next(key for key, field in Settings.model_fields.items() if field.validation_alias == name)


async def _claude(settings: Settings) -> str | None:
    from adapters.model import check_key

    return await check_key(revealed(settings.anthropic_api_key) or "", settings.anthropic_base_url)


async def _slack(settings: Settings) -> str | None:
    from adapters.chat import slack

    return await slack.check(
        token=revealed(settings.slack_bot_token),
        app_token=revealed(settings.slack_app_token),
        signing_secret=revealed(settings.slack_signing_secret),
        root=settings.slack_base_url,
    )


async def _discord(settings: Settings) -> str | None:
    from adapters.chat import discord

    token = revealed(settings.discord_bot_token) or ""
    return await discord.check(token=token, root=settings.discord_base_url, gateway=settings.discord_gateway_url)


async def _telegram(settings: Settings) -> str | None:
    from adapters.chat import telegram

    return await telegram.check(
        token=revealed(settings.telegram_bot_token) or "",
        root=settings.telegram_base_url,
        secret=revealed(settings.telegram_webhook_secret),
        public_url=settings.public_url,
    )


async def _whatsapp(settings: Settings) -> str | None:
    from adapters.chat import whatsapp

    why = await whatsapp.check(
        token=revealed(settings.whatsapp_access_token),
        phone_number_id=settings.whatsapp_phone_number_id,
        app_secret=revealed(settings.whatsapp_app_secret),
        verify_token=revealed(settings.whatsapp_verify_token),
        template=settings.whatsapp_template,
        root=settings.whatsapp_base_url,
    )
    if why is None and not settings.public_url.startswith("https://"):
        return "PUBLIC_URL is no https address: WhatsApp delivers to one that is reached from the internet."
    return why


async def _voice(settings: Settings) -> str | None:
    from adapters.speech import check_key

    return await check_key(revealed(settings.elevenlabs_api_key) or "", settings.elevenlabs_base_url)


CHATS: tuple[Service, ...] = (
    Service(
        name="slack",
        title="Slack",
        reach="no public address needed (Socket Mode)",
        asks=(
            Ask(setting="SLACK_BOT_TOKEN", words="Bot User OAuth Token (xoxb-...)"),
            Ask(setting="SLACK_APP_TOKEN", words="App-level token (xapp-...)", optional=True),
            Ask(setting="SLACK_SIGNING_SECRET", words="Signing secret, for events over HTTP", optional=True),
        ),
        check=_slack,
        begun_by=("SLACK_BOT_TOKEN", "SLACK_CLIENT_ID"),
    ),
    Service(
        name="discord",
        title="Discord",
        reach="no public address needed (gateway)",
        asks=(Ask(setting="DISCORD_BOT_TOKEN", words="Bot token"),),
        check=_discord,
        begun_by=("DISCORD_BOT_TOKEN",),
    ),
    Service(
        name="telegram",
        title="Telegram",
        reach="no public address needed (polling)",
        asks=(
            Ask(setting="TELEGRAM_BOT_TOKEN", words="Token from @BotFather"),
            Ask(setting="TELEGRAM_WEBHOOK_SECRET", words="Webhook secret; none for polling", optional=True),
        ),
        check=_telegram,
        begun_by=("TELEGRAM_BOT_TOKEN",),
    ),
    Service(
        name="whatsapp",
        title="WhatsApp",
        reach="needs a public https address (PUBLIC_URL)",
        asks=(
            Ask(setting="WHATSAPP_ACCESS_TOKEN", words="Access token of the system user"),
            Ask(setting="WHATSAPP_PHONE_NUMBER_ID", words="Phone number ID"),
            Ask(setting="WHATSAPP_APP_SECRET", words="App secret"),
            Ask(setting="WHATSAPP_TEMPLATE", words="Template as name:language", optional=True),
        ),
        check=_whatsapp,
        begun_by=("WHATSAPP_ACCESS_TOKEN", "WHATSAPP_PHONE_NUMBER_ID"),
        makes=("WHATSAPP_VERIFY_TOKEN",),
    ),
)
MINDS: tuple[Service, ...] = (
    Service(
        name="claude",
        title="Claude",
        reach="no public address needed",
        asks=(Ask(setting="ANTHROPIC_API_KEY", words="Claude's key"),),
        check=_claude,
        begun_by=("ANTHROPIC_API_KEY",),
    ),
    Service(
        name="voice",
        title="Voice",
        reach="no public address needed",
        asks=(Ask(setting="ELEVENLABS_API_KEY", words="ElevenLabs' key"),),
        check=_voice,
        begun_by=("ELEVENLABS_API_KEY",),
    ),
)
SERVICES: Mapping[str, Service] = {service.name: service for service in (*CHATS, *MINDS)}
