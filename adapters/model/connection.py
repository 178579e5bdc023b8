"""The one LanguageModel that everybody is given: Claude, or the built-in stand-in while there is no key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from adapters.model.claude import Claude, client
from adapters.model.failure import failure
from adapters.model.metered import Metered, Warn
from adapters.model.retried import Retried
from bot.model import Answer, ModelDown, Prompt, Tier, Usage
from bot.people import Scope
from bot.ports import Clock, Memory

if TYPE_CHECKING:
    from adapters.model.retried import Grow

MODELS = {Tier.FAST: "claude-haiku-5-5", Tier.STANDARD: "claude-sonnet-5-5", Tier.DEEP: "claude-opus-5-5"}
OFFLINE_MODELS = dict.fromkeys(Tier, "offline-rules-1")


class Secret(Protocol):
    def get_secret_value(self) -> str: ...


class ModelSettings(Protocol):
    """The part of the settings that is about Claude."""

    @property
    def anthropic_api_key(self) -> Secret | None: ...
    @property
    def anthropic_base_url(self) -> str | None: ...
    @property
    def model_fast(self) -> str: ...
    @property
    def model_standard(self) -> str: ...
    @property
    def model_deep(self) -> str: ...


def connect(
    settings: ModelSettings,
    memory: Memory,
    clock: Clock,
    *,
    pasted_key: str | None = None,
    offline_url: str | None = None,
    warn: Warn | None = None,
) -> Connection:
    """The model by the settings; a key pasted on the settings page goes before the one in them. `warn` is told once
    80 % of a budget is spent."""
    secret = settings.anthropic_api_key
    return Connection(
        memory=memory,
        clock=clock,
        api_key=pasted_key or (secret.get_secret_value() if secret else None),
        base_url=settings.anthropic_base_url,
        offline_url=offline_url,
        models={Tier.FAST: settings.model_fast, Tier.STANDARD: settings.model_standard, Tier.DEEP: settings.model_deep},
        warn=warn,
    )


class Connection:
    """A LanguageModel whose key can change while it runs. With a key it asks the vendor (at `base_url`), without one
    the offline stand-in (at `offline_url`); with neither it raises ModelDown and says what to do."""

    def __init__(
        self,
        *,
        memory: Memory,
        clock: Clock,
        api_key: str | None = None,
        base_url: str | None = None,
        offline_url: str | None = None,
        models: Mapping[Tier, str] = MODELS,
        warn: Warn | None = None,
    ) -> None:
        self._memory, self._clock, self._warn = memory, clock, warn
        self._base_url, self._offline_url, self._models = base_url, offline_url, dict(models)
        self._key = api_key
        self._claude = self._make()

    async def ask(self, scope: Scope, prompt: Prompt, grow: Grow | None = None) -> Answer:
        """See LanguageModel. Raises ModelDown, OverBudget."""
        if self._claude is None:
            raise ModelDown("there is no Claude key yet; add one in the settings")
        async with self._claude.held():
            return await self._stack.ask(scope, prompt, grow)

    def sees(self) -> bool:
        """Whether it looks at pictures and PDFs, as Claude does."""
        return self._key is not None

    async def warm(self) -> None:
        """Import the vendor's client in the background; the first message then does not wait for it."""
        if self._claude:
            await self._claude.warm()

    async def set_key(self, api_key: str | None) -> None:
        """From the next call on. Calls under way end where they began."""
        if api_key != self._key:
            self._key = api_key
            before, self._claude = self._claude, self._make()
            if before:
                await before.close()

    async def close(self) -> None:
        if self._claude:
            await self._claude.close()

    def _make(self) -> Claude | None:
        if self._key:
            claude = Claude(api_key=self._key, base_url=self._base_url, models=self._models, bill=self._bill)
        elif self._offline_url:
            claude = Claude(api_key="offline", base_url=self._offline_url, models=OFFLINE_MODELS, bill=self._bill)
        else:
            return None
        metered = Metered(claude, claude.estimate, self._memory, self._clock, self._warn)
        self._stack = Retried(metered, claude.name)
        return claude

    async def _bill(self, scope: Scope, purpose: str, usage: Usage) -> None:
        """Every call is written down: the silent ones, the failed ones and the stopped ones too."""
        async with self._memory.work(scope) as work:
            await work.usage.add(purpose, usage, self._clock.now())


async def check_key(api_key: str, base_url: str | None = None, *, seconds: float = 10.0) -> str | None:
    """None when Claude accepts the key, else why not, in words for people. Costs nothing."""
    from anthropic import AnthropicError
    from httpx2 import HTTPError

    asked = client(api_key, base_url, silence=seconds)
    try:
        await asked.models.list(limit=1)
    except (AnthropicError, HTTPError) as error:
        return failure(error).why
    finally:
        await asked.close()
    return None
