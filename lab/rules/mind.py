"""From a turn to what the offline model says or calls. It speaks in the tools' own words and invents no result."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from lab.rules import basics, files, learning, me, memory, notes, reminders, tasks, voice, world
from lab.rules.answer import Answer, Call, Rule, clean
from lab.rules.cards import answer_card
from lab.rules.languages import to_english
from lab.rules.request import Result, Turn
from lab.structured import fill
from lab.summary import bare, summarise, wanted_style

RULES: tuple[Rule, ...] = (
    *basics.RULES,
    *files.RULES,
    *voice.RULES,
    *me.RULES,
    *reminders.RULES,
    *notes.RULES,
    *world.RULES,
    *memory.RULES,
    *tasks.RULES,
    *tasks.LAST_RULES,
)
LONGEST = 4_000  # characters of a request the rules look at; longer ones are only kept or shortened
MOST_CALLS = 10
POLITE = re.compile(
    r"^(?:(?:thanks|thank you|danke|merci|gracias)\s*[,.!]\s*(?=\S)"
    r"|(?:hi|hello|hey|ok(?:ay)?|so|well|please|bitte|por favor|hallo|aurelius|also|and|then|now|oh)(?:\s+aurelius)?"
    r"[\s,.!]+(?!(?:there|again|everyone|all|zusammen|aurelius)\W*$)(?=\S)"
    r"|(?:can|could|would|will) you (?:please |kindly )?(?=\w)|i(?:'d| would) like (?:you )?to (?=\w)"
    r"|i want (?:you )?to (?=\w)|let'?s )",
    re.IGNORECASE,
)
VERBS = (
    r"(?:remind me|add|put|note|take a note|remember|draft|complete|finish|mark|delete|remove|cancel|show"
    r"|list|what'?s|what|who|set|create|search"
    r"|snooze|rename|forget|pause|resume|weather|tick|check off|don'?t let me forget|wake me|i need to|i like|my )"
)
SEVERAL = re.compile(
    rf"(?:,\s+|,? and (?:then |also )?|;\s*|[.!?]\s+|,? then |,? also |\n+(?:[-*•]\s+" rf"|\d+[.)]\s+)?)(?={VERBS}\b)",
    re.IGNORECASE,
)
QUESTION = re.compile(r"(?:what|who|when|where|which|whose|how (?:old|many|much|long|far|tall|big))\b", re.IGNORECASE)
ASKS_TIME = "Which time do you mean?"
THINGS = ("task", "reminder", "note", "draft", "fact", "trust")  # inputs that name one of several things
MARK = re.compile(r"\((#[0-9a-f]{6})\)$")
MOST_ASKED = 200  # characters of a question that is looked up
ASKS_ZONE = re.compile(r"time ?zone|which city|what city|where you are|zeitzone", re.IGNORECASE)
GERMAN = re.compile(r"\b(?:ich|bitte|kannst|mir|nicht|und|eine?n?|für|wie|was)\b", re.IGNORECASE)
SHORTEN = re.compile(r"summ?ar|shorten|condense|zusammenfass", re.IGNORECASE)


def answer(turn: Turn) -> dict[str, Any]:
    """{"text": ...} or {"tools": [{"name", "input"}, ...]} for one request."""
    if turn.schema is not None:
        filled = learning.drawn(turn.text) if learning.is_wanted(turn.schema) else fill(turn.schema, turn.text)
        return {"text": json.dumps(filled, ensure_ascii=False)}
    if not turn.tools and (SHORTEN.search(turn.system) or SHORTEN.search(turn.text[:300]) or len(turn.text) > LONGEST):
        return {"text": summarise(bare(turn.text), wanted_style(turn.text, turn.system))}
    planned = plan(turn)
    if turn.rounds < len(planned.rounds) and turn.ok:
        tools = [_tool(made, turn) for made in planned.rounds[turn.rounds]]
        if all(tools):
            return {"tools": tools}
        return {"text": _introduced("I know how to ask for that, but the action is not available here.", turn)}
    said = [phrase(result) for result in turn.results if not result.silent] + ([planned.text] if planned.text else [])
    return {"text": _introduced("\n\n".join(dict.fromkeys(said)) or basics.CANNOT, turn)}


def _introduced(text: str, turn: Turn) -> str:
    """The first answer of a conversation says who is speaking; later ones do not nag."""
    return text if turn.replies or "offline model" in text.lower() else f"{text}\n\n{basics.FIRST}"


def _tool(made: Call, turn: Turn) -> dict[str, Any] | None:
    direct = made.action.replace(".", "_")
    if direct in turn.tools:
        return {"name": direct, "input": made.arguments}
    if "call_action" in turn.tools and "." in made.action:
        return {"name": "call_action", "input": {"id": made.action, "arguments": made.arguments}}
    return None


def phrase(result: Result) -> str:
    """What a tool answered, in its own words. What waits or was refused is never told as done."""
    said = result.said
    text = str(said.get("text") or "").strip()
    if "waiting" in said:
        return (
            f"{text or 'There is a card for you.'}\n\nNothing has happened yet: decide on the card, or tell me here."
        ).strip()
    if "refused" in said:
        return f"I did not do that: {said['refused']}"
    if text:
        return text
    return "That ended without saying what happened." if said.get("ok") else "That did not work, and nothing said why."


def plan(turn: Turn) -> Answer:
    """All rounds of calls for what the person wrote, or the text to say."""
    text = normal(turn.text)
    if len(text) > LONGEST:
        kept = [one for one in (notes.RULES) if one[0].match(text[:60] + " ...")]
        return _first(text, turn, tuple(kept)) or Answer(text=basics.TOO_LONG)
    decided = answer_card(text, turn)
    if decided:
        return decided
    return (
        _aloud(text, turn)
        or _followed_up(text, turn)
        or _several(text, turn)
        or _looked_up(text, turn)
        or Answer(text=_cannot(turn.text))
    )


def _aloud(text: str, turn: Turn) -> Answer | None:
    """A request that ends in "..., answer by voice": what it asks for, and the answer is spoken."""
    found = voice.TOO.fullmatch(text)
    made = _several(normal(found["what"]), turn) if found else None
    if made is None or made.whole:
        return None
    first, *rest = made.rounds or ((),)
    return replace(made, rounds=((*first, voice.SPEAK), *rest))


def _looked_up(text: str, turn: Turn) -> Answer | None:
    """A question no rule knows may be about something that was told to us: look there, and say that it is all."""
    if len(text) > MOST_ASKED or not QUESTION.match(text):
        return None
    recall = Call(action="memory.recall", arguments={"query": text})
    return Answer(rounds=((recall,),), text=basics.ONLY_MEMORY)


def _cannot(text: str) -> str:
    return basics.CANNOT_DE if len(GERMAN.findall(text)) >= 2 else basics.CANNOT


def normal(text: str) -> str:
    """Without control characters, politeness and the mark at the end; the basics of other languages in English."""
    text = "".join(c if c.isprintable() or c in "\n\t" else " " for c in text).strip()
    text = re.sub(r"^(?:[-*•]|\d+[.)])\s+", "", text)
    for _ in range(3):
        text = POLITE.sub("", text, count=1)
    text = re.sub(r"(?:[\s,.!]+(?:please|thanks|thank you|bitte))?[\s.!?]*$", "", text) or text
    return to_english(text)


def _first(text: str, turn: Turn, rules: tuple[Rule, ...] = RULES) -> Answer | None:
    for pattern, reply in rules:
        found = pattern.fullmatch(text)
        made = reply(found, turn) if found else None
        if made:
            return made
    return None


def _several(text: str, turn: Turn) -> Answer | None:
    """One request, or several in one message when each part is understood by itself."""
    whole = _first(text, turn)
    if whole and whole.whole:
        return whole
    parts = [part for part in SEVERAL.split(text) if part.strip()]
    answers = (
        [answer_card(normal(part), turn) or _first(normal(part), turn) for part in parts]
        if 1 < len(parts) <= MOST_CALLS
        else []
    )
    understood = [made for made in answers if made and (made.calls or "remind you" in made.text)]
    if len(understood) != len(parts) or not answers:
        return whole
    calls = tuple(made for part in understood for made in part.calls)
    texts = "\n\n".join(part.text for part in understood if part.text)
    return Answer(rounds=(calls,) if calls else (), text=texts)


def _followed_up(text: str, turn: Turn) -> Answer | None:
    """When the message answers a question we asked just before: the whole request, now complete."""
    again = reminders.continued(turn) or world.continued(turn)
    if again:
        return _first(again, turn)
    before = (
        _several(normal(turn.earlier[-1]), replace(turn, text=turn.earlier[-1], cards=())) if turn.earlier else None
    )
    if before and before.calls:
        return _chosen(before, turn) or _other_time(text, before, turn) or _zone_told(text, turn)
    return _zone_told(text, turn)


def _chosen(before: Answer, turn: Turn) -> Answer | None:
    """The request of before with the one of several that the person now means; for a person, remembered as well."""
    option = memory.chosen(turn)
    if not option:
        return None
    asked = before.calls[0]
    same = MARK.search(option)  # of two that are called the same, the mark says which
    meant = same[1] if same else option
    thing = next((name for name in THINGS if name in asked.arguments), "")
    if thing:
        return Answer(rounds=((replace(asked, arguments=asked.arguments | {thing: meant}), *before.calls[1:]),))
    contact = same[1] if same else clean(option.partition(" (")[0])
    name = str(asked.arguments.get("name") or asked.arguments.get("contact") or asked.arguments.get("to") or contact)
    means = Call(action="people.means", arguments={"name": name, "contact": contact})
    return Answer(rounds=((means,), *before.rounds))


def _other_time(text: str, before: Answer, turn: Turn) -> Answer | None:
    """Another time for a reminder whose first one was over already."""
    if ASKS_TIME not in turn.last_reply or before.calls[0].action != "reminders.set":
        return None
    return _first(f"remind me {text} to {before.calls[0].arguments['text']}", turn)


def _zone_told(text: str, turn: Turn) -> Answer | None:
    """ "Berlin", said when we asked for the time zone: set it, then do what was asked before."""
    if turn.zone or not ASKS_ZONE.search(turn.last_reply) or len(text) > 60:
        return None
    place = clean(
        re.sub(
            r"^(?:i(?:'m| am|’m)(?: now| living| based)?(?: in)?|i live in|it'?s|my (?:time ?)?zone is|in"
            r"|ich bin in)\s+",
            "",
            text,
            flags=re.I,
        )
    )
    if not re.fullmatch(r"[\w/+ .,'-]+", place) or (_first(text, turn) and place == text and not _zone(place)):
        return None
    told = Call(action="me.set_zone", arguments={"zone": place})
    asked = _reminder_before(turn, place)
    return Answer(rounds=((told,), asked) if asked else ((told,),))


def _reminder_before(turn: Turn, place: str) -> tuple[Call, ...]:
    zone = _zone(place)
    now: datetime = turn.now.astimezone(ZoneInfo(zone)) if zone else turn.now
    for earlier in reversed(turn.earlier[-4:]):
        made = _several(normal(earlier), replace(turn, text=earlier, now=now, cards=()))
        calls = tuple(one for one in made.calls if one.action == "reminders.set") if made else ()
        if calls:
            return calls
    return ()


def _zone(place: str) -> str:
    """The IANA name for a place that gives its name to a zone; "" for others (the skill knows more)."""
    wanted = re.split(r"\s*,", place)[0].replace(" ", "_").lower()
    names = (name for name in available_timezones() if wanted in (name.lower(), name.rsplit("/", 1)[-1].lower()))
    return min(names, key=len, default="")
