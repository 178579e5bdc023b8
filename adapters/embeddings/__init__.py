"""Embeddings: texts become vectors, so that recall finds what means the same in other words."""

from __future__ import annotations

from typing import Protocol

from adapters.embeddings.http import OpenAI, Voyage
from adapters.embeddings.local import LocalEmbeddings
from bot.ports import Embeddings, Unembedded

__all__ = ["check", "connect"]

SAMPLE = "Aurelius looks whether it can remember by meaning."


class Secret(Protocol):
    def get_secret_value(self) -> str: ...


class EmbeddingSettings(Protocol):
    """The part of the settings that is about embeddings."""

    @property
    def embeddings(self) -> str: ...
    @property
    def voyage_api_key(self) -> Secret | None: ...
    @property
    def voyage_base_url(self) -> str | None: ...
    @property
    def openai_api_key(self) -> Secret | None: ...
    @property
    def openai_base_url(self) -> str | None: ...


def connect(settings: EmbeddingSettings) -> Embeddings | None:
    """The provider that the settings name; None: recall goes by words alone. Nothing is loaded or sent yet."""
    if settings.embeddings == "local":
        return LocalEmbeddings()
    if settings.embeddings == "voyage":
        return Voyage(_revealed(settings.voyage_api_key), settings.voyage_base_url)
    if settings.embeddings == "openai":
        return OpenAI(_revealed(settings.openai_api_key), settings.openai_base_url)
    return None


async def check(settings: EmbeddingSettings) -> str | None:
    """None: the provider works, or none is wanted. Else what is wrong, and what to do."""
    provider = connect(settings)
    if provider is None:
        return None
    try:
        await provider.embed([SAMPLE])
    except Unembedded as error:
        return str(error)
    finally:
        await provider.close()
    return None


def _revealed(secret: Secret | None) -> str:
    return secret.get_secret_value() if secret else ""
