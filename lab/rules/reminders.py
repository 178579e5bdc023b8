"""Reminders: once or again and again, listed, snoozed, removed; asks for the time when none was said."""

from __future__ import annotations

import re

from lab.dates import find
from lab.rules.answer import Answer, Rule, call, clean, rule
from lab.rules.request import Turn

ASKED = "When should I remind you"


def _set(found: re.Match[str], turn: Turn) -> Answer:
    first = found.groupdict().get("when") or ""  # "tomorrow at 9 remind me to call Ann"
    when = find(f"{found['what']} {first}".strip(), turn.now)
    text = re.sub(r"^(?:to|that i (?:need|have) to|that|about|of|for)\s+", "", clean(when.rest), flags=re.I)
    text = clean(re.sub(r"\s+(?:to|at|for)$", "", text))
    if when.cron:
        return call("reminders.set", text=text or "reminder", every=when.cron)
    if re.search(r"\b(?:every|each)\b", when.rest, re.I):
        return Answer(
            text="I cannot repeat it that way. Try for example: remind me every monday at 9 to water the plants."
        )
    at = when.moment(turn.now)
    if not at:
        return Answer(
            text=(
                f"{ASKED}{f' to {text}' if text else ''}? For example: tomorrow at 9, in 20 minutes, every "
                f"weekday at 8."
            )
        )
    if not text:
        return Answer(text="What should I remind you of? For example: remind me tomorrow at 9 to call Ann.")
    return call("reminders.set", text=text, at=at)


def _alarm(found: re.Match[str], turn: Turn) -> Answer | None:
    when = find(found["what"], turn.now)
    at = when.moment(turn.now)
    if when.cron:
        return call("reminders.set", text="wake up", every=when.cron)
    return call("reminders.set", text="wake up", at=at) if at else None


def _remove(found: re.Match[str], turn: Turn) -> Answer:
    what = found.groupdict().get("what") or found.groupdict().get("what2") or ""
    named = clean(re.sub(r"^(?:to|about|for|of)\s+", "", clean(what), flags=re.I)) or _latest(turn)
    if not named:
        return Answer(text="Which reminder? For example: cancel the reminder to call Ann.")
    return call("reminders.remove", reminder=named)


def _snooze(found: re.Match[str], turn: Turn) -> Answer:
    words = f"in {found['span']}" if found.groupdict().get("span") else found.groupdict().get("until") or "in 1 hour"
    until = find(words, turn.now).moment(turn.now) or find("in 1 hour", turn.now).moment(turn.now)
    what = clean(
        re.sub(
            r"^(?:(?:the |my )?reminder(?: (?:to|about|for))?|it|that|this)\b",
            "",
            clean(found["what"] or ""),
            flags=re.I,
        )
    )
    what = re.sub(r"^(?:to|about|for)\s+", "", what, flags=re.I) or _latest(turn)
    if not what:
        return Answer(text="Which reminder? For example: snooze the reminder to call Ann until tomorrow at 9.")
    return call("reminders.snooze", reminder=what, until=until)


def _latest(turn: Turn) -> str:
    """What "it" means: the reminder set last in this conversation."""
    texts = [
        str(given.get("text", "")) for _, given in turn.uses if "text" in given and ("at" in given or "every" in given)
    ]
    return texts[-1] if texts else ""


def continued(turn: Turn) -> str:
    """The whole request when this message only answers "When should I remind you ...?"; else ""."""
    asked = re.search(rf"{ASKED}(?: to (?P<what>.+?))?\? For example", turn.last_reply)
    if asked and find(turn.text, turn.now).said and not re.match(r"(?i)\s*(?:remind|add|set|show)\b", turn.text):
        return f"remind me {turn.text.strip(' .!?')} to {asked['what'] or ''}"
    return ""


MY = r"(?:my |the |that |all )?"
RULES: tuple[Rule, ...] = (
    rule(
        r"(?:what|which) (?:are |reminders )?(?:my |do i have|have i|are )?(?:set|there|open"
        r"|my)? ?(?:reminders)?(?: set)?(?<=reminders)",
        lambda *_: call("reminders.list"),
    ),
    rule(
        r"(?:what|which) reminders(?: do i have| are (?:there|set|open)| have i(?: set)?)?",
        lambda *_: call("reminders.list"),
    ),
    rule(
        rf"(?:show|list|see|give)(?: me)? {MY}reminders|(?:my )?reminders|do i have (?:any )?reminders",
        lambda *_: call("reminders.list"),
    ),
    rule(rf"(?:cancel|remove|delete|drop|clear|stop) {MY}reminder(?P<what>.*)", _remove),
    rule(rf"(?:cancel|remove|delete) {MY}(?P<what>.+) reminder|stop reminding me (?P<what2>.+)", _remove),
    rule(
        r"snooze(?P<what>.*?)(?: for (?P<span>.+)| (?:until|till|to(?= (?:tomorrow|next|\d))) (?P<until>.+))?", _snooze
    ),
    rule(r"remind me again (?P<until>(?:in|tomorrow|at|on|next|later).*)(?P<what>)", _snooze),
    rule(r"remind me(?P<what>\b.*)", _set),
    rule(
        r"(?P<when>(?:every|each|today|tonight|tomorrow|in|at|on|next) .+?),? (?:please )?remind me(?P<what>\b.*)", _set
    ),
    rule(r"(?:set|create|add|make) (?:a |an |another )?(?:new )?(?:daily |weekly )?reminder(?P<what>\b.*)", _set),
    rule(
        r"(?:(?:remember|don'?t forget)(?= to\b)|don'?t let me forget|i (?:want|need) to be reminded"
        r"|make sure i remember|ping me|nudge me)(?P<what>\b.*)",
        _set,
    ),
    rule(r"wake me(?: up)?(?P<what>\b.*)|set an alarm(?P<what2>.*)", lambda f, t: _alarm(f, t) if f["what"] else None),
)
