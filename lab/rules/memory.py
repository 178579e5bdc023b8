"""What is remembered, about the person and about the people they know."""

from __future__ import annotations

import re

from lab.rules.answer import Answer, Rule, call, clean, rule, simple
from lab.rules.request import Turn

EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
PHONE = re.compile(r"\+?\d[\d ()/-]{5,}\d")


def _remember(found: re.Match[str], _: Turn) -> Answer:
    return call("memory.remember", text=clean(found["text"]))


def _fact(found: re.Match[str], _: Turn) -> Answer:
    return call("memory.remember", text=clean(found[0]))


def _recall(found: re.Match[str], _: Turn) -> Answer:
    return call("memory.recall", query=clean(next(group for group in found.groups() if group)))


def _as_told(words: str) -> str:
    """As the person said it themself: "that I like tea"."""
    return clean(re.sub(r"^(?:that|the fact that) ", "", words, flags=re.I))


def _everything(found: re.Match[str], _: Turn) -> Answer:
    if "DELETE" in found[0]:
        return call("memory.delete_everything", confirm="DELETE")
    return Answer(
        text=(
            "This deletes everything I keep about you and cannot be taken back. To go on, write: delete "
            "everything DELETE"
        )
    )


def _add_person(found: re.Match[str], _: Turn) -> Answer | None:
    return _add_person_text(found["who"])


def _add_person_text(words: str) -> Answer | None:
    email, phone = EMAIL.search(words), PHONE.search(words)
    about = re.search(r"(?:,| who is|\babout:?|\bnote:?)\s*((?:my|our|the|a|an|from|works)\b[^,]*)", words, re.I)
    for part in (about, email, phone):
        words = words.replace(part[0], " ") if part else words
    name = clean(re.split(r",|\bwith\b|\be-?mail\b|\bphone\b|\(|:|\bat\b", words, maxsplit=1, flags=re.I)[0])
    if not name:
        return None
    parts = {"email": email and email[0], "phone": phone and phone[0].strip(), "about": about and clean(about[1])}
    return call("people.add", name=name, **parts)


def _contact_is(found: re.Match[str], _: Turn) -> Answer | None:
    value = clean(found["value"])
    kind = "email" if "mail" in found["kind"].lower() else "phone"
    if not (EMAIL if kind == "email" else PHONE).fullmatch(value):
        return None
    name = clean(found["name"])
    if found["now"]:
        return call("people.update", contact=name, **{kind: value})
    return call("people.add", name=name, **{kind: value})


def _change_person(found: re.Match[str], _: Turn) -> Answer:
    kind = found["kind"].lower().replace("-", "")
    field = "email" if "mail" in kind else "name" if "name" in kind else "phone"
    return call("people.update", contact=clean(found["name"]), **{field: clean(found["value"])})


def options(turn: Turn) -> list[str]:
    """The names that a "which one?" offered: from the tool's answer, else from the lines of the reply."""
    if turn.options:
        return list(turn.options)
    return [clean(line) for line in re.findall(r"^\s*(?:[-*•]|\d+[.)])\s+(.+)$", turn.last_reply, re.MULTILINE)]


def chosen(turn: Turn) -> str:
    """The contact meant when this message answers "which Ann do you mean?"; else ""."""
    asked = re.search(r"\bwhich (?:one|of|[A-Z]\w*)|\bdo you mean\b|\bmeinst du\b", turn.last_reply, re.I)
    return _pick(clean(turn.text.rstrip(".!")), options(turn)) if asked and len(turn.text) <= 60 else ""


ORDINALS = {"first": 0, "1": 0, "one": 0, "second": 1, "2": 1, "two": 1, "third": 2, "3": 2, "three": 2, "last": -1}


def _pick(words: str, offered: list[str]) -> str:
    words = re.sub(r"^(?:i mean|i meant|it'?s|the|number|no\.?)\s+", "", words, flags=re.I)
    by_name = [option for option in offered if words.lower() in option.lower() or option.lower() in words.lower()]
    if len(by_name) == 1:
        return by_name[0]
    at = ORDINALS.get(re.sub(r"\s+one$", "", words.lower()))
    if at is not None and offered and at < len(offered):
        return offered[at]
    return words if not offered and re.fullmatch(r"[A-ZÄÖÜ][\w.'-]*(?: [A-ZÄÖÜ][\w.'-]*)*", words) else ""


CONTACT = (
    r"(?:(?:e-?)?mail(?: address)?|phone(?: number)?|(?:mobile |telephone )?number|contact(?: details)?|address"
    r"|birthday)"
)
NAME = r"[A-ZÄÖÜ][\w.'-]*(?: [A-ZÄÖÜ][\w.'-]*){0,2}"
FACT = (
    r"(?:name is|birthday is|favou?rite|wife|husband|partner|son|daughter|mother|father|mom|dad|boss|dog|cat"
    r"|car|doctor|address|shoe size|blood type|passport|anniversary|job|e-?mail|phone(?: number)?|number"
    r"|size|height|team|hobby)"
)
RULES: tuple[Rule, ...] = (
    rule(
        r"(?:add|put|save) (?P<name>.+?) (?:to|in) (?:my |the )?(?:contacts|address ?book|people)(?P<more>.*)",
        lambda found, turn: _add_person_text(f"{found['name']}{found['more']}"),
    ),
    rule(
        r"(?:add|create|save|new)(?: a| an| the)?(?: new)? (?:contact|person)(?: for| called| named|:)? ?(?P<who>.+)",
        _add_person,
    ),
    rule(rf"save (?P<name>{NAME})'s? (?P<kind>{CONTACT})(?P<now>)(?::| as| is)? (?P<value>\S.*)", _contact_is),
    rule(rf"(?-i:(?P<name>(?!My\b){NAME}))'s? (?P<kind>{CONTACT}) is (?P<now>now )?(?P<value>\S.*)", _contact_is),
    rule(rf"(?:change|update|set) (?P<name>.+?)'s? (?P<kind>{CONTACT}|name) to (?P<value>.+)", _change_person),
    rule(r"(?:delete|remove) (?:the |my )?contact (?P<who>.+)", simple("people.remove", contact="who")),
    rule(
        rf"(?:what(?:'s| is)|tell me|give me|find|do you (?:know|have)) (?-i:(?P<who>(?!My\b){NAME}))'s? {CONTACT}",
        simple("people.find", name="who"),
    ),
    rule(
        rf"(?:what(?:'s| is)|tell me|give me|find|do you (?:know|have)) the {CONTACT} (?:of|for) (?-i:(?P<who>{NAME}))",
        simple("people.find", name="who"),
    ),
    rule(
        r"(?:find|look up|show|show me|search for|search) (?:the |my )?(?:contact|person) (?P<who>.+)",
        simple("people.find", name="who"),
    ),
    rule(rf"who(?:'s| is) (?-i:(?P<who>{NAME}))", simple("people.find", name="who")),
    rule(rf"how (?:can|do) i (?:reach|contact) (?P<who>{NAME})", simple("people.find", name="who")),
    rule(
        r"(?:by|when i say|with) (?P<name>\S+)(?: i (?:always )?mean|,? i(?:'m| am) talking about) (?P<who>.+)",
        simple("people.means", name="name", contact="who"),
    ),
    rule(r"(?-i:(?P<name>[A-Z]\w+)) (?:always )?means (?P<who>.+)", simple("people.means", name="name", contact="who")),
    rule(
        r"(?:what do you (?:know|remember) about me|who am i|what have you (?:learned|stored"
        r"|saved) about me|tell me (?:what you know )?about (?:me|myself)|show my profile)",
        lambda *_: call("memory.about_me"),
    ),
    rule(
        r"(?:forget|delete|erase|wipe) (?:everything|all)(?: (?:that )?(?:you (?:know|remember|stored)"
        r"|i (?:said|told you)))? about (?P<what>(?!me\b|myself\b).+)",
        simple("memory.forget", fact="what"),
    ),
    rule(
        r"(?:(?:forget|delete|erase|wipe)) (?:everything|all(?: of it)?)(?: (?:that )?(?:you|i) (?:know"
        r"|remember|stored|told you)| about me| of me|\b)(?: about me)?.*",
        _everything,
    ),
    rule(r"(?:delete|erase|wipe) (?:all )?my (?:data|memor(?:y|ies)|account).*", _everything),
    rule(
        r"(?:export|download|give me)(?: all)? (?:my |your |the )?(?:data|memor(?:y|ies)|facts"
        r"|everything)(?: about me| you know(?: about me)?)?",
        lambda *_: call("memory.export"),
    ),
    rule(
        r"(?:where (?:did|do) you (?:get|know|have)|how do you know|since when do you know)(?: it| that)?(?: from)?:? "
        r"(?P<what>.+?)(?: from)?",
        lambda found, _: call("memory.source", fact=_as_told(found["what"])),
    ),
    rule(
        r"(?:no, )?(?:that|this)(?:'s| is) (?:wrong|not (?:true|right|correct)|false)[,.:;]+ ?(?P<text>.+)"
        r"|correction[,.:;]? (?P<text2>.+)",
        lambda found, _: call("memory.correct", text=clean(found["text"] or found["text2"])),
    ),
    rule(
        r"forget (?:what i (?:said|told you) about|about|that|the fact that|the fact)?:? ?(?P<what>(?!it$).+)",
        simple("memory.forget", fact="what"),
    ),
    rule(
        r"(?:do you remember|what do you (?:remember|know) about|what did i (?:tell"
        r"|say)(?: you)?(?: to you)? about|recall|do you know) (?P<what>.+)",
        _recall,
    ),
    rule(
        r"(?:what|when|where|who|which)(?:'s|s| is| was| are| were)? (?P<what>my (?!day|tasks|notes|list"
        r"|agenda|plan|drafts|reminders|trust|budget|usage|history|time ?zone\b).+)",
        _recall,
    ),
    rule(
        r"(?P<what>where do i (?:live|work).*|what do i (?:like|love|hate|prefer|drink|eat).*"
        r"|am i allergic.*|how old am i)",
        _recall,
    ),
    rule(
        r"(?:please )?(?:remember|keep in mind|don'?t forget|memori[sz]e|for the record)(?: this)?(?: that"
        r"|:|,)? ?(?P<text>(?!me\b|to\b).+)",
        _remember,
    ),
    rule(rf"my (?:\w+ )?{FACT}\b.*", lambda f, t: _fact(f, t) if re.search(r"\b(?:is|are|was)\b", f[0]) else None),
    rule(
        r"i (?:really )?(?:(?:like|love|hate|prefer)(?! (?:you|it|this|that)$)|live|work|drink|eat|enjoy"
        r"|dislike|can'?t stand|speak) .+"
        r"|i(?:'m| am) (?:allergic|vegetarian|vegan|married|left-handed|born|a )\b.*|i was born .+|call me .+"
        r"|(?-i:[A-Z]\w+) (?:likes|loves|hates|prefers|lives|works|speaks) .+",
        _fact,
    ),
)
