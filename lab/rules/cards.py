"""Answers to open cards in plain words: "yes", "yes but at 4pm", "no, because ...", "change the title to ..."."""

from __future__ import annotations

import re
from typing import Any

from lab.dates import When, find
from lab.rules.answer import Answer, Call, clean
from lab.rules.request import Card, Turn

YES = re.compile(
    r"(?:yes|yep|yeah|yup|sure|ok(?:ay)?|approved?|confirm(?:ed)?|go ahead|go for it|do (?:it|that|so)"
    r"|send it|please do|sounds good"
    r"|looks good|perfect|ja|klar|oui|sí|si)\b(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
NO = re.compile(
    r"(?:no|nope|nah|nein|non|never ?mind|deny|denied|reject(?:ed)?|(?:cancel|stop|drop|don'?t do"
    r"|don'?t send) (?:it|that|this))"
    r"(?P<rest>|\s*[,.;:!–-].*|\s+(?:because|since|as|weil|thanks?|thank|way|need|to|i|he|she|it|that|not"
    r"|we|they|number|the|both"
    r"|all|don'?t)\b.*|\s*#.*)",
    re.IGNORECASE | re.DOTALL,
)
STOP = re.compile(
    r"(?:don'?t|cancel|stop)(?P<rest>|\s*[,.;:!–-].*|\s+(?:because|since)\b.*)", re.IGNORECASE | re.DOTALL
)
LATER = re.compile(
    r"(?:(?:maybe |do it |ask me (?:again )?|remind me )?later|not now|not yet|snooze(?: it)?"
    r"|ask (?:me )?again|tomorrow|später|plus tard|más tarde)\b(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
CHANGE = re.compile(  # about the card itself; "move the report to friday" is a request of its own
    r"(?:please )?(?:(?:make|set|move|change|use|take|do) (?:it|that|this)\b.*|better\b.*|instead\b.*"
    r"|at \S+.*|say .*|to \S+@\S+"
    r"|.* instead(?: of .+)?|(?:change|set|edit|put) (?:the |its )?\w+ (?:to|into|:|=) .*)",
    re.IGNORECASE | re.DOTALL,
)
BUT = re.compile(
    r"^[,.]?\s*(?:but|only|just|except|with|and|however|aber|mais|pero)\s+(?P<what>.+)$", re.IGNORECASE | re.DOTALL
)
REASON = re.compile(r"^[,.;:]?\s*(?:because|since|as|weil|parce que|porque)?\s*(?P<why>.*)$", re.IGNORECASE | re.DOTALL)
FIELD = re.compile(
    r"(?:change|set|make|edit|put)\s+(?:the |its )?(?P<field>(?!it\b|that\b|this\b)[a-z]\w{1,30})\s*(?:to"
    r"|into|:|=)\s+(?P<value>.+)$",
    re.IGNORECASE | re.DOTALL,
)
BUT_ONLY = re.compile(r"[,.]?\s*(?:but|only|except|however|aber|mais|pero)\b", re.IGNORECASE)
UNCLEAR = "I did not understand what is to be different. Say for example “change the text to ...”, or press Edit."
TIMES = ("at", "until", "due", "start", "begin", "time", "since", "when", "date")


def answer_card(text: str, turn: Turn) -> Answer | None:
    """What the person decided about an open card; None when this is about something else."""
    if not turn.cards:
        return None
    made = _decision(text, turn)
    if made is None:
        return Answer(text=UNCLEAR) if (yes := YES.fullmatch(text)) and BUT_ONLY.match(yes["rest"]) else None
    cards = _meant(text, turn)
    if not cards:
        shown = "\n".join(f"{n}. {card.title}" for n, card in enumerate(turn.cards, 1))
        return Answer(text=f"Which one do you mean? Say for example “approve number 1”.\n\n{shown}")
    return Answer(rounds=(tuple(Call(action="answer_card", arguments={"card": card.id} | made) for card in cards),))


def _decision(text: str, turn: Turn) -> dict[str, Any] | None:
    if found := LATER.fullmatch(text):
        return {"decision": "later", "reason": clean(text)} if _short(found["rest"]) else None
    if found := YES.fullmatch(text):
        return _yes(found["rest"], turn)
    if found := NO.fullmatch(text) or STOP.fullmatch(text):
        rest = found["rest"].strip(" ,.;")
        if CHANGE.fullmatch(rest) and (changed := changes(rest, turn)):
            return {"decision": "change", "changes": changed}
        why = REASON.fullmatch(found["rest"])
        reason = clean(why["why"]) if why and not _points(found["rest"]) else ""
        return {"decision": "deny"} | ({"reason": reason} if reason else {})
    but = BUT.match(text)  # what is left of "ok, but at 4pm" without its politeness
    words = but["what"] if but else text
    if (but or CHANGE.fullmatch(text)) and (changed := changes(words, turn)):
        return {"decision": "change", "changes": changed}
    return None


def _yes(rest: str, turn: Turn) -> dict[str, Any] | None:
    but = BUT.match(rest)
    if but:
        changed = changes(but["what"], turn)
        return {"decision": "change", "changes": changed} if changed else None
    if _points(rest) or _short(rest):
        return {"decision": "approve"}
    changed = changes(rest.strip(" ,"), turn)
    return {"decision": "change", "changes": changed} if changed else None


def _short(rest: str) -> bool:
    """Politeness only: "yes please do it" is still a yes."""
    return (
        len(
            clean(
                re.sub(
                    r"(?i)\b(?:please|thanks?|thank you|do it|do that|go ahead|send it|of course|sure|gerne?|bitte)\b",
                    "",
                    rest,
                )
            ).split()
        )
        <= 2
    )


def _points(rest: str) -> bool:
    return bool(re.match(r"\s*(?:to |for )?(?:the |number |no\.? ?|all|both|#|card )", rest, re.I))


def _meant(text: str, turn: Turn) -> tuple[Card, ...]:
    """The card that is answered; () when it is not clear which of several."""
    if len(turn.cards) == 1:
        return turn.cards
    if re.search(r"\b(?:all|both|every|everything)\b", text, re.I):
        return turn.cards
    number = re.search(r"(?:number|no\.?|#|card)\s*(\d{1,2})\b", text, re.I)
    if number and 1 <= int(number[1]) <= len(turn.cards):
        return (turn.cards[int(number[1]) - 1],)
    common = {"a", "the", "to", "for", "of", "it", "yes", "no", "but", "in", "at"}
    words = set(re.findall(r"\w+", text.lower())) - common
    scored = sorted(
        ((len(words & set(re.findall(r"\w+", card.title.lower()))), n) for n, card in enumerate(turn.cards)),
        reverse=True,
    )
    best, runner_up = scored[0], scored[1]
    return (turn.cards[best[1]],) if best[0] > runner_up[0] else ()


def changes(words: str, turn: Turn) -> dict[str, Any]:
    """New values by the name of the input; {} when nothing was understood."""
    pending = _pending(turn)
    words = words.strip(" ,.!")
    if found := FIELD.match(words):
        field = found["field"].lower()
        if field in TIMES and field not in pending:  # "the time" is whatever this action calls it
            field = next((name for name in TIMES if name in pending), field)
        return {field: _value(field, clean(found["value"]), pending, turn)}
    if found := re.search(r"^(?:to|send it to)\s+(\S+@\S+\w)", words, re.I):
        return {"to": found[1]}
    if found := re.search(
        r"^(?:say(?:ing)?|write|with the text):? (?P<text>.+?)(?: instead)?$", words, re.I | re.DOTALL
    ):
        return {"text": clean(found["text"])}
    if found := re.search(r"^(?:use |make it |take )?(?P<new>.+?) instead of (?P<old>.+)$", words, re.I | re.DOTALL):
        old = clean(found["old"]).lower()
        return {
            k: re.sub(re.escape(old), clean(found["new"]), v, flags=re.I)
            for k, v in pending.items()
            if isinstance(v, str) and old in v.lower()
        }
    when = find(
        re.sub(r"^(?:make|move|set|change|do) (?:it |that )?(?:to |at )?(?=\d)", "at ", words, flags=re.I), turn.now
    )
    if when.said:
        field = next((name for name in TIMES if name in pending), "at")
        before = pending.get(field) or _shown_moment(turn)
        return {"every": when.cron} if when.cron else {field: _time(when, before, turn)}
    return {}


def _value(field: str, value: str, pending: dict[str, Any], turn: Turn) -> Any:
    when = find(value if value.startswith("at ") else f"at {value}", turn.now) if field in TIMES else None
    return _time(when, pending.get(field), turn) if when and when.said and not when.cron else value


def _time(when: When, before: Any, turn: Turn) -> Any:
    """The new time in the form of the old one; "at 4pm" alone keeps the day that was planned."""
    moment = when.moment(turn.now) or ""
    if isinstance(before, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", before):
        return moment[:10]
    if isinstance(before, str) and "T" in before and when.clock and not when.day:
        return before[:11] + moment[11:16]
    return moment


def _shown_moment(turn: Turn) -> str:
    """The ISO date or time that stands in the title of the card, when there is only one card."""
    found = re.search(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d)?", turn.cards[0].title) if len(turn.cards) == 1 else None
    return found[0] if found else ""


def _pending(turn: Turn) -> dict[str, Any]:
    """The arguments of the call the card is about, as far as the conversation still shows it."""
    for name, given in reversed(turn.uses):
        if name not in ("answer_card", "find_actions"):
            inner = given.get("arguments") if name == "call_action" else given
            return dict(inner) if isinstance(inner, dict) else {}
    return {}
