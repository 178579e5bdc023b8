"""The one path of a message: begin, think, act, think again, reply. A job of the durable engine.

Every costly or outward part is a step: completed once, it is never done (or paid) again, whatever is killed when.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot import prompt
from bot.act import Acted, Asker, act, do, mark, receipt, with_results
from bot.action import Call, Json, Outcome, Risk
from bot.begin import Begun, begin
from bot.card import answered, choices, text, undo_choice
from bot.command import arguments, overview
from bot.deliver import deliver, progress
from bot.hear import Voiced, hear, speak, wanted
from bot.ids import derived_id
from bot.learning.facts import later as learn_later
from bot.message import Choice, Tone
from bot.model import Said, ToolResult, ToolUse
from bot.phrases import assents, checked, is_no, is_yes
from bot.policy import Origin, Seen, origin_of
from bot.ports import Ports
from bot.press import AGAIN, FAST
from bot.records import Author, Delivery, DeliveryState, InboundState, Message
from bot.settle import Answered, settle
from bot.shortcuts import SENTENCES, SHORTCUTS
from bot.suggestion import Event, State, Suggestion
from bot.think import Sight, Thought, think

DECISIONS = {"approve": Event.APPROVE, "deny": Event.DENY, "change": Event.EDIT, "later": Event.LATER}
SHOWS_CARDS, MOST_CARDS = "plans", 5
ROUNDS = 12  # thoughts in one turn
LONGEST = 100_000  # characters
TOO_LONG = "That is {size:,} characters; I read at most {most:,} in one message. Send it as a file, or in parts."
ENDLESS = "I went round in circles with this and stopped. Please put it differently, or in smaller parts."
NOTHING = "I have no answer to this."
HELP = (
    "Just write to me as you would to a person: “remind me to call Ann tomorrow at 4”, “what is on my list?”, "
    "“remember that I like tea”. Say “help” for more examples. What cannot be taken back waits for your yes on a card. "
    "These commands are short ways:\n\n{commands}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What a turn comes to."""

    text: str
    acted: tuple[Acted, ...] = ()
    choices: tuple[Choice, ...] = ()
    outside: bool = False
    stopped: bool = False
    silent: bool = False  # a card said it all


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """The open card that an answer in words is about, whether it is one of several, whether texts of others are in
    view, and whether the change is theirs."""

    suggestion: Suggestion | None
    several: bool
    tainted: bool
    foreign: bool = False


async def turn(ports: Ports, id: str) -> None:
    """Answer the inbound message or command `id`."""
    begun = await ports.engine.step("begin", lambda: begin(ports, id), Begun | None)
    if begun is None:
        return
    scope = begun.user.scope
    for number, message in enumerate(begun.waiting):  # the chat is open again
        await deliver(ports, scope, message, f"waited:{number}")
    await progress(ports, begun.at, {"kind": "typing", "turn": id})
    voice = await hear(ports, begun)
    ending = await _ending(ports, voice)
    messages = await ports.engine.step("reply", lambda: _reply(ports, voice, ending), tuple[Message, ...])
    for number, message in enumerate(messages):
        await deliver(ports, scope, message, f"reply:{number}")
    if ending.text and wanted(voice, asked=any(item.aloud for item in ending.acted)):
        await deliver(ports, scope, await speak(ports, begun, ending.text), "voice")
    await progress(ports, begun.at, {"kind": "idle", "turn": id})


async def _ending(ports: Ports, voice: Voiced) -> Ending:
    begun = voice.begun
    size = sum(len(words) for words in begun.own)
    if size > LONGEST:
        return Ending(text=TOO_LONG.format(size=size, most=LONGEST))
    if voice.problem:
        return Ending(text=voice.problem)
    if begun.command is not None and begun.command not in SENTENCES:
        return await _command(ports, begun, begun.command)
    if begun.command is not None:
        begun = replace(begun, own=(SENTENCES[begun.command].format(begun.own[0].removeprefix("me ")),))
    return await _plain_answer(ports, begun) or await _converse(ports, begun, voice.texts)


async def _command(ports: Ports, begun: Begun, name: str) -> Ending:
    if name == "help":
        return Ending(text=HELP.format(commands=overview()))
    if name == "undo":
        return await _undo(ports, begun)
    shortcut = SHORTCUTS.get(name)
    if shortcut is None:
        return Ending(text=f"I do not know the command `/{name[:40]}`. These I know:\n\n{overview()}")
    given = arguments(shortcut, begun.own[0])
    if given is None:
        return Ending(text=f"Something is missing. For example: `{shortcut.needs}`")
    call = Call(action=shortcut.action, arguments=given, key=derived_id(begun.id, "command"))
    problem = ports.actions.check(call)
    if problem is not None:
        return Ending(text=problem)
    seen = Seen(own=begun.own)
    acted = await ports.engine.step("act", lambda: do(ports, _asker(begun), call, seen), Acted)
    return Ending(text="" if acted.card else acted.said, acted=(acted,), silent=acted.card is not None)


async def _undo(ports: Ports, begun: Begun) -> Ending:
    async def latest() -> Suggestion | None:
        async with ports.memory.work(begun.user.scope) as work:
            return next((s for s in await work.suggestions.recent(20) if s.state == "done" and s.undo), None)

    suggestion = await ports.engine.step("latest", latest, Suggestion | None)
    if suggestion is None:
        return Ending(text="There is nothing that I could take back.")
    answer = Answered(event=Event.UNDO, nonce=suggestion.nonce, by=begun.id)
    decided = await settle(ports, begun.user, answer)
    return Ending(text=decided.refused or (decided.suggestion.result if decided.suggestion else ""))


async def _plain_answer(ports: Ports, begun: Begun) -> Ending | None:
    """What answers a card without asking a model: a bare yes or no right after it (after two cards it is asked which),
    or in reply to it; and the lines of its form."""
    words = begun.own[-1]
    bare = is_yes(words) or is_no(words)
    if len(begun.own) > 1 or not (bare or ":" in words):
        return None

    async def asked() -> Suggestion | None:
        async with ports.memory.work(begun.user.scope) as work:
            last = [m for m in await work.messages.before(begun.at, begun.first, limit=4) if not m.is_voice_note][-2:]
            if begun.answers or (last and last[-1].asks):
                meant = await work.suggestions.get(begun.answers or last[-1].asks or "")
                return meant if meant is not None and meant.state in (State.OPEN, State.SNOOZED) else None
            waiting = [s for s in await work.suggestions.open(begun.at) if s.id in [m.suggestion for m in last]]
            return waiting[0] if bare and len(waiting) == 1 and waiting[0].id == last[-1].suggestion else None

    suggestion = await ports.engine.step("asked", asked, Suggestion | None)
    if suggestion is None:
        return None
    values = () if bare else answered(words, suggestion, ports.actions.get(suggestion.steps[0].action))
    if not bare and not values:
        return None
    event = Event.EDIT if values else Event.APPROVE if is_yes(words) else Event.DENY
    answer = Answered(event=event, nonce=suggestion.nonce, by=begun.id, values=values)
    decided = await settle(ports, begun.user, answer)
    result = "" if decided.shown or decided.suggestion is None else decided.suggestion.result
    return Ending(text=decided.refused or result, silent=decided.shown and not decided.refused)


async def _converse(ports: Ports, begun: Begun, texts: tuple[str, ...]) -> Ending:
    """The loop of thinking and acting."""
    sight, exchanges, acted = Sight(ports, begun, texts), list[Said](), list[Acted]()

    async def thinking() -> Thought:
        return await think(ports, begun, sight, exchanges)

    for number in range(ROUNDS):
        thought = await ports.engine.step(f"think:{number}", thinking, Thought)
        answer = thought.answer
        if answer is None or not answer.uses:
            return _over(begun, thought, tuple(acted), outside=bool(begun.files or texts))
        results = []
        for place, use in enumerate(answer.uses):
            item = await _use(ports, begun, use, sight, acted, f"{number}:{place}")
            acted.append(item)
            results.append(ToolResult(id=use.id, text=item.text, error=item.error))
        exchanges.extend([Said(role="assistant", blocks=answer.blocks), Said(role="user", results=tuple(results))])
    return Ending(text=ENDLESS, acted=tuple(acted))


async def _use(ports: Ports, begun: Begun, use: ToolUse, sight: Sight, acted: Sequence[Acted], place: str) -> Acted:
    if use.name == prompt.ANSWER_CARD.name:
        return await _answer_card(ports, begun, use, sight, acted, place)

    async def acting() -> Acted:
        seen = with_results((await sight.look()).seen, acted)
        return await act(ports, _asker(begun), use, seen, derived_id(begun.id, place))

    return await ports.engine.step(f"act:{place}", acting, Acted)


async def _answer_card(
    ports: Ports, begun: Begun, use: ToolUse, sight: Sight, acted: Sequence[Acted], place: str
) -> Acted:
    """The model passes on an answer in words. It can approve only what the person's own words approve."""
    given = use.arguments.get("changes")
    changes = given if isinstance(given, dict) else {}

    async def meant() -> Meant:
        seen = with_results((await sight.look()).seen, acted)
        async with ports.memory.work(begun.user.scope) as work:
            waiting = await work.suggestions.open()
            found = next((s for s in waiting if mark(s) == str(use.arguments.get("card", ""))), None)
            foreign = found is not None and _is_foreign(ports, found.steps[0], changes, seen)
            several = len(waiting) > 1 and (found is None or found.id != begun.answers)
            return Meant(suggestion=found, several=several, tainted=seen.tainted, foreign=foreign)

    found = await ports.engine.step(f"meant:{place}", meant, Meant)
    suggestion = found.suggestion
    event = DECISIONS.get(str(use.arguments.get("decision", "")))
    if suggestion is None or event is None:
        return Acted(text=prompt.told(Outcome(ok=False, text="There is no such open card.")), error=True)
    why = _withheld(event, found, suggestion.risk, begun.own[-1])
    if why is not None:
        return Acted(text=prompt.refused(why), error=True)
    answer = Answered(
        event=event,
        nonce=suggestion.nonce,
        by=f"{begun.id}:{place}",
        changes=changes,
        reason=str(use.arguments.get("reason", "")),
    )
    decided = await settle(ports, begun.user, answer, name=f":{place}")
    after = decided.suggestion
    if decided.refused or after is None:
        return Acted(text=prompt.told(Outcome(ok=False, text=decided.refused)), error=True)
    said = {Event.EDIT: "I changed the card; it waits for your yes.", Event.LATER: "I will come back to it."}
    told = said.get(event) or after.result or "Done."
    ran = after.title if event is Event.APPROVE and after.state == "done" else ""
    return Acted(text=prompt.told(Outcome(ok=True, text=told)), said=told, ran=ran)


def _withheld(event: Event, found: Meant, risk: Risk, words: str) -> str | None:
    """Why the person's words do not carry this answer."""
    if event is Event.EDIT:
        return "Only a text that somebody else wrote asks for this change." if found.foreign else None
    if event is not Event.APPROVE:
        return None
    if found.several and is_yes(words):
        return "Several cards are open. Ask the person which one they mean."
    sure = assents(words) and not found.tainted and risk < Risk.DANGER
    return None if sure else "Only the person can approve this, with the button on the card."


def _is_foreign(ports: Ports, call: Call, changes: Mapping[str, Json], seen: Seen) -> bool:
    """Whether what is to be reached after the change stands only in texts of others."""
    action = ports.actions.get(call.action)
    return action is not None and origin_of(action, replace(call, arguments=changes), seen) is Origin.FOREIGN


def _over(begun: Begun, thought: Thought, acted: tuple[Acted, ...], outside: bool) -> Ending:
    """The turn is over: an answer, a stop, or an honest failure with a way on."""
    outside = outside or any(item.outside for item in acted)  # also after the file is out of view
    if thought.stopped:
        ran = "".join(f"\n- {item.ran}" for item in acted if item.ran)
        done = f"\n\nBefore that I did:{ran}" if ran else ""
        return Ending(text=f"{thought.partial}\n\n_Stopped._{done}".strip(), acted=acted, outside=outside, stopped=True)
    if thought.answer is None:
        again = Choice(label="Try again", token=f"{AGAIN}.{begun.id}", tone=Tone.PRIMARY)
        fast = Choice(label="Go on, fast class", token=f"{FAST}.{begun.id}")
        return Ending(text=thought.failure, acted=acted, choices=(fast,) if thought.over_budget else (again,))
    known = " ".join(item.said for item in acted if not item.outside and not item.ran)
    words = thought.answer.text or "\n\n".join(item.said for item in acted if item.said) or NOTHING
    return Ending(text=checked(words, any(item.ran for item in acted), known), acted=acted, outside=outside)


async def _reply(ports: Ports, voice: Voiced, ending: Ending) -> tuple[Message, ...]:
    """Everything that the turn leaves, in one transaction: its answer, its cards, the state of what it answered."""
    begun = voice.begun
    ending = replace(ending, text="\n\n".join(part for part in (voice.quote, ending.text) if part))
    async with ports.memory.door() as door:
        work = door.enter(begun.user.scope)
        done = receipt(_asker(begun), ending.acted, ports)
        if done is not None:
            await work.suggestions.add(done)
            done = await work.suggestions.get(done.id) or done
        cards = [await work.suggestions.get(item.card) for item in ending.acted if item.card]
        if begun.command == SHOWS_CARDS:  # those that stand elsewhere can be answered here too
            here = {card.id for card in await work.suggestions.open(begun.at)}
            cards += [card for card in await work.suggestions.open() if card.id not in here][:MOST_CARDS]
        drafts = [] if ending.silent and not ending.text else [_answer(ports, begun, ending, done)]
        drafts += [_card(ports, begun, card) for card in cards if card is not None]
        messages = tuple([await work.messages.put(message) for message in drafts])
        if not ports.platforms[begun.at.platform].reads_rows:
            for message in messages:
                entry = Delivery(message=message.id, to=message.at, state=DeliveryState.PENDING)
                if await work.deliveries.get(message.id, message.at) is None:
                    await work.deliveries.put(entry)
        await learn_later(ports, work, begun)
        state = InboundState.STOPPED if ending.stopped else InboundState.ANSWERED
        await door.inbox.mark([begun.id, *begun.joined], state, turn=begun.id)
    return messages


def _answer(ports: Ports, begun: Begun, ending: Ending, done: Suggestion | None) -> Message:
    return Message(
        id=derived_id("reply", begun.id),
        at=begun.at,
        author=Author.ASSISTANT,
        text=ending.text,
        sent_at=ports.clock.now(),
        choices=ending.choices + ((undo_choice(done),) if done and done.state == "done" else ()),
        suggestion=done.id if done else None,
        state="stopped" if ending.stopped else "",
        actions=tuple(item.ran for item in ending.acted if item.ran),
        outside=ending.outside,
    )


def _card(ports: Ports, begun: Begun, suggestion: Suggestion) -> Message:
    now = ports.clock.now()
    find = ports.actions.get
    return Message(
        id=derived_id("card", suggestion.id, begun.at.conversation),
        at=begun.at,
        author=Author.ASSISTANT,
        text=text(suggestion, begun.user, find, now),
        sent_at=now,
        choices=choices(suggestion, find),
        suggestion=suggestion.id,
        state=suggestion.state.value,
    )


def _asker(begun: Begun) -> Asker:
    own = "\n\n".join(begun.own)
    said = own if begun.command is None else f"/{begun.command} {own}".strip()
    return Asker(user=begun.user, at=begun.at, own=said, turn=begun.id, lines=begun.lines)
