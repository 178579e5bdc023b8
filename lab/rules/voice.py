"""How the person is spoken to, and in which app they are written to first."""

from __future__ import annotations

import re

from lab.rules.answer import Answer, Call, Rule, call, clean, rule
from lab.rules.basics import FIRST
from lab.rules.request import Turn

LANGUAGES = {
    "english": "en", "german": "de", "deutsch": "de", "french": "fr", "français": "fr", "francais": "fr",
    "spanish": "es", "español": "es", "espanol": "es", "italian": "it", "portuguese": "pt", "dutch": "nl",
}  # fmt: skip
SPEEDS = {"slower": 0.85, "more slowly": 0.85, "faster": 1.15, "more quickly": 1.15, "normal": 1.0, "normally": 1.0}
WHEN = ("always", "never", "reply")
SPEAK = Call(action="me.speak")
HERE = "This is how I sound. “Always answer by voice” makes it a habit, “use the voice ...” changes it."
BY_VOICE = r"(?:aloud|out loud|(?:by|with|in|as|per) (?:a |an? |your )?(?:voice|audio)(?: ?(?:notes?|messages?))?)"
ANSWER = r"(?:answer|reply|respond|speak|talk)(?:ing)?(?: to)?(?: me)?"
HEAR = (
    rf"(?:{ANSWER}|say (?:it|that|this)|read (?:it|that|this)(?: to me)?|tell me) {BY_VOICE}"
    r"|(?:read|say|speak) (?:it|that|this|your (?:last )?answer)(?: out)? to me|let me hear (?:it|that|this)"
)
APP = r"(?P<app>telegram|slack|discord|whats ?app|(?:the |your )?(?:web ?)?page|the (?:web|browser))"
BESIDE = re.compile(r"\A(?:> .*\n+)+|\n+\[ran: [^\n]*\]\Z")  # what was heard then, what was done
TOO = re.compile(rf"(?P<what>.+?)(?:\s*[,.;!?]\s*(?:and )?|\s+and )(?:please )?(?:{HEAR})", re.IGNORECASE | re.DOTALL)


def _set(words: str) -> Answer | None:
    """What one or two words ask to change: when, how fast, which language, or else the voice with this name."""
    said = clean(words)
    small = said.lower()
    if small in WHEN:
        return call("me.set_voice", when=small)
    if small in SPEEDS or re.fullmatch(r"[01](?:\.\d+)?", small):
        return call("me.set_voice", speed=SPEEDS.get(small) or float(small))
    if small in LANGUAGES:
        return call("me.set_voice", language=LANGUAGES[small])
    return call("me.set_voice", voice=said) if said else None


def _set_named(found: re.Match[str], _: Turn) -> Answer | None:
    return _set(found["words"])


def _set_language(found: re.Match[str], _: Turn) -> Answer | None:
    code = LANGUAGES.get(found["language"].lower())
    return call("me.set_voice", language=code) if code else None


def _speak(_: re.Match[str], turn: Turn) -> Answer:
    """What was said last, once more and aloud: the words alone, also without who is speaking."""
    last = BESIDE.sub("", turn.last_reply).removesuffix(FIRST).strip()
    return Answer(rounds=((SPEAK,),), text=last or HERE)


def _write_to(found: re.Match[str], _: Turn) -> Answer:
    return call("me.write_to", app=found["app"])


RULES: tuple[Rule, ...] = (
    rule(rf"(?:always|from now on,?|every time) {ANSWER} {BY_VOICE}", lambda *_: _set("always")),
    rule(rf"{ANSWER} {BY_VOICE} (?:always|from now on|every time)", lambda *_: _set("always")),
    rule(
        rf"(?:never|don'?t|do not|stop|no longer) {ANSWER} {BY_VOICE}(?: again| any ?more| ever)?"
        r"|(?:no|stop|stop sending(?: me)?) (?:more )?voice (?:notes|messages|answers)",
        lambda *_: _set("never"),
    ),
    rule(rf"(?:only )?{ANSWER} {BY_VOICE} (?:only )?(?:when|if) i (?:do|speak|talk|ask)\b.*", lambda *_: _set("reply")),
    rule(
        r"(?:speak|talk|read)(?: to me)?(?: a (?:bit|little))?(?: at)?(?: a)? "
        r"(?P<words>slower|more slowly|faster|more quickly|normal(?:ly)?)(?: speed| pace)?(?: from now on)?",
        _set_named,
    ),
    rule(
        r"(?:use|take|switch to|speak with) (?:the |your )?voice(?: of| called)? (?P<words>[\w' -]{1,60})", _set_named
    ),
    rule(r"(?:change|set) (?:your|the) voice to (?P<words>[\w' -]{1,60})", _set_named),
    rule(r"(?:use|take|speak with) (?:your |the )?(?P<words>[\w -]{1,60}?)(?:'s|’s)? voice", _set_named),
    rule(r"change how you speak to me: ?(?P<words>[\w'. -]{1,60})", _set_named),
    rule(
        r"(?:my voice (?:notes|messages) are in|i (?:speak|talk)) (?P<language>\w+)"
        r"(?: in (?:my )?voice (?:notes|messages))?",
        _set_language,
    ),
    rule(HEAR, _speak),
    rule(
        rf"(?:write|text|message)(?: to)? me(?: first)? (?:on|in|at|via|over|by|through) {APP}"
        r"(?: first| instead| from now on)?",
        _write_to,
    ),
    rule(
        rf"(?:send|bring|put)(?: me)? (?:my |the |all )?(?:reminders|news|messages|proposals)(?: to me)? "
        rf"(?:on|in|to|via|over|by|through) {APP}(?: first| instead| from now on)?",
        _write_to,
    ),
    rule(
        r"(?:write|text|message)(?: to)? me where(?:ver)? i (?:wrote|write|was)(?: from)?(?: last)?",
        lambda *_: call("me.write_to"),
    ),
)
