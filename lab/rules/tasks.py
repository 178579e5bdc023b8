"""Tasks: add, list, complete, reopen, change, remove."""

from __future__ import annotations

import re

from lab.dates import find
from lab.rules.answer import Answer, Call, Rule, call, clean, rule, simple
from lab.rules.request import Turn

LIST = (
    r"(?:my |the |our )?(?:(?P<label>(?!my\b|the\b|task|to-?do)[\w-]+) )?(?:to-?do ?lists?|task ?lists?|lists?"
    r"|tasks?|to-?dos?)"
)
THE = r"(?:my |the |that )?(?:task |to-?do )?"
PRIORITY = re.compile(
    r",?\s*\b(?:with (?:a )?|at |it'?s )?(?:(?P<level>high|low|normal)(?:est)?[- ]priority"
    r"|priority:? (?P<level2>high|low|normal)"
    r"|(?P<urgent>(?:very )?urgent|important)$)",
    re.IGNORECASE,
)
LABEL = re.compile(
    r",?\s*(?:\b(?:label(?:l?ed)?|tag(?:ged)?)(?: it)?(?: as| with)?:? (?P<word>[\w-]+)|#(?P<hash>[\w-]+)"
    r"|\blabels:? (?P<words>[\w-]+(?:(?:,? and |, )[\w-]+)*))",
    re.I,
)
PARENT = re.compile(
    r",?\s+(?:under|as (?:a )?(?:sub-?task|step) (?:of|under|to|for))(?: the task)?:? (?P<parent>[^,]+)", re.I
)
NOTES = re.compile(r",?\s+(?:with (?:the |a )?notes?|notes?):? (?P<notes>.+)$", re.I | re.DOTALL)


def task(words: str, turn: Turn, label: str | None = None) -> Call:
    """tasks.add with everything that is said about the task in its words."""
    arguments: dict[str, object] = {}
    words, notes = _take(NOTES, words)
    words, parent = _take(PARENT, words)
    words, priority = _take(PRIORITY, words)
    labels = [label.lower()] if label else []
    while found := LABEL.search(words):
        labels += re.findall(r"\b(?!and\b)[\w-]+", found["word"] or found["hash"] or found["words"])
        words = words[: found.start()] + words[found.end() :]
    when = find(words, turn.now)
    arguments["title"] = clean(
        re.sub(r"^(?:to|that i (?:need|have) to|called|named)\s+", "", clean(when.rest.replace('"', " ")), flags=re.I)
    )
    arguments["due"] = when.due(turn.now)
    arguments["priority"] = "high" if priority and "normal" not in priority and "low" not in priority else priority
    arguments |= {"labels": labels, "notes": clean(notes or ""), "parent": clean(parent or "")}
    return Call(action="tasks.add", arguments={name: value for name, value in arguments.items() if value})


def _take(pattern: re.Pattern[str], words: str) -> tuple[str, str | None]:
    found = pattern.search(words)
    if not found:
        return words, None
    said = next(group for group in found.groups() if group)
    return words[: found.start()] + words[found.end() :], said.lower() if pattern is PRIORITY else said


def _add(found: re.Match[str], turn: Turn) -> Answer | None:
    groups = found.groupdict()
    words = clean(f"{groups['what']} {groups.get('rest') or ''}")
    if not words:
        return None
    several = _several(groups["what"]) if groups.get("rest") is not None else []
    label = groups.get("label")
    if several:
        rest = groups.get("rest") or ""
        return Answer(rounds=(tuple(task(f"{one}{rest}", turn, label) for one in several),))
    made = task(words, turn, label)
    return Answer(rounds=((made,),)) if made.arguments.get("title") else None


def _several(words: str) -> list[str]:
    """ "milk, eggs and bread" -> three tasks; a sentence with a comma in it stays one."""
    parts = [clean(part) for part in re.split(r",\s*(?:and\s+)?|\s+and\s+", words)]
    plain = all(part and len(part.split()) <= 3 and not PRIORITY.search(part) for part in parts)
    return parts if "," in words and len(parts) > 1 and plain else []


def _sub_task(found: re.Match[str], turn: Turn) -> Answer:
    made = task(found["what"], turn)
    return Answer(rounds=((Call(action="tasks.add", arguments=made.arguments | {"parent": clean(found["parent"])}),),))


def _list(found: re.Match[str], _: Turn) -> Answer:
    label = found.groupdict().get("label") or found.groupdict().get("label2") or ""
    if label.lower() in ("all", "open", "done", "completed", "finished", "current", "remaining", "me"):
        return call("tasks.list", done=label.lower() in ("done", "completed", "finished") or None)
    return call("tasks.list", label=label.lower())


def _done(found: re.Match[str], _: Turn) -> Answer:
    return call("tasks.complete", task=_named(found["what"] or found.groupdict().get("what2") or ""))


def _named(words: str) -> str:
    return clean(
        re.sub(r"^(?:my |the )?(?:task|to-?do)\s+(?:to\s+)?|^(?:my|the)\s+|\s+task$", "", clean(words), flags=re.I)
    )


def _remove(found: re.Match[str], _: Turn) -> Answer:
    return call("tasks.remove", task=_named(found["what"]))


def _change(found: re.Match[str], turn: Turn) -> Answer | None:
    groups = found.groupdict()
    changed: dict[str, object] = {name: clean(groups[name]) for name in ("title", "notes") if groups.get(name)}
    if groups.get("level"):
        level = groups["level"].lower()
        changed["priority"] = {"urgent": "high", "important": "high"}.get(level, level)
    if groups.get("word"):
        changed["labels"] = [clean(groups["word"]).lstrip("#")]
    if groups.get("when"):
        due = find(groups["when"], turn.now).due(turn.now)
        if not due:
            return None
        changed["due"] = due
    return call("tasks.update", task=_named(groups["what"]), **changed)


LEVEL = r"(?P<level>high|low|normal|urgent|important)"
ADD_RULES: tuple[Rule, ...] = (
    rule(r"think (?:my |the )?(?:task )?(?P<task>.+?) through(?: with me)?", simple("tasks.analyse", task="task")),
    rule(
        r"(?:add|create|make) (?:a |another )?sub-?task (?:to|under|of|for) (?P<parent>[^:]+): ?(?P<what>.+)", _sub_task
    ),
    rule(rf"(?:add|put|write|stick) (?P<what>.+?) (?:to|on|onto|in|into) {LIST}\b(?P<rest>.*)", _add),
    rule(
        r"(?:add|create|make|new) (?:a |an |another |the )?(?:new )?(?:(?P<level>high"
        r"|low)[- ]priority )?(?:task|to-?do|item)s?:? ?"
        r"(?:to |called |named |that )?(?P<what>.+)",
        lambda found, turn: _add_at(found, turn),
    ),
    rule(r"(?:task|to-?do|new task): ?(?P<what>.+)", _add),
    rule(
        r"i (?:still )?(?:need to|have to|have got to|must|gotta|should) (?P<what>(?!do\b|know\b|help\b"
        r"|a break\b)[a-z].+)",
        _add,
    ),
    rule(r"add (?P<what>(?!(?:a |an |the )?(?:note|contact|person|reminder|label|tag)\b).+)", _add),
)


def _add_at(found: re.Match[str], turn: Turn) -> Answer | None:
    answer = _add(found, turn)
    if answer is None or not found["level"]:
        return answer
    made = answer.calls[0]
    with_level = made.arguments | {"priority": found["level"].lower()}
    return Answer(rounds=((Call(action=made.action, arguments=with_level),),))


RULES: tuple[Rule, ...] = (
    rule(rf"what(?:'s|s| is| do i have| else is)? (?:still )?(?:on|in) {LIST}", _list),
    rule(rf"(?:show|list|give|read|see|display)(?: me)?(?: all)?(?: of)? {LIST}(?: please)?", _list),
    rule(
        r"(?:show|list)(?: me)?(?: my| the| all)? (?P<label>done|completed|finished|open)(?: tasks?| to-?dos?)?", _list
    ),
    rule(
        r"(?:show|list)(?: me)?(?: my| the)? tasks (?:label+ed|tagged|with (?:the )?label) #?(?P<label>[\w-]+)", _list
    ),
    rule(r"(?:my |all my |open )?(?:tasks?|to-?dos?|to-?do list)(?: label+ed #?(?P<label2>[\w-]+))?", _list),
    rule(r"what (?:are|were) (?:all )?my (?:(?P<label>\w+) )?(?:tasks?|to-?dos?)", _list),
    rule(
        r"(?:do i have|are there|is there) (?:any |anything )?(?:open )?(?:tasks|to-?dos|on my list)(?: left)?", _list
    ),
    rule(
        r"what (?:do i|must i|should i) (?:still )?(?:have|need|got)? ?(?:to |left to )?(?:do|get done)",
        lambda *_: call("tasks.list"),
    ),
    rule(
        r"what (?:have i|did i) (?:already )?(?:finished|completed|done|finish|complete)",
        lambda *_: call("tasks.list", done=True),
    ),
    rule(rf"(?:re-?open|uncheck|untick) {THE}(?P<what>.+)", lambda f, _: call("tasks.reopen", task=_named(f["what"]))),
    rule(
        rf"mark {THE}(?P<what>.+?) (?:as )?(?:not done|undone|open|unfinished|not finished)",
        lambda f, _: call("tasks.reopen", task=_named(f["what"])),
    ),
    rule(
        rf"{THE}(?P<what>.+?) (?:is|isn't|was|wasn't) (?:not (?:done|finished)|done|finished) (?:yet|after all)",
        lambda f, _: call("tasks.reopen", task=_named(f["what"])),
    ),
    rule(rf"(?:i'?m |i am )?(?:done|finished|through) with {THE}(?P<what>.+)", _done),
    rule(rf"(?:i(?:'ve| have)? )?(?:just |already )?(?:completed?|finish(?:ed)?|did) (?!you){THE}(?P<what>.+)", _done),
    rule(
        rf"(?:mark|set|check|tick|cross) {THE}(?P<what>.+?) (?:as |off as )?(?:done|complete|completed"
        rf"|finished|off)(?: (?:my|the) list)?",
        _done,
    ),
    rule(rf"(?:check|tick|cross) off {THE}(?P<what>.+?)(?: (?:from|on) (?:my|the) list)?", _done),
    rule(rf"{THE}(?P<what>[^?]+?) (?:is|are) (?:now )?(?:done|completed?|finished)", _done),
    rule(rf"rename {THE}(?P<what>.+?) (?:to|into|as) (?P<title>.+)", _change),
    rule(r"change the (?:title|name) of (?:the task )?(?P<what>.+?) (?:to|into) (?P<title>.+)", _change),
    rule(rf"(?:set|change) the priority of (?:the task )?(?P<what>.+?) to {LEVEL}", _change),
    rule(rf"(?:make|mark|set) {THE}(?P<what>.+?) (?:as |to )?(?:a )?{LEVEL}(?: priority)?", _change),
    rule(rf"(?:label|tag) {THE}(?P<what>.+?) (?:as |with )?(?:the label )?#?(?P<word>[\w-]+)", _change),
    rule(r"add (?:the |a )?(?:label|tag) #?(?P<word>[\w-]+) to (?:the task )?(?P<what>.+)", _change),
    rule(r"add (?:a |the )?note to (?:the |my )?task (?P<what>[^:]+): ?(?P<notes>.+)", _change),
    rule(r"(?:set|change|move) the due date (?:of|for) (?:the task )?(?P<what>.+?) to (?P<when>.+)", _change),
    rule(rf"(?:move|postpone|push|reschedule|shift) {THE}(?P<what>.+?) (?:to|until|till|by) (?P<when>.+)", _change),
    rule(rf"{THE}(?P<what>.+?) is due (?P<when>.+)", _change),
    rule(
        r"(?:remove|delete|take|cross|drop|strike) (?P<what>.+?) (?:from|off|of) (?:my"
        r"|the) (?:[\w-]+ )?(?:to-?do )?(?:list|tasks|to-?dos)",
        _remove,
    ),
    rule(r"(?:remove|delete|drop|cancel) (?:the |my )?(?:task|to-?do)(?: to)? (?P<what>.+)", _remove),
    rule(r"restore (?:the )?task (?P<what>.+)", simple("tasks.restore", task="what")),
    rule(
        r"(?:done|finished|completed):? (?P<what>(?!with\b).+)|(?P<what2>(?:buy|call|pay|send|write" r"|book) .+) done",
        _done,
    ),
    *ADD_RULES[:4],
)
LAST_RULES: tuple[Rule, ...] = (
    *ADD_RULES[4:],
    rule(r"(?:remove|delete) (?P<what>(?!every|all|it|that|this)(?:the )?[\w].*)", _remove),
)
