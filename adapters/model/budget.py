"""Whether a person's budget allows one more call: pure arithmetic over what was spent today and this month."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time

from bot.model import OverBudget, Tier
from bot.people import User

WARNING = 0.8  # share of a budget at which the person is told
STRETCH = 2.0  # how far beyond the limit the fast class may go, once the person chose so


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A budget's day or month, in dollars. `held` is reserved for calls that are under way."""

    name: str  # "day" or "month"
    limit: float
    spent: float
    held: float = 0.0


def begins(user: User, now: datetime) -> tuple[datetime, datetime]:
    """When the user's own day and month began, in UTC."""
    local = user.local(now)
    day = datetime.combine(local.date(), time(), local.tzinfo)
    return day.astimezone(UTC), day.replace(day=1).astimezone(UTC)


def allowed(user: User, periods: tuple[Period, ...], tier: Tier, price: Callable[[Tier], float], now: datetime) -> Tier:
    """The class that may be asked. `price` estimates this call's dollars; what costs nothing is always allowed.
    Beyond a limit only the fast class may go on, and only if the person chose so. Raises OverBudget."""
    if _exceeded(periods, price(tier)) is None:
        return tier
    fast_only = user.fast_only_until is not None and user.fast_only_until > now
    if fast_only and _exceeded(periods, price(Tier.FAST), STRETCH) is None:
        return Tier.FAST
    over = _exceeded(periods, price(tier))
    assert over is not None  # noqa: S101
    raise OverBudget(over.name, over.spent, over.limit)


def crossed(periods: tuple[Period, ...], dollars: float) -> tuple[tuple[Period, float], ...]:
    """The periods that this call's dollars took over the warning's mark, with the share that is spent now."""
    shares = [(period, period.spent, period.spent + dollars) for period in periods if period.limit > 0]
    mark = [(period, before / period.limit, after / period.limit) for period, before, after in shares]
    return tuple((period, after) for period, before, after in mark if before < WARNING <= after)


def _exceeded(periods: tuple[Period, ...], price: float, stretch: float = 1.0) -> Period | None:
    """The first period whose limit this call would break."""
    if price <= 0:
        return None
    return next((period for period in periods if period.spent + period.held + price > period.limit * stretch), None)
