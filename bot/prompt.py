"""The prompt: how a conversation is laid out for a language model. Pure.

Oldest to newest, stable to volatile: system | tools | profile | history | the new message, whose last block alone holds
what changes from turn to turn (clock, open cards, what is remembered). So the vendor's cache of the prefix holds.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.action import Action, Json, Outcome
from bot.model import Picture, Prompt, Said, Tier, Tool
from bot.people import User
from bot.records import Author, Fact, Found, Message

WINDOW = 40  # places of history at most; the start moves in steps of 20, so that the prefix seldom changes
STRIDE = 20
MOST_TOLD = 40_000  # characters of one result
NO_WORDS = "(a file)"
SILENCE = Said(role="assistant", texts=("…",))  # a message that was stopped, or answered elsewhere
FIND = Tool(
    name="find_actions",
    about="Find what else you can do: notes, people, drafts, summaries, weather, web, settings, linked services.",
    inputs={
        "type": "object",
        "properties": {"query": {"type": "string", "description": "what is to be done, in a few words"}},
        "required": ["query"],
        "additionalProperties": False,
    },
)
CALL = Tool(
    name="call_action",
    about="Do one of the actions that find_actions returned.",
    inputs={
        "type": "object",
        "properties": {"id": {"type": "string"}, "arguments": {"type": "object"}},
        "required": ["id", "arguments"],
        "additionalProperties": False,
    },
)
ANSWER_CARD = Tool(
    name="answer_card",
    about="Pass on what the person just answered, in words, to an open card.",
    inputs={
        "type": "object",
        "properties": {
            "card": {"type": "string", "description": "the card's mark, as in the context block"},
            "decision": {"type": "string", "enum": ["approve", "deny", "change", "later"]},
            "changes": {"type": "object", "description": "for change: the arguments that are to be different"},
            "reason": {"type": "string"},
        },
        "required": ["card", "decision"],
        "additionalProperties": False,
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the model gets to see in a turn, beside the tools. `cards`: (mark, title) of those open."""

    user: User
    now: str  # ISO with offset and weekday
    history: tuple[Message, ...]
    facts: tuple[Fact, ...]  # known since before today: the same all day
    remembered: tuple[Found, ...]
    cards: tuple[tuple[str, str], ...]
    lately: tuple[str, ...]  # what became of recent cards
    answers: str = ""  # mark of the card that the new message is a reply to


def tool_name(action: str) -> str:
    return action.replace(".", "_")


def tools(always: Sequence[Action]) -> tuple[Tool, ...]:
    """The tools of every request, in a stable order."""
    named = tuple(Tool(name=tool_name(a.id), about=a.about, inputs=a.inputs) for a in always)
    return (*named, FIND, CALL, ANSWER_CARD)


def build(
    view: View,
    *,
    system: str,
    tools: tuple[Tool, ...],
    own: Sequence[str],
    files: Sequence[str] = (),
    pictures: tuple[Picture, ...] = (),
    exchanges: Sequence[Said] = (),
    tier: Tier = Tier.FAST,
) -> Prompt:
    """The request for the next step of a turn. `exchanges` are what this turn has said and got back so far."""
    history = alternating(view.history, view.user)
    if history and history[-1].role == "user":
        history = (*history, SILENCE)
    asked = Said(role="user", texts=("\n\n".join(own) or NO_WORDS, *files, context(view)), pictures=pictures)
    messages = (*history, asked, *exchanges)
    return Prompt(
        purpose="turn",
        tier=tier,
        system=system,
        profile=profile(view),
        tools=tools,
        messages=messages,
        stable=len(messages) if exchanges else len(history),  # inside a turn nothing before the next step changes
    )


def window(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The part of the history that is sent: its start only moves every STRIDE places. It begins with the person."""
    shown = list(messages)
    if shown:
        first = (shown[-1].position - WINDOW) // STRIDE * STRIDE
        shown = [m for m in shown if m.position > first]
    while shown and shown[0].author is Author.ASSISTANT:
        shown = shown[1:]
    return tuple(shown)


def _said(message: Message, user: User) -> Said:
    if message.author is Author.USER:
        stamp = f"{user.local(message.sent_at):%Y-%m-%d %H:%M %a}"
        return Said(role="user", texts=(message.text or NO_WORDS, f"<sent at='{stamp}'/>"))
    if message.suggestion is not None and not message.actions:
        title = message.text.partition("\n")[0].strip("*")
        return Said(
            role="assistant", texts=(f"[card: {_line(title)}]",)
        )  # its state changes, so it stands in the context
    ran = "".join(f"\n[ran: {action}]" for action in message.actions)
    words = untrusted(message.text, "earlier answer") if message.outside else message.text
    return Said(role="assistant", texts=((words or "…") + ran,))


def alternating(messages: Iterable[Message], user: User) -> tuple[Said, ...]:
    """The history with its roles in turn, as the service wants them; what it makes of a message never changes later."""
    result: list[Said] = []
    for message in messages:
        if message.author is Author.ASSISTANT and message.is_voice_note:
            continue  # it said aloud what stands before it
        item = _said(message, user)
        if result and result[-1].role == item.role == "user" and message.state != "merged":
            result.append(SILENCE)
        if result and result[-1].role == item.role:
            item = Said(role=item.role, texts=result.pop().texts + item.texts)
        result.append(item)
    return tuple(result)


def profile(view: View) -> str:
    """Who the person is: the same bytes all day long."""
    user = view.user
    lines = [f"The person's name is {_line(user.name)}." if user.name else "The person has not told their name."]
    if user.language:
        lines.append(f"They want answers in the language {user.language}.")
    lines += [f"- [{fact.at:%Y-%m-%d}] {_line(fact.text)}" for fact in view.facts]
    return "\n".join(lines)


def context(view: View) -> str:
    lines = ["<context>", f"now: {view.now}", f"zone: {view.user.zone or 'unknown'}"]
    if view.user.name:
        lines.append(f"name: {_line(view.user.name)}")
    if view.user.paused:
        lines.append("paused: everything above reading waits until the person says resume")
    if view.cards:
        lines += ["open cards:", *(f"- card {mark}: {_line(title)}" for mark, title in view.cards)]
    if view.answers:
        lines.append(f"the new message is a reply to card {view.answers}: use answer_card")
    if view.lately:
        lines += ["lately:", *(f"- {_line(line)}" for line in view.lately)]
    if view.remembered:
        lines += ["remembered:", *(f"- [{hit.at:%Y-%m-%d}] {_line(hit.text)}" for hit in view.remembered)]
    return "\n".join([*lines, "</context>"])


def _line(words: str) -> str:
    """One line, which neither begins another nor closes the block it stands in."""
    return " ".join(words.split()).replace("<", "&lt;")


def told(outcome: Outcome, source: str | None = None) -> str:
    """An outcome for the model; `source` names the outside it was read from, which marks it as data."""
    body = json.dumps({"ok": outcome.ok, "text": outcome.text, "data": outcome.data}, ensure_ascii=False, default=str)
    if len(body) > MOST_TOLD:
        short = {"ok": outcome.ok, "text": outcome.text[:MOST_TOLD], "data": "left out: too long"}
        body = json.dumps(short, ensure_ascii=False)
    return body if source is None else untrusted(body, source)


def untrusted(body: str, source: str) -> str:
    """Marked as written by others; the mark cannot be closed from inside."""
    return f'<untrusted source="{html.escape(" ".join(source.split()))}">{body.replace("<", "&lt;")}</untrusted>'


def waiting(mark: str, title: str) -> str:
    return json.dumps({"waiting": "card shown; the person decides", "card": mark, "text": title}, ensure_ascii=False)


def refused(why: str) -> str:
    return json.dumps({"refused": why}, ensure_ascii=False)


def found(actions: Sequence[Action]) -> str:
    """What find_actions answers: enough to call them."""
    listed: list[Json] = [
        {"id": a.id, "about": a.about, "risk": a.risk.name.lower(), "inputs": a.inputs} for a in actions
    ]
    return json.dumps(listed, ensure_ascii=False)
