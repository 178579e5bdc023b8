"""One use of a tool by the model: checked, judged, and then run, put on a card, or refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot import prompt
from bot.action import Action, Call, Outcome, Risk
from bot.execute import execute
from bot.ids import derived_id, new_nonce
from bot.message import Address
from bot.model import ToolUse
from bot.people import User
from bot.policy import Case, Judgement, Ruling, Seen, judge, origin_of, structured
from bot.ports import Ports
from bot.records import Audit
from bot.repositories import Lost
from bot.settle import LIFE, UNDO_WINDOW, watch
from bot.suggestion import State, Suggestion, digest_of
from bot.trigger import Why

SPEAK = "me.speak"  # the action by which a person asks for a spoken answer
LOST = "I was cut off while doing this and do not know whether it happened. Please check before you ask again."
STOPPED = "The person said stop. Do nothing more."


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """What came of a tool use. `text` goes to the model, `said` is in the person's words; `ran` names what was
    executed and its ready-made undo; `card` is the suggestion that now waits."""

    text: str
    error: bool = False
    said: str = ""
    ran: str = ""
    call: Call | None = None
    undo: Call | None = None
    card: str | None = None
    outside: bool = False
    fields: tuple[str, ...] = ()
    aloud: bool = False  # the person asked for a spoken answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """On whose behalf and where a tool is used; `own` is what they wrote in this turn, `lines` the messages' ids."""

    user: User
    at: Address
    own: str
    turn: str
    lines: tuple[str, ...] = ()


async def act(ports: Ports, asker: Asker, use: ToolUse, seen: Seen, key: str) -> Acted:
    """Handle one tool use. Call it inside a step; `key` makes a repeat the same use."""
    if use.name == prompt.FIND.name:
        actions = await ports.actions.find(asker.user.scope, str(use.arguments.get("query", "")))
        return Acted(text=prompt.found(actions))
    call = call_of(ports, use, key)
    if isinstance(call, str):
        return Acted(text=prompt.told(Outcome(ok=False, text=call)), error=True)
    return await do(ports, asker, call, seen)


def call_of(ports: Ports, use: ToolUse, key: str) -> Call | str:
    """The call that the model means, or what is wrong with it."""
    name, arguments = use.name, use.arguments
    if name == prompt.CALL.name:
        inner = arguments.get("arguments", {})
        name, arguments = str(arguments.get("id", "")), inner if isinstance(inner, Mapping) else {"": inner}
    else:
        name = next((a.id for a in ports.actions.always() if prompt.tool_name(a.id) == name), name)
    action = ports.actions.get(name)
    if action is None or action.internal:
        return f"There is no tool {name}. Use find_actions to see what there is."
    call = Call(action=action.id, arguments=dict(arguments), key=key)
    call = replace(call, key=derived_id(key, call.digest()))  # asked again, another call in this place is another
    return ports.actions.check(call) or call


async def do(ports: Ports, asker: Asker, call: Call, seen: Seen) -> Acted:
    """Judge a well-formed call and act on the ruling."""
    action = ports.actions.get(call.action)
    if action is None:
        raise LookupError(call.action)
    if action.risk is Risk.READ and not action.open_address:
        return await _read(ports, asker, action, call)
    judgement, trust = await _judged(ports, asker, action, call, seen)
    if judgement.ruling is Ruling.REFUSE:
        async with ports.memory.work(asker.user.scope) as work:
            about = {"action": action.id, "why": judgement.why}
            await work.audit.add(Audit(at=ports.clock.now(), kind="refused", about=about))
        return Acted(text=prompt.refused(judgement.why), error=True, said=f"I did not do this: {judgement.why}")
    if judgement.ruling is Ruling.ASK:
        return await _ask(ports, asker, action, call, judgement)
    if action.risk is Risk.READ:
        return await _read(ports, asker, action, call)
    return await _run(ports, asker, action, call, trust)


async def _judged(ports: Ports, asker: Asker, action: Action, call: Call, seen: Seen) -> tuple[Judgement, str | None]:
    now = ports.clock.now()
    async with ports.memory.work(asker.user.scope) as work:
        user = await work.profile.get()
        trusts = [t for t in await work.trusts.list() if not t.never and t.covers(call, now)]
        case = Case(
            action=action,
            origin=origin_of(action, call, seen),
            tainted=seen.tainted,
            trusted=bool(trusts),
            paused=user.paused,
        )
        judgement = judge(case)
        if trusts and judgement.ruling is Ruling.RUN:
            await work.trusts.used(trusts[0].id)
    return judgement, trusts[0].id if trusts else None


async def _read(ports: Ports, asker: Asker, action: Action, call: Call) -> Acted:
    outcome = await execute(ports, asker.user, call, own=asker.own, lines=asker.lines, where=asker.at)
    outside = action.outside or outcome.outside
    return Acted(
        text=prompt.told(outcome, action.id if outside else None),
        error=not outcome.ok,
        said=outcome.text,
        outside=outside and outcome.ok,
        aloud=action.id == SPEAK and outcome.ok,
        fields=() if outside else tuple(sorted(structured([outcome.data]))),
    )


async def _run(ports: Ports, asker: Asker, action: Action, call: Call, trust: str | None) -> Acted:
    async with ports.memory.door() as door:
        if await door.inbox.is_stopped(asker.turn):
            return Acted(text=prompt.refused(STOPPED), error=True)
    title = await _title(ports, asker, call)  # before it runs: what it removes has no name afterwards
    try:
        outcome = await execute(ports, asker.user, call, own=asker.own, lines=asker.lines, where=asker.at)
    except Lost:
        return Acted(text=prompt.told(Outcome(ok=False, text=LOST)), error=True, said=LOST)
    allowed = " (allowed by you: /trust)" if trust else ""
    return Acted(
        text=prompt.told(outcome, action.id if action.outside else None),
        error=not outcome.ok,
        said=outcome.text,
        ran=f"{title}{allowed}" if outcome.ok else "",
        call=call if outcome.ok else None,
        undo=outcome.undo,
        outside=action.outside and outcome.ok,
        fields=tuple(sorted(structured([outcome.data]))),
    )


async def _ask(ports: Ports, asker: Asker, action: Action, call: Call, judgement: Judgement) -> Acted:
    """Write the suggestion down; its card is shown with the answer."""
    now = ports.clock.now()
    suggestion = Suggestion(
        id=derived_id("suggestion", call.key),
        scope=asker.user.scope,
        revision=1,
        trigger=Why.ASKED,
        title=await _title(ports, asker, call),
        steps=(call,),
        risk=action.risk,
        state=State.OPEN,
        digest=digest_of((call,)),
        nonce=new_nonce(),
        created_at=now,
        expires_at=now + LIFE,
        why=f"You asked: “{quoted(asker.own)}”. {judgement.why}",
    )
    async with ports.memory.work(asker.user.scope) as work:
        await work.suggestions.add(suggestion)
        kept = await work.suggestions.get(suggestion.id) or suggestion
        await watch(ports, work, kept)
    return Acted(text=prompt.waiting(mark(kept), kept.title), said=f"{kept.title}: this waits for you.", card=kept.id)


async def _title(ports: Ports, asker: Asker, call: Call) -> str:
    async with ports.memory.work(asker.user.scope) as work:
        return await ports.actions.title(call, work)


def receipt(asker: Asker, acted: Sequence[Acted], ports: Ports) -> Suggestion | None:
    """The row behind the Undo of an answer: all that this turn ran by itself, and how to take it back."""
    ran = [item for item in acted if item.call is not None]
    if not any(item.undo for item in ran):
        return None
    now = ports.clock.now()
    steps = tuple(item.call for item in ran if item.call is not None)
    actions = [ports.actions.get(step.action) for step in steps]
    return Suggestion(
        id=derived_id("receipt", asker.turn),
        scope=asker.user.scope,
        revision=1,
        trigger=Why.ASKED,
        title="; ".join(item.ran for item in ran),
        steps=steps,
        risk=max((a.risk for a in actions if a), default=Risk.WRITE),
        state=State.DONE,
        digest=digest_of(steps),
        nonce=new_nonce(),
        created_at=now,
        expires_at=now,
        why=f"You asked: “{quoted(asker.own)}”",
        undo=tuple(item.undo for item in reversed(ran) if item.undo is not None),
        undo_until=now + UNDO_WINDOW,
        result="; ".join(item.said for item in ran),
    )


def quoted(text: str, length: int = 160) -> str:
    """One line of the person's words, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def mark(suggestion: Suggestion) -> str:
    """How the model names an open card."""
    return suggestion.nonce[:8]


def with_results(seen: Seen, acted: Sequence[Acted]) -> Seen:
    """What is in view after these tool uses."""
    outside = tuple(item.text for item in acted if item.outside)
    found = frozenset(field for item in acted if not item.outside for field in item.fields)
    return Seen(
        own=seen.own,
        pointed=seen.pointed,
        found=seen.found | found,
        foreign=seen.foreign + outside,
        tainted=seen.tainted or bool(outside),
    )
