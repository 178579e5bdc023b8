"""Doing a call exactly once: the record of an execution is what entitles anybody to say "done".

An atomic action's effect and its record commit in one transaction of ours. For any other the record is written first:
found again without an end, nobody knows whether it happened, and `Lost` says so.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from bot.action import Action, Call, Outcome, Risk
from bot.message import Address
from bot.people import User
from bot.ports import Context, Ports
from bot.records import Audit
from bot.repositories import Lost, Stale, Work

Open = Callable[[], AbstractAsyncContextManager[Work]]
BROKEN = "Something went wrong inside me, and nothing was changed. The operator's log has the details."
BUGS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    PermissionError,
    RuntimeError,
    TimeoutError,
    TypeError,
    ValueError,
)  # not the database being away: then the step is tried again
log = logging.getLogger("aurelius.execute")


async def execute(
    ports: Ports,
    user: User,
    call: Call,
    *,
    own: str = "",
    lines: tuple[str, ...] = (),
    where: Address | None = None,
) -> Outcome:
    """Run the call, or return what came of it before. Raises `bot.repositories.Lost` when a run was cut off."""
    action = ports.actions.get(call.action)
    if action is None:
        return Outcome(ok=False, text=f"There is no action {call.action} any more.")
    problem = ports.actions.check(call)
    if problem is not None:
        return Outcome(ok=False, text=problem)

    def context(open: Open) -> Context:
        return Context(
            user=user,
            now=ports.clock.now(),
            key=call.key,
            open=open,
            model=ports.model,
            own_words=own,
            lines=lines,
            where=where,
        )

    if action.risk is Risk.READ:
        return await _guarded(ports, call, context(lambda: ports.memory.work(user.scope)))
    if action.atomic:
        return await _atomic(ports, user, action, call, context)
    return await _outside(ports, user, action, call, context)


async def _atomic(ports: Ports, user: User, action: Action, call: Call, context: Callable[[Open], Context]) -> Outcome:
    try:
        async with ports.memory.work(user.scope) as work:
            earlier = await work.executions.claim(call)
            if earlier is not None:
                return earlier
            outcome = await ports.actions.run(call, context(lambda: _shared(work)))
            await _record(ports, work, action, call, outcome)
            return outcome
    except Stale:
        return Outcome(ok=False, text="It was changed by somebody else at the same moment. Please look and ask again.")
    except BUGS:
        log.exception("an action failed", extra={"action": call.action})
        return Outcome(ok=False, text=BROKEN)


async def _outside(ports: Ports, user: User, action: Action, call: Call, context: Callable[[Open], Context]) -> Outcome:
    async with ports.memory.work(user.scope) as work:
        earlier = await work.executions.claim(call)
    if earlier is not None:
        return earlier
    try:
        outcome = await ports.actions.run(call, context(lambda: ports.memory.work(user.scope)))
    except Exception as error:
        log.exception("an action broke off", extra={"action": call.action})
        raise Lost(f"{call.action} broke off: nobody knows how far it came") from error
    async with ports.memory.work(user.scope) as work:
        await _record(ports, work, action, call, outcome)
    return outcome


async def _guarded(ports: Ports, call: Call, context: Context) -> Outcome:
    try:
        return await ports.actions.run(call, context)
    except BUGS:
        log.exception("an action failed", extra={"action": call.action})
        return Outcome(ok=False, text=BROKEN)


async def _record(ports: Ports, work: Work, action: Action, call: Call, outcome: Outcome) -> None:
    await work.executions.finish(call, outcome)
    about = {"action": action.id, "risk": action.risk.name.lower(), "account": call.account, "ok": outcome.ok}
    await work.audit.add(Audit(at=ports.clock.now(), kind="action", about={**about, "digest": call.digest()}))


@asynccontextmanager
async def _shared(work: Work) -> AsyncIterator[Work]:
    """The caller's own unit of work: what the action does in it commits with the record."""
    yield work
