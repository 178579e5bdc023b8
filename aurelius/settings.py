"""Every setting there is: its name, its default and what it is for. `python -m aurelius.settings` prints the table.

Settings come from the environment, then from `.env` in the working directory, then from `.env` in the data folder.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from aurelius.settings_file import SettingsError, read_settings_file

DATA_DIR = "~/.local/share/aurelius"
SKILL_PREFIX = "SKILL_"


def named(name: str, default: Any, about: str, shown: str | None = None, **limits: Any) -> Any:
    """A setting called `name` in the environment; `shown` is its default as the table words it."""
    extra: dict[str, Any] = {} if shown is None else {"shown": shown}
    return Field(default=default, validation_alias=name, description=about, json_schema_extra=extra, **limits)


def secret(name: str, about: str) -> Any:
    return named(name, None, about)


def address(name: str, about: str, default: str | None = None) -> Any:
    return named(name, default, about, pattern=r"^(https?|wss?)://")


class Settings(BaseModel):
    """The values in force. Secrets are `SecretStr`: they do not show in a log or a traceback."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, validate_default=True)

    host: str = named("AURELIUS_HOST", "127.0.0.1", "Address to listen on; 0.0.0.0 for every network card")
    port: int = named("AURELIUS_PORT", 8765, "Port to listen on", ge=0, le=65535)
    public_url: str = named(
        "PUBLIC_URL", "", "Where browsers and webhooks reach this process", pattern=r"^($|https?://)"
    )
    allow_plain_lan: bool = named(
        "AURELIUS_ALLOW_PLAIN_LAN", False, "Let a phone on the same network in over plain HTTP (unencrypted)"
    )
    data_dir: Path = named("AURELIUS_DATA_DIR", Path(DATA_DIR), "Folder of the database, keys and logs", shown=DATA_DIR)
    database_url: SecretStr | None = named(
        "DATABASE_URL", None, "PostgreSQL 16 or newer with pgvector", shown="embedded PostgreSQL"
    )
    redis_url: SecretStr | None = named("REDIS_URL", None, "Redis, shared by several processes", shown="in-process")
    secret_keys: SecretStr | None = named(
        "AURELIUS_SECRET_KEYS",
        None,
        "`id:base64,...`, 32 bytes each; the first encrypts",
        shown="made in the data folder",
    )
    mode: Literal["owner", "organisation"] = named("AURELIUS_MODE", "owner", "For one person, or for many")
    skills_dir: Path | None = named("AURELIUS_SKILLS_DIR", None, "Folder with skills of your own")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = named("AURELIUS_LOG_LEVEL", "INFO", "What is logged")

    anthropic_api_key: SecretStr | None = secret("ANTHROPIC_API_KEY", "Claude; without it the offline model answers")
    anthropic_base_url: str | None = address("ANTHROPIC_BASE_URL", "Another address of Claude's API")
    model_fast: str = named("AURELIUS_MODEL_FAST", "claude-haiku-5-5", "Model for everyday requests")
    model_standard: str = named("AURELIUS_MODEL_STANDARD", "claude-sonnet-5-5", "Model for work of several steps")
    model_deep: str = named("AURELIUS_MODEL_DEEP", "claude-opus-5-5", "Model for long thinking")

    elevenlabs_api_key: SecretStr | None = secret("ELEVENLABS_API_KEY", "Voice notes, in and out")
    elevenlabs_base_url: str | None = address("ELEVENLABS_BASE_URL", "Another address of ElevenLabs' API")
    clamd: str | None = named(
        "AURELIUS_CLAMD", None, "ClamAV's `clamd` (`host:port` or `/path/of/socket`), which looks at what is sent in"
    )

    embeddings: Literal["local", "voyage", "openai", "none"] = named(
        "AURELIUS_EMBEDDINGS", "none", "Who turns text into vectors for recall by meaning"
    )
    voyage_api_key: SecretStr | None = secret("VOYAGE_API_KEY", "Embeddings by Voyage")
    voyage_base_url: str | None = address("VOYAGE_BASE_URL", "Another address of Voyage's API")
    openai_api_key: SecretStr | None = secret("OPENAI_API_KEY", "Embeddings by OpenAI")
    openai_base_url: str | None = address("OPENAI_BASE_URL", "Another address of OpenAI's API")

    slack_bot_token: SecretStr | None = secret("SLACK_BOT_TOKEN", "Slack: the bot's token (`xoxb-`)")
    slack_app_token: SecretStr | None = secret("SLACK_APP_TOKEN", "Slack: Socket Mode (`xapp-`)")
    slack_signing_secret: SecretStr | None = secret("SLACK_SIGNING_SECRET", "Slack: events over HTTP")
    slack_client_id: str | None = named("SLACK_CLIENT_ID", None, "Slack: installing in further workspaces")
    slack_client_secret: SecretStr | None = secret("SLACK_CLIENT_SECRET", "Slack: installing in further workspaces")
    slack_base_url: str | None = address("SLACK_BASE_URL", "Another address of Slack's API, ends in `/api/`")

    discord_bot_token: SecretStr | None = secret("DISCORD_BOT_TOKEN", "Discord: the bot's token")
    discord_base_url: str | None = address("DISCORD_BASE_URL", "Another address of Discord's API, ends in `/api/v10`")
    discord_gateway_url: str | None = address("DISCORD_GATEWAY_URL", "Another address of Discord's gateway")

    telegram_bot_token: SecretStr | None = secret("TELEGRAM_BOT_TOKEN", "Telegram: the token from @BotFather")
    telegram_webhook_secret: SecretStr | None = secret("TELEGRAM_WEBHOOK_SECRET", "Telegram: webhook, not polling")
    telegram_base_url: str | None = address("TELEGRAM_BASE_URL", "Another address of Telegram's API")

    whatsapp_access_token: SecretStr | None = secret("WHATSAPP_ACCESS_TOKEN", "WhatsApp Cloud API: the token")
    whatsapp_phone_number_id: str | None = named("WHATSAPP_PHONE_NUMBER_ID", None, "WhatsApp: the number's id")
    whatsapp_app_secret: SecretStr | None = secret("WHATSAPP_APP_SECRET", "WhatsApp: signs what arrives")
    whatsapp_verify_token: SecretStr | None = secret("WHATSAPP_VERIFY_TOKEN", "WhatsApp: first check of the webhook")
    whatsapp_template: str | None = named(
        "WHATSAPP_TEMPLATE", None, "WhatsApp: `name:language` of a template that asks to write, sent after 24 hours"
    )
    whatsapp_base_url: str | None = address("WHATSAPP_BASE_URL", "Another address of the API, without its version")

    google_client_id: str | None = named("GOOGLE_CLIENT_ID", None, "Sign-in with Google")
    google_client_secret: SecretStr | None = secret("GOOGLE_CLIENT_SECRET", "Sign-in with Google")
    google_issuer: str = address("GOOGLE_ISSUER", "Who vouches for a sign-in", "https://accounts.google.com")
    microsoft_client_id: str | None = named("MICROSOFT_CLIENT_ID", None, "Sign-in with Microsoft")
    microsoft_client_secret: SecretStr | None = secret("MICROSOFT_CLIENT_SECRET", "Sign-in with Microsoft")
    microsoft_issuer: str = address(
        "MICROSOFT_ISSUER", "Who vouches for a sign-in", "https://login.microsoftonline.com/common/v2.0"
    )
    apple_client_id: str | None = named("APPLE_CLIENT_ID", None, "Sign-in with Apple")
    apple_client_secret: SecretStr | None = secret("APPLE_CLIENT_SECRET", "Sign-in with Apple")
    apple_issuer: str = address("APPLE_ISSUER", "Who vouches for a sign-in", "https://appleid.apple.com")

    skill_values: Mapping[str, SecretStr] = Field(default_factory=dict, exclude=True)

    @field_validator("data_dir", "skills_dir")
    @classmethod
    def _expand(cls, folder: Path | None) -> Path | None:
        return None if folder is None else folder.expanduser().absolute()

    @property
    def offline(self) -> bool:
        return self.anthropic_api_key is None

    @property
    def url(self) -> str:
        """Where a browser on this machine or, with PUBLIC_URL, on any machine finds us."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104 - compared, not bound
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")


def load(environment: Mapping[str, str] | None = None, here: Path | None = None) -> tuple[Settings, list[str]]:
    """The settings and warnings about what was not understood. Raises SettingsError, worded for a person."""
    environment = os.environ if environment is None else environment
    origins: dict[str, str] = {}
    values: dict[str, str] = {}

    def lay(layer: Mapping[str, str], origin: str) -> None:
        values.update({name: value for name, value in layer.items() if value})
        origins.update(dict.fromkeys(layer, origin))

    local = read_settings_file((here or Path.cwd()) / ".env")
    folder = environment.get("AURELIUS_DATA_DIR") or local.get("AURELIUS_DATA_DIR") or DATA_DIR
    shared = Path(folder).expanduser() / ".env"
    lay(read_settings_file(shared), str(shared))
    lay(local, str((here or Path.cwd()) / ".env"))
    lay(environment, "the environment")
    skills = {name: SecretStr(value) for name, value in values.items() if name.startswith(SKILL_PREFIX)}
    wanted = {name: values[name] for name in names() if name in values}
    try:
        return Settings.model_validate({**wanted, "skill_values": skills}), _unknown(origins)
    except ValidationError as error:
        raise SettingsError(_explain(error, origins)) from None  # the error's own text would show the values


def names() -> list[str]:
    return [str(field.validation_alias) for field in Settings.model_fields.values() if field.validation_alias]


def _unknown(origins: Mapping[str, str]) -> list[str]:
    known = {*names(), "AURELIUS_TEST_ALL"}
    strangers = sorted(name for name in origins if name.startswith("AURELIUS_") and name not in known)
    return [f"{name} (in {origins[name]}) is not a setting; it is ignored." for name in strangers]


def _explain(error: ValidationError, origins: Mapping[str, str]) -> str:
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        name = str(problem["loc"][0])
        lines.append(f"{name} (in {origins.get(name, 'the call')}): {problem['msg']}.")
    return "\n".join(["Some settings cannot be used:", *lines, "Correct or remove them; the README lists them all."])


def table() -> str:
    """The settings as a Markdown table, for the README."""
    rows = ["| name | for | default |", "| --- | --- | --- |"]
    for field in Settings.model_fields.values():
        if field.validation_alias:
            extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
            default = str(extra.get("shown") or ("" if field.default is None else field.default))
            rows.append(f"| `{field.validation_alias}` | {field.description} | {default and f'`{default}`'} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
