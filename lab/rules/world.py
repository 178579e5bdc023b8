"""The day ahead and the world outside: agenda, weather, the web, what it cost."""

from __future__ import annotations

import re

from lab.dates import find
from lab.rules.answer import Answer, Reply, Rule, call, clean, rule, simple
from lab.rules.request import Turn

WHERE = "For which place? For example: weather in Lisbon."
MOST_DAYS = 7


def _weather(found: re.Match[str], turn: Turn) -> Answer:
    groups = found.groupdict()
    words = " ".join(clean(groups.get(name) or "") for name in ("place", "rest")).strip()
    days, words = _days(words, turn)
    place = clean(re.sub(r"^(?:like )?(?:in|for|at|of)\s+|\s*\b(?:like|outside|be)$", "", clean(words), flags=re.I))
    if place.lower() in ("", "like", "here", "outside"):
        return Answer(text=WHERE)
    return call("weather.forecast", place=place, days=days)


def _days(words: str, turn: Turn) -> tuple[int | None, str]:
    """How many days to ask for, and the words without them; None leaves it to the skill."""
    span = re.search(r"\b(?:for )?(?:the )?(?:next |coming )?(\d+)[- ]days?\b", words, re.I)
    if span:
        return max(1, min(int(span[1]), MOST_DAYS)), words.replace(span[0], " ")
    week = re.search(r"\b(?:for )?(?:this|the|next|all) week\b", words, re.I)
    if week:
        return MOST_DAYS, words.replace(week[0], " ")
    words = re.sub(r"\b(?:right )?now\b", " ", words, flags=re.I)
    when = find(words, turn.now)
    if not when.day:
        return None, words
    return max(1, min((when.day - turn.now.date()).days + 1, MOST_DAYS)), when.rest


def continued(turn: Turn) -> str:
    """The whole request when this message only answers "For which place?"; else ""."""
    words = turn.text.strip(" .!?")
    return f"weather in {re.sub('^in ', '', words, flags=re.I)}" if WHERE in turn.last_reply and len(words) < 40 else ""


def _always(action: str) -> Reply:
    return lambda *_: call(action)


URL = r"(?P<url>(?:https?://|www\.)[^\s<>\"]+)"
RULES: tuple[Rule, ...] = (
    rule(
        r"what (?:do i (?:have|need) to do|are my (?:tasks|reminders|plans)(?: for)?|have i got(?: on)?"
        r"|should i do) today",
        _always("agenda.today"),
    ),
    rule(
        r"(?:what(?:'s| is| does)? )?(?:my|the) (?:day|agenda|schedule)(?: look)?(?: like)?(?: for)?(?: today)?",
        _always("agenda.today"),
    ),
    rule(
        r"(?:show(?: me)?|give me|read) (?:my |the )?(?:agenda|day|schedule|digest|briefing"
        r"|plan for today)(?: for today| for the day)?",
        _always("agenda.today"),
    ),
    rule(
        r"what(?:'s| is) (?:on )?(?:for |planned for |due )?today|what(?:'s| is) on today|what(?:'s"
        r"| is) (?:over)?due|what do i have (?:on )?today",
        _always("agenda.today"),
    ),
    rule(
        r"(?:today'?s? )?(?:my )?(?:agenda|daily digest|digest|briefing|morning briefing|brief me"
        r"|overview)(?: today| for today)?|plan (?:for|of) (?:the day|today)",
        _always("agenda.today"),
    ),
    rule(r"how does my day look(?: like)?(?: today)?", _always("agenda.today")),
    rule(
        r"(?:show(?: me)? )?(?:my |the )?(?:usage|costs?|spending|bill)(?: report)?(?: so far| today| this month)?",
        _always("usage.report"),
    ),
    rule(
        r"(?:what|how much) (?:have (?:i|you|we) spent|did (?:i|you|this|it) (?:spend|cost)|do you cost"
        r"|does (?:this|it) cost|does it all cost)\b.*|what(?:'s| is) my (?:usage|spending"
        r"|bill)(?: so far)?",
        _always("usage.report"),
    ),
    rule(
        r"(?:what(?:'s| is| will)?|how(?:'s| is| will)?|show(?: me)?|tell me|get)? ?(?:the )?(?:weather"
        r"|forecast)(?: forecast)?(?: be)?(?: like)?(?P<place>\b.*|)",
        _weather,
    ),
    rule(
        r"(?:will|is|does) it (?:going to )?(?:rain|snow|be (?:sunny|cold|warm|hot|windy)|raining|snowing"
        r"|sunny|cold|warm|hot)(?P<place>.*)",
        _weather,
    ),
    rule(
        r"(?:do|will|should) i need an umbrella(?P<place>.*)|how (?:cold|warm|hot) (?:is|will) it(?: be)?(?P<rest>.*)",
        _weather,
    ),
    rule(
        rf"(?:read|open|fetch|load|look at|check|visit|summari[sz]e|what does|what's on"
        rf"|what is on)(?: me)?(?: this| the)?(?: page| link| article| site)?:? ?{URL}(?: say| about)?.*",
        simple("web.read", url="url"),
    ),
    rule(URL, simple("web.read", url="url")),
    rule(
        r"(?:search|look)(?: on| in)?(?: the)? (?:web|internet|online)(?: for| about)? (?P<what>.+)",
        simple("web.search", query="what"),
    ),
    rule(
        r"(?:google|web search:?|search online for|search for|look online for|find out) (?P<what>.+)",
        simple("web.search", query="what"),
    ),
    rule(
        r"(?:look up|search) (?P<what>.+?) (?:online|on the (?:web|internet))|look up (?P<rest>.+)",
        lambda f, _: call("web.search", query=clean(f["what"] or f["rest"])),
    ),
    rule(
        r"(?:what(?:'s| is| are) )?(?:the )?(?:latest )?news(?: about| on)? (?P<what>.+)",
        lambda f, _: call("web.search", query=f"news {clean(f['what'])}"),
    ),
)
