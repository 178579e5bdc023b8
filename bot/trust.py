"""What a person allowed once and for a while: an "always", named, limited and dated; listed and revoked by /trust."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.action import Call, Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """`always`: run without asking; `never`: do not even propose. The targets must be equal, the limit not exceeded.

    A target of None must be absent: who allowed "to Ann" did not allow "to Ann, copy to Eve"."""

    id: str
    action: str
    account: str | None
    targets: Mapping[str, Json]
    until: datetime
    never: bool = False
    at_most: Mapping[str, float] | None = None  # numeric inputs, for example {"amount": 50}
    used: int = 0

    def covers(self, call: Call, now: datetime) -> bool:
        """Whether this call is exactly what was allowed: same action, account and targets, within limit and date."""
        if now >= self.until or call.action != self.action or call.account != self.account:
            return False
        if any(call.arguments.get(name) != value for name, value in self.targets.items()):
            return False
        for name, limit in (self.at_most or {}).items():
            value = call.arguments.get(name)
            # NaN is neither above nor below: it is not within the limit
            if not isinstance(value, int | float) or isinstance(value, bool) or not value <= limit:
                return False
        return True
