"""Manners, help, the clock and small sums: what needs no tool."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from lab.rules.answer import Answer, Rule, rule
from lab.rules.arithmetic import work_out
from lab.rules.request import Turn

WHO = (
    "I am Aurelius, running on the built-in offline model: simple rules, not Claude. I handle everyday requests for "
    "tasks, reminders, notes, memory, people, drafts, summaries and your settings. "
    "With a Claude key in Settings you get the real thing."
)
CANNOT = (
    "I did not understand that. This is the built-in offline model (rules, not Claude): it handles tasks, reminders, "
    'notes, memory, people, drafts and summaries. Say "help" to see what works, or add a Claude key in Settings.'
)
CANNOT_DE = (
    "Das habe ich nicht verstanden. Hier antwortet das eingebaute Offline-Modell (Regeln, nicht Claude). "
    'Mit "Hilfe" siehst du, was geht; mit einem Claude-Schlüssel in den Einstellungen geht viel mehr.'
)
ONLY_MEMORY = (
    "I looked in what you told me, and nowhere else: the built-in offline model (rules, not Claude) knows "
    "nothing of the "
    "world. A Claude key in Settings gives the real thing."
)
TOO_LONG = (
    "That is more than the built-in offline model (rules, not Claude) can read as a request. It can shorten it "
    '("summarise this: ...") or keep it ("note: ..."). A Claude key in Settings gives the real thing.'
)
FIRST = "_This is the built-in offline model, not Claude: simple rules for everyday requests. Say “help” to see them._"
REPERTOIRE = Path(__file__).parent.parent / "repertoire.json"
SHOWN = 4  # examples of a theme in the answer to "help"


@cache
def repertoire() -> dict[str, list[dict[str, Any]]]:
    """Theme -> utterances with what they lead to; the tests go through every one."""
    loaded: dict[str, list[dict[str, Any]]] = json.loads(REPERTOIRE.read_text(encoding="utf-8"))["themes"]
    return loaded


def _help(found: re.Match[str], _: Turn) -> Answer:
    wanted = (found.groupdict().get("theme") or "").strip(" ?!.").lower()
    themes = {name: said for name, said in repertoire().items() if wanted and wanted.rstrip("s") in name.lower()}
    most = 1000 if themes else SHOWN
    lines = [
        f"**{name}**\n"
        + "\n".join(f"- {entry['say']}" for entry in said if "\n" not in entry["say"] and not entry.get("hidden"))
        if themes
        else f"**{name}**: " + " · ".join(entry["say"] for entry in said[:most] if "\n" not in entry["say"])
        for name, said in (themes or repertoire()).items()
    ]
    end = (
        ""
        if themes
        else '\n\nSay "help tasks" (or another theme) for all of it. With a Claude key in Settings you can '
        "speak freely."
    )
    return Answer(
        text="This is what the built-in offline model understands (it is not Claude):\n\n" + "\n\n".join(lines) + end
    )


def _greet(found: re.Match[str], turn: Turn) -> Answer:
    word = found[0].lower()
    name = f" {turn.name.split()[0]}" if turn.name else ""
    if re.search(r"hallo|guten|moin|servus|grüß", word):
        return Answer(text=f"Hallo{name}! Was kann ich für dich tun?")
    if re.search(r"bonjour|salut|bonsoir|coucou", word):
        return Answer(text=f"Bonjour{name} ! Que puis-je faire pour toi ?")
    if re.search(r"hola|buen[oa]s", word):
        return Answer(text=f"¡Hola{name}! ¿Qué puedo hacer por ti?")
    return Answer(text=f"Hello{name}! What can I do for you?")


def _thanks(found: re.Match[str], _: Turn) -> Answer:
    word = found[0].lower()
    other = {"dank": "Gern geschehen!", "merci": "Avec plaisir !", "gracias": "¡De nada!"}
    return Answer(text=next((said for part, said in other.items() if part in word), "You're welcome!"))


def _bye(found: re.Match[str], _: Turn) -> Answer:
    word = found[0].lower()
    other = {
        "tsch": "Bis bald!",
        "wiedersehen": "Bis bald!",
        "revoir": "À bientôt !",
        "adi": "¡Hasta pronto!",
        "hasta": "¡Hasta pronto!",
    }
    return Answer(
        text=next((said for part, said in other.items() if part in word), "Goodbye! I keep watch over your reminders.")
    )


def _time(_: re.Match[str], turn: Turn) -> Answer:
    if not turn.zone:
        return Answer(
            text=(
                f"It is {turn.now:%H:%M} UTC. Tell me your time zone and I will say it in yours: my time zone "
                f"is Berlin."
            )
        )
    return Answer(text=f"It is {turn.now:%H:%M} ({turn.zone}).")


def _date(_: re.Match[str], turn: Turn) -> Answer:
    return Answer(text=f"Today is {turn.now:%A}, {turn.now.day} {turn.now:%B %Y}.")


def _sum(found: re.Match[str], _: Turn) -> Answer | None:
    result = work_out(found["sum"].lower())
    return Answer(text=f"{found['sum'].strip(' =?')} = {result}") if result else None


def _own_zone(_: re.Match[str], turn: Turn) -> Answer:
    if turn.zone:
        return Answer(text=f"Your time zone is {turn.zone}. To change it, say for example: my time zone is Lisbon.")
    return Answer(text="I do not know your time zone yet. Which city are you in?")


def _undo(_: re.Match[str], __: Turn) -> Answer:
    return Answer(text="Press Undo on the message that says what was done; that takes it back exactly.")


HELLO = (
    r"(?:hi|hello|hey|hiya|howdy|yo|greetings|good (?:morning|afternoon|evening|day)|hallo|guten (?:morgen"
    r"|tag|abend)|moin|servus|grüß (?:dich|gott)"
    r"|bonjour|salut|bonsoir|coucou|hola|buenos días|buenos dias|buenas(?: tardes| noches)?)"
)
RULES: tuple[Rule, ...] = (
    rule(rf"{HELLO}(?:[ ,]+(?:there|again|aurelius|everyone|all|zusammen))?(?:[ ,!]+(?:hi|hello))?", _greet),
    rule(
        r"(?:/?help|hilfe|aide|ayuda|what can (?:you|i) (?:do|say|ask)(?: for me| you)?|commands|menu"
        r"|/?start|how do (?:you|i) (?:work|use you|use this))(?: (?:me|with))?(?P<theme> ?\w*)",
        _help,
    ),
    rule(
        r"(?:many |ok(?:ay)?,? |great,? |perfect,? )?(?:thanks?|thank you|thx|ty|cheers|danke(?: schön"
        r"| dir)?|vielen dank|merci(?: beaucoup)?|(?:muchas )?gracias)(?: (?:a lot|so much|very much|again"
        r"|you|aurelius))*",
        _thanks,
    ),
    rule(
        r"(?:good ?)?bye(?: bye)?|see you(?: later| soon| tomorrow)?|good night|cya|ciao|tschüss?|tschau"
        r"|auf wiedersehen|gute nacht|au revoir|bonne nuit|adi[oó]s|hasta (?:luego|mañana)",
        _bye,
    ),
    rule(
        r"how are you(?: doing)?(?: today)?|how'?s it going|what'?s up|wie geht(?:'s| es dir)?|ça va"
        r"|(?:cómo|como) estás",
        lambda *_: Answer(text="All well here, and at your service. What can I do for you?"),
    ),
    rule(
        r"who are you|what are you|are you (?:claude|chatgpt|an? ai|a bot|a robot|real|human|offline)"
        r"|what(?:'s| is) your name|what model (?:are you|is this|do you use)|wer bist du|qui es-tu"
        r"|quién eres",
        lambda *_: Answer(text=WHO),
    ),
    rule(
        r"(?:what(?:'s| is) the time|what time is it|time|wie spät ist es|wie viel uhr ist es"
        r"|quelle heure est-il|qué hora es)(?: now| please)?",
        _time,
    ),
    rule(
        r"(?:what(?:'s| is) (?:the |today'?s )?date(?: today)?|what day is (?:it|today)(?: today)?|date"
        r"|which day is (?:it|today)|welcher tag ist heute)",
        _date,
    ),
    rule(
        r"(?:what(?:'s| is)|how much is|calculate|compute|work out)? ?(?P<sum>[\d(.-][\d\s.+*/()%x×÷^=-]*"
        r"(?:(?:plus|minus|times|divided by|multiplied by|over|percent of|of)[\d\s.+*/()%-]*)*)",
        _sum,
    ),
    rule(
        r"test|ping|are you (?:there|awake|online)|aurelius",
        lambda *_: Answer(text="I am here. What can I do for you?"),
    ),
    rule(r"/?stop(?: it| that)?|cancel(?: it| that)?", lambda *_: Answer(text="Nothing is running right now.")),
    rule(r"(?:what(?:'s| is) )?my time ?zone|which time ?zone (?:am i in|do you use(?: for me)?)", _own_zone),
    rule(r"/?undo(?: (?:that|it|this|the last (?:one|thing)))?|take (?:that|it) back", _undo),
    rule(
        r"(?:ok(?:ay)?|good|great|nice|cool|perfect|fine|alright|super|wonderful|awesome)(?: job| one| work)?",
        lambda *_: Answer(text="Good. Anything else?"),
    ),
    rule(
        r"(?:yes|no|yep|nope|yeah|sure|ja|nein|oui|non|sí|si)",
        lambda *_: Answer(text="There is nothing waiting for an answer. What can I do for you?"),
    ),
)
