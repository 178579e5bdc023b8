"""What we ask a language model and what it answers, without a vendor's types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.action import Json


class Tier(StrEnum):
    FAST = "fast"
    STANDARD = "standard"
    DEEP = "deep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    name: str  # ^[a-zA-Z0-9_-]{1,64}$
    about: str
    inputs: Json  # JSON Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUse:
    id: str
    name: str
    arguments: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    id: str
    text: str
    error: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image or a PDF for the model to look at."""

    mime: str
    base64: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message of the conversation. `blocks` are a model's own opaque blocks, given back to it as they came."""

    role: str  # "user" or "assistant"
    texts: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    results: tuple[ToolResult, ...] = ()
    blocks: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One request. Oldest to newest, stable to volatile: system, tools, profile, messages; the last user message ends
    with what changes (clock, evidence). `stable` counts the messages whose bytes do not change in the next request.
    `schema` asks for JSON that fits it. `server_tools` are "web_search" or "web_fetch", run by the vendor."""

    purpose: str  # "turn", "summary", ...: for the usage log
    tier: Tier
    system: str
    profile: str = ""
    tools: tuple[Tool, ...] = ()
    messages: tuple[Said, ...] = ()
    stable: int = 0
    schema: Json = None
    server_tools: tuple[str, ...] = ()
    max_tokens: int = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one call cost. Tokens are those the vendor counted; `dollars` from the dated price file."""

    model: str
    tier: Tier
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    dollars: float
    seconds: float


class End(StrEnum):
    """Why the model stopped."""

    DONE = "done"
    TOOLS = "tools"
    LENGTH = "length"
    REFUSED = "refused"
    PAUSED = "paused"  # a server tool needs more time: send the blocks back as they are


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`text` is what the person may see. `offline` is true when it was not Claude but the built-in rules."""

    text: str
    uses: tuple[ToolUse, ...]
    end: End
    blocks: tuple[Json, ...]
    usage: Usage
    offline: bool = False


class ModelDown(Exception):
    """No class of model answered. `why` is for the log, `retry_after` in seconds when the vendor said so."""

    def __init__(self, why: str, retry_after: float | None = None) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class OverBudget(Exception):
    """The person's budget is used up; the call was not made. Says which budget and how much was spent."""

    def __init__(self, period: str, spent: float, limit: float) -> None:
        super().__init__(f"{spent:.2f} of {limit:.2f} dollars per {period} are spent")
        self.period, self.spent, self.limit = period, spent, limit
