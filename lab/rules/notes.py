"""Notes, drafts and summaries: what a person wants written down, prepared or shortened."""

from __future__ import annotations

import re

from lab.dates import find
from lab.rules.answer import Answer, Reply, Rule, call, clean, rule, simple, undivided
from lab.rules.request import Turn

LEAST = 5  # words that are worth a summary


def _to_the_end(words: str, turn: Turn) -> str:
    """As the person wrote it, with the full stop that a request does not need but a letter does."""
    at = turn.text.rfind(words.strip())
    return clean(turn.text[at:] if at >= 0 and words.strip() else words)


def _note(found: re.Match[str], turn: Turn) -> Answer:
    groups = found.groupdict()
    text = groups.get("text") or groups.get("text2") or ""
    return undivided(call("notes.add", text=_to_the_end(text, turn), title=clean(found.groupdict().get("title") or "")))


def _draft(found: re.Match[str], turn: Turn) -> Answer:
    groups = found.groupdict()
    text, subject = _to_the_end(groups.get("text") or "", turn), clean(groups.get("subject") or "")
    to = clean(groups["to"])
    if not text and not subject:
        return Answer(text=f"What should it say? For example: draft a mail to {to} saying Thursday works for me.")
    return undivided(call("drafts.add", to=to, subject=subject or _subject(text), text=text or subject))


def _subject(text: str) -> str:
    words = re.split(r"[.!?\n]", text, maxsplit=1)[0].split()
    return " ".join(words[:6]).rstrip(",;:").capitalize()


def _style(words: str) -> str | None:
    if re.search(r"\bbullet|\bpoints\b|stichpunkt", words, re.I):
        return "bullets"
    if re.search(r"\bdetail|\blong\b", words, re.I):
        return "detailed"
    return "brief" if re.search(r"\bbrief|\bshort|\bone sentence", words, re.I) else None


def _summary(found: re.Match[str], turn: Turn) -> Answer | None:
    text = _to_the_end(found["text"], turn)
    text = text if len(text.split()) >= LEAST else turn.attached
    if len(text.split()) < LEAST:
        return Answer(text="Send me the text after the words: summarise this: ...")
    return undivided(call("summaries.text", text=text, style=_style(found["how"] or "")))


def _conversation(found: re.Match[str], turn: Turn) -> Answer:
    words = found["how"] or ""
    since = find(re.sub(r"\bsince\b", "on", words), turn.now)
    day = "yesterday" in words.lower()
    date = _yesterday(turn) if day else since.due(turn.now)
    return call("summaries.conversation", since=date, style=_style(words))


def _yesterday(turn: Turn) -> str:
    return turn.now.date().fromordinal(turn.now.date().toordinal() - 1).isoformat()


def _always(action: str) -> Reply:
    return lambda *_: call(action)


SUMMARISE = (
    r"(?:summari[sz]e|sum up|tl;?dr|shorten|(?:give me |write |make )?(?:a )?(?:brief |short |detailed )?summary of)"
)
WRITE = (
    r"(?:draft|write|compose|prepare)(?: me)?(?: an?| the)?(?: short| quick| new)? ?(?:e-?mail|mail|message"
    r"|letter|draft|reply|note)?"
)
NAMED = r"(?-i:[A-Z][\w.'-]*(?: [A-Z][\w.'-]*)?)"
TO = (
    rf"(?:{WRITE}|send (?:an? )?(?:e-?mail|mail|message)|e-?mail|mail) (?:to )?(?P<to>\S+@[\w.-]*\w|{NAMED}"
    rf"|(?<=to )[\w.'-]+)"
)
RULES: tuple[Rule, ...] = (
    rule(rf"{SUMMARISE} (?:our|this|the)? ?(?:conversation|chat|discussion)(?P<how>.*)", _conversation),
    rule(
        rf"{SUMMARISE}(?P<how>(?: (?:this|the following|it|text|in|as|with|a|few|bullets?|bullet|points?"
        rf"|briefly|brief|detail|detailed|short))*)"
        r" ?[:,\n]\s*(?P<text>.+)",
        _summary,
    ),
    rule(r"tl;?dr(?P<how>)[: ]\s*(?P<text>.+)", _summary),
    rule(rf"{SUMMARISE}(?P<how>(?: this| it)?) ?(?P<text>)", _summary),
    rule(
        r"(?:take|make|add|write|create|save)(?: me)? (?:a |an? new |the )?note (?:titled|called|named"
        r"|with the title) (?P<title>[^:\n]+?)"
        r"(?:: ?|\n| saying (?:that )?| that says )(?P<text>.+)",
        _note,
    ),
    rule(
        r"(?:take|make|add|write|create|save)(?: me)? (?:a |an? new |the )?note(?::| that| of| about"
        r"| saying(?: that)?)? ?(?P<text>(?!to\b).+)",
        _note,
    ),
    rule(r"(?:new )?note(?: to self)?: ?(?P<text>.+)|(?:note|jot) down(?: that)?:? (?P<text2>.+)", _note),
    rule(r"(?:note that|write down(?: that)?|jot down(?: that)?|write this down):? (?P<text>.+)", _note),
    rule(
        r"(?:(?:show|list|read|see)(?: me)? )?(?:all )?(?:my |the )?notes|what(?:'s| is"
        r"| are)? (?:in )?my notes|what notes do i have|list notes",
        _always("notes.list"),
    ),
    rule(
        r"(?:search|look through|look in|go through)(?: in)? (?:my |the )?notes (?:for|about) (?P<what>.+)",
        simple("notes.search", query="what"),
    ),
    rule(
        r"(?:find|search|search for|show|show me|look for) (?:my |the |a )?notes? (?:about|on|for|with) (?P<what>.+)",
        simple("notes.search", query="what"),
    ),
    rule(
        r"what did i (?:note|write down|jot down) (?:about|on|for) (?P<what>.+)", simple("notes.search", query="what")
    ),
    rule(
        r"(?:update|change|edit|rewrite) (?:my |the )?note (?:about |on )?(?P<note>[^:]+?)(?:: ?"
        r"| to (?:say )?)(?P<text>.+)",
        simple("notes.update", note="note", text="text"),
    ),
    rule(
        r"(?:delete|remove|throw away) (?:my |the )?note (?:about |on |with )?(?P<note>.+)",
        simple("notes.remove", note="note"),
    ),
    rule(r"word (?:me )?an? (?:(?:e-?)?mail|message|letter) (?P<wish>.+)", simple("drafts.compose", wish="wish")),
    rule(r"(?:(?:show|list|see)(?: me)? )?(?:all )?(?:my |the )?drafts|what drafts do i have", _always("drafts.list")),
    rule(
        r"(?:change|set) the subject of (?:the |my )?(?:draft|mail|message)(?: to"
        r"| for)? (?P<draft>.+?) to (?P<subject>.+)",
        simple("drafts.update", draft="draft", subject="subject"),
    ),
    rule(
        r"(?:change|update|edit|rewrite) (?:the |my )?draft (?:to |for |about )?(?P<draft>[^:]+?)(?:: ?"
        r"| to say )(?P<text>.+)",
        simple("drafts.update", draft="draft", text="text"),
    ),
    rule(
        r"(?:delete|remove|discard|throw away) (?:the |my )?draft (?:to |for |about )?(?P<draft>.+)",
        simple("drafts.remove", draft="draft"),
    ),
    rule(
        rf"{TO},? (?:about|with (?:the )?subject|re:?) (?P<subject>.+?)"
        r"(?:,? saying(?: that)? | that says |, text:? |: ?|\. )(?P<text>.+)",
        _draft,
    ),
    rule(rf"{TO},?(?: saying(?: that)? | that says | that |: ?| to say (?:that )?)(?P<text>.+)", _draft),
    rule(rf"{TO},? about (?P<subject>.+)", _draft),
    rule(
        r"(?:draft|write|compose|prepare)(?: me)? an? (?:e-?mail|mail|message|letter) to (?P<to>\S+(?: \S+)?)", _draft
    ),
)
