"""What a model call costs: arithmetic over the dated list in `prices.json`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from bot.action import Json

LONG_PROMPT = 100_000  # tokens; above it some models have a higher band
OFFLINE = "offline"  # how the ids of the built-in stand-in begin; it costs nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What the vendor counted for one request. `searches` are web searches, which have a price of their own."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    searches: int = 0

    @property
    def prompt(self) -> int:
        return self.input + self.cache_read + self.cache_write


def cost(model: str, tokens: Tokens, day: date, *, us_only: bool = False) -> float:
    """Dollars for one request on `day` (UTC). A model that is not in the list costs as much as the dearest in it,
    so that a budget errs towards stopping early."""
    if model.startswith(OFFLINE):
        return 0.0
    book = _book()
    price = _price(book["models"], model, day)
    if tokens.prompt > LONG_PROMPT:
        price = price.get("above_100k", price)
    kinds = ("input", "output", "cache_read", "cache_write")
    dollars: float = sum(getattr(tokens, kind) * price[kind] for kind in kinds) / 1_000_000
    dollars *= book["us_only"] if us_only else 1
    return dollars + float(tokens.searches * book["web_search"])


def _price(models: Json, model: str, day: date) -> Json:
    dated = models.get(_name(model))
    if dated is None:
        return max((prices[-1] for prices in models.values()), key=lambda price: float(price["output"]))
    begun = [price for price in dated if price.get("from", "") <= day.isoformat()]
    return begun[-1] if begun else dated[0]


def _name(model: str) -> str:
    """An id may end in the day of its release: claude-haiku-4-5-20251001."""
    return re.sub(r"-\d{8}$", "", model)


@cache
def _book() -> Json:
    return json.loads(Path(__file__).with_name("prices.json").read_text(encoding="utf-8"))
