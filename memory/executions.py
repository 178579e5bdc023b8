"""Which calls ran, by idempotency key: claimed before, finished after, and nothing runs twice."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from bot.action import Call, Outcome
from bot.codec import decode, encode
from bot.repositories import Lost
from memory.rows import Owned
from memory.tables import executions


class OwnExecutions(Owned):
    async def claim(self, call: Call) -> Outcome | None:
        """None: it is ours to run. An outcome: it ran before. Raises Lost when a run began and never ended.

        A claim that another transaction has not committed yet is waited for."""
        claim = insert(executions).values(**self.owner, key=call.key, action=call.action)
        if (await self.tx.execute(claim.on_conflict_do_nothing())).rowcount:
            return None
        mine = select(executions.c.outcome).where(self.mine(executions), executions.c.key == call.key)
        outcome = (await self.tx.execute(mine)).scalar_one()
        if outcome is None:
            raise Lost(f"{call.action} began and never ended")
        return decode(Outcome, outcome)

    async def finish(self, call: Call, outcome: Outcome) -> None:
        """Write down how it ended; also when the claim is gone because the call deleted everything."""
        ended = {"outcome": encode(outcome), "ended_at": func.now()}
        row = insert(executions).values(**self.owner, key=call.key, action=call.action, **ended)
        await self.tx.execute(row.on_conflict_do_update(index_elements=["user_id", "key"], set_=ended))
