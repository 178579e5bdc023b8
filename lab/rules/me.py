"""The person's own settings, and what the assistant may do and did."""

from __future__ import annotations

import re

from lab.dates import find
from lab.rules.answer import Answer, Reply, Rule, call, clean, rule, simple
from lab.rules.request import Turn
from lab.rules.voice import LANGUAGES

MONEY = r"(?P<sum>\d+(?:[.,]\d{1,2})?)"


def _language(found: re.Match[str], _: Turn) -> Answer | None:
    code = LANGUAGES.get(found["language"].lower())
    return call("me.set_language", language=code) if code else None


def _zone(found: re.Match[str], _: Turn) -> Answer | None:
    zone = clean(found["zone"])
    return call("me.set_zone", zone=zone) if zone else None


def _time(words: str, turn: Turn) -> str | None:
    """ "10pm" -> "22:00"."""
    when = find(words if words.startswith("at ") else f"at {words}", turn.now)
    return when.clock.strftime("%H:%M") if when.clock else None


def _quiet(found: re.Match[str], turn: Turn) -> Answer | None:
    begin, end = _time(found["begin"], turn), _time(found["end"], turn)
    return call("me.quiet_hours", begin=begin, end=end) if begin and end else None


def _digest(found: re.Match[str], turn: Turn) -> Answer | None:
    at = _time(found["at"], turn)
    return call("me.digest_at", time=at) if at else None


def _budget(found: re.Match[str], _: Turn) -> Answer:
    amount = float(found["sum"].replace(",", "."))
    period = "day" if re.search(r"da(?:y|ily)", found[0], re.I) else "month"
    return call("me.budget", **{period: amount})


def _history(found: re.Match[str], _: Turn) -> Answer:
    limit = found.groupdict().get("limit")
    return call("me.history", limit=int(limit) if limit else None)


def _always(action: str) -> Reply:
    return lambda *_: call(action)


APP = r"(?:telegram|slack|discord|whats ?app|(?:chat )?(?:apps?|accounts?))"
RULES: tuple[Rule, ...] = (
    rule(
        r"(?:/?pause|pause (?:yourself|everything|all)|take a break|stop doing things|hold everything)",
        _always("me.pause"),
    ),
    rule(r"(?:/?resume|un-?pause|go on working|continue working|start again|you can go on)", _always("me.resume")),
    rule(
        r"(?:do not|don'?t|never|stop) learn(?:ing)?(?: (?:anything|facts))?"
        r"(?: (?:about me|from (?:me|our|my|what) .+))?"
        r"|(?:turn|switch) (?:off learning|learning off)",
        lambda *_: call("me.learn", switch="off"),
    ),
    rule(
        r"(?:you (?:can|may) )?(?:start )?learn(?:ing)?(?: (?:about me|from our (?:conversations?|talks?|chats?)))?"
        r"(?: again)?|(?:turn|switch) (?:on learning|learning on)",
        lambda *_: call("me.learn", switch="on"),
    ),
    rule(r"(?:set |change )?my time ?zone (?:is|to|=)?:? ?(?P<zone>[A-Z][\w/+ -]+)", _zone),
    rule(r"(?:set|change|switch) (?:the )?(?:time ?)?zone to (?P<zone>.+)", _zone),
    rule(
        r"(?:i(?:'m| am) (?:now )?in|i moved to|i(?:'m| am) travelling to) (?-i:(?P<zone>[A-ZÄÖÜ][\w/ -]+?))"
        r"(?: now| again)?",
        _zone,
    ),
    rule(r"(?:speak|talk|answer|reply|write)(?: to me)? (?:in )?(?P<language>\w+)(?: from now on)?", _language),
    rule(
        r"(?:set|change|switch)(?: my| the)? language to (?P<language>\w+)|my language is (?P<l2>\w+)",
        lambda f, t: (
            _language(f, t)
            if f["language"]
            else call("me.set_language", language=LANGUAGES.get(f["l2"].lower(), f["l2"]))
        ),
    ),
    rule(r"(?:no|turn off|remove|delete|stop|clear)(?: my| the)? (?:more )?quiet hours", _always("me.quiet_hours")),
    rule(
        r"(?:set )?(?:my )?quiet (?:hours|time):?(?: are| is)? ?(?:to |from |between )?(?P<begin>.+?) (?:to"
        r"|until|till|and|-) (?P<end>.+)",
        _quiet,
    ),
    rule(
        r"(?:do not|don'?t) (?:disturb|bother|message|write)(?: me)? (?:from "
        r"|between )?(?P<begin>.+?) (?:to|until|till|and) (?P<end>.+)",
        _quiet,
    ),
    rule(
        r"(?:send|give|show)(?: me)? (?:my |the |a )?(?:daily )?(?:digest|briefing"
        r"|summary of the day) (?:every day )?(?P<at>at .+)",
        _digest,
    ),
    rule(r"(?:set |move |change )?(?:my |the )?(?:daily )?(?:digest|briefing)(?: time)? (?:to|at) (?P<at>.+)", _digest),
    rule(
        rf"(?:set |limit |change |cap |raise |increase |lower |reduce )?(?:my |the )?(?:daily |monthly )?"
        rf"(?:budget|spending|spend|limit)(?: is)?(?: to| at| of)? ?\$?{MONEY} ?"
        rf"(?:dollars?|usd|\$)?(?: (?:a|per|each) (?:day|month))?",
        _budget,
    ),
    rule(
        rf"(?:don'?t |do not |never )spend more than \$?{MONEY} ?(?:dollars?|usd|\$)? (?:a|per|each) (?:day|month)",
        _budget,
    ),
    rule(
        r"/?trusts?|(?:show|list)(?: me)? (?:my |your |the )?(?:trusts?|trust rules|always rules|rules"
        r"|permissions)|what (?:do|did) i (?:always )?(?:trust|allow)(?: you)?(?: (?:with|to do))?",
        _always("me.trusts"),
    ),
    rule(
        r"what (?:may|can) you do without asking(?: me)?|what am i trusting you with|what do you trust",
        _always("me.trusts"),
    ),
    rule(
        r"(?:revoke|withdraw|remove|cancel) (?:the |my )?(?:trust|permission|rule|always)(?: (?:for|to|of"
        r"|in))? (?P<what>.+)",
        simple("me.revoke_trust", trust="what"),
    ),
    rule(r"always ask(?: me)?(?: again)? (?:before|for) (?P<what>.+)", simple("me.revoke_trust", trust="what")),
    rule(
        r"(?:what(?:'s| is| are)? )?(?:my |your |the )?(?:plans?|(?:what(?:'s| is) )?(?:still )?(?:planned"
        r"|scheduled|pending|waiting|snoozed|open suggestions))(?: for me)?",
        _always("me.plans"),
    ),
    rule(
        r"(?:show|list)(?: me)? (?:my |your |the |all )?(?:plans|open cards|pending (?:cards|approvals"
        r"|suggestions)|suggestions|snoozed(?: cards)?)|what are you waiting for|what is waiting for me",
        _always("me.plans"),
    ),
    rule(
        rf"(?:which|what) (?:chat )?(?:apps|accounts)(?: of mine)? (?:are|have i|did i) (?:linked|connected|link)"
        rf"(?: to (?:you|me))?|(?:show|list)(?: me)? (?:my |the )?(?:linked )?(?:chat )?(?:apps|accounts)"
        rf"|(?:where|how) (?:else )?can i (?:talk|write) to you"
        rf"|(?:how (?:do|can) i )?(?:link|connect)(?: (?:my|another|a|an))? {APP}(?: account)?",
        _always("me.accounts"),
    ),
    rule(
        r"(?:help )?connect (?:my )?.+|link (?:my )?.+",
        lambda *_: Answer(text="I cannot use other services yet: the offline model only uses what is built in."),
    ),
    rule(
        r"/?why|why(?:'s| is) that|why did you (?:do|suggest|ask|propose) (?:that|this|it)|explain(?: that"
        r"| this| yourself)?|how come",
        _always("me.why"),
    ),
    rule(r"why (?:did|do|are|have|would) you (?P<what>.+)", simple("me.why", about="what")),
    rule(
        r"(?:/?history|what (?:did|have) you (?:do|done)(?: for me)?(?: today| yesterday| so far| lately"
        r"| recently| this week)?"
        r"|what happened|(?:show|list)(?: me)? (?:the |my |your )?(?:last (?P<limit>\d{1,3}) )?(?:history"
        r"|actions|audit log|activity|things you did))",
        _history,
    ),
    rule(
        r"(?:search|look through|look in|go through)(?: in)? (?:our |my |the )?(?:past "
        r"|old )?(?:conversations?|chats?|messages|history)(?: for| about)? (?P<what>.+)",
        simple("me.search", query="what"),
    ),
    rule(
        r"what did (?:we|you) (?:say|talk|discuss|decide|tell me)(?: about| on)? (?P<what>.+)"
        r"|when did (?:we|i) (?:talk|speak|say|mention)(?: about)? (?P<what2>.+)",
        lambda f, _: call("me.search", query=clean(f["what"] or f["what2"])),
    ),
    rule(
        r"find (?:the |our )?(?:conversation|chat|message) (?:about|on|where we talked about) (?P<what>.+)",
        simple("me.search", query="what"),
    ),
)
