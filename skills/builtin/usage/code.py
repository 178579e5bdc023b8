"""What was spent on language models, beside the budget that bites."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.action import Outcome
from bot.ports import Context
from bot.records import Spend
from skills.wording import bullets, count, midnight, plain


async def report(context: Context) -> Outcome:
    user = context.user
    day = midnight(user, context.now)
    month = day - timedelta(days=day.day - 1)
    async with context.open() as work:
        today, this_month = await work.usage.since(day), await work.usage.since(month)
        models = await work.usage.by_model(month)
    text = (
        f"Today: {_dollars(today, user.dollars_per_day)}.\\\n"
        f"This month: {_dollars(this_month, user.dollars_per_month)}.{_by_model(models)}"
    )
    data = {
        "today": today.dollars,
        "month": this_month.dollars,
        "budget": {"day": user.dollars_per_day, "month": user.dollars_per_month},
        "models": {model: spend.dollars for model, spend in models},
    }
    return Outcome(ok=True, text=text, data=data)


def _dollars(spend: Spend, budget: float) -> str:
    return f"${spend.dollars:.2f} of ${budget:.2f} in {count(spend.calls, 'call')}"


def _by_model(models: Sequence[tuple[str, Spend]]) -> str:
    lines = [f"{plain(model)}: ${spend.dollars:.2f} in {count(spend.calls, 'call')}" for model, spend in models]
    return f"\n\n{bullets(lines)}" if lines else ""
