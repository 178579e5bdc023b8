"""Which class of model a request deserves, and why in one sentence. Pure.

The fast class costs a twentieth of the standard one, so the question is when fast is not enough: a wrong "fast" is the
mistake that costs, and what is neither plainly simple nor plainly hard goes to standard.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.model import Tier

TASKS = {"title": Tier.FAST, "extract": Tier.FAST, "classify": Tier.FAST, "digest": Tier.FAST, "analysis": Tier.DEEP}
LONG = 60  # words that a plain request does not need
HUGE = 1_500  # words that are a document, not a message
DEEP_HISTORY = 30  # messages in view; what "it" means is no longer plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What the route depends on. `task` is "turn" for a conversation, else what a silent call is for. `files` counts
    pictures and documents, `history` the messages in view; `urgent`: somebody is waiting for a short answer."""

    text: str
    task: str = "turn"
    files: int = 0
    history: int = 0
    urgent: bool = False
    fast_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    tier: Tier
    why: str


def _words(wording: str) -> re.Pattern[str]:
    """Matches any of the comma-separated wordings as whole words; `*` is the rest of a word, `...` a word or two."""
    found = (re.escape(" ".join(each.split())).replace(r"\*", r"\w*") for each in wording.split(","))
    wordings = (each.replace(r"\ \.\.\.\ ", r" (?:\S+ ){0,2}") for each in found if each)
    return re.compile(rf"(?<!\w)(?:{'|'.join(wordings)})(?!\w)", re.IGNORECASE)


# English first, then German, French and Spanish where the word is as telling.
THINK = _words("""
    think ... hard, think ... deeply, think ... carefully, think ... thoroughly, think it through, ultrathink, think
    this through, step by step, take your time, deep analysis, in-depth, thorough analysis, thorough review, denk
    ... gut ... nach, denk ... genau ... nach, denk ... gründlich ... nach, gründlich* analys*, gründlich* prüf*,
    réfléchi* bien, analyse approfondie, piensa bien, piensa a fondo, análisis profundo
""")
HARD = _words("""
    plan, planning, strateg*, compar*, versus, vs, why, draft*, rewrite, rephrase, analys*, analyz*, evaluat*,
    review, explain*, pros and cons, trade-off*, tradeoff*, should i, should we, legal*, contract, lawsuit, clause,
    tax, taxes, medical, diagnos*, code, python, javascript, sql, regex, bug, refactor, debug, negotiat*, apolog*,
    proposal, essay, speech, report, translate, prove, calculate, estimate, forecast, investigate, research, figure
    out, invite, brainstorm, prioriti*, prepare, arrange, organis*, organiz*, write ... mail, write ... email, write
    ... letter, write ... reply, write ... post, write ... message, write ... poem, reply to, tell, send, book,
    schedule, reschedule, vergleich*, warum, wieso, entwirf, entwurf, formulier*, analysier*, erklär*, soll ich,
    sollte ich, vertrag*, recht, steuer*, übersetz*, sag, schick*, planifi*, pourquoi, rédige*, brouillon,
    explique*, contrat, tradui*, envoie, dis à, por qué, borrador, redacta*, explica*, contrato, traduc*, envía,
    dile
""")
STEPS = _words("""
    and then, after that, afterwards, then also, for each, for every one, one by one, as well as, and add, and
    remind, and set, and mark, and remove, and show, and list, and note, and put, und dann, danach, außerdem, für
    jede, für jeden, et puis, et ensuite, ensuite, pour chaque, y luego, y después, para cada
""")
POLITE = re.compile(r"\A(?:(?:please|can you|could you|bitte|kannst du|peux-tu|por favor)[ ,]+)+", re.IGNORECASE)
# What follows these is content to be kept as it is, however hard its words are.
KEEP = _words("""
    add, remind me to, remind me at, remind me in, remind me on, remind me every, remind me about, remember, remind
    me tomorrow, note, jot, erinner* mich, merk* dir, notier*, rappelle, ajoute, recuérdame, añade, agrega, anota
""")
LOOK = _words("""
    mark, complete, done, finish, finished, delete, remove, cancel, snooze, forget, undo, list, show, find, search,
    set, look up, what's, what is, what are, what do, what time, when's, when is, who's, who is, pause, resume,
    weather, zeig*, lösch*, was steht, wetter, montre, supprime, muestra, borra
""")
SMALL_TALK = _words("""
    hi, hello, hey, good morning, good afternoon, good evening, good night, thanks, thank you, ok, okay, yes, no,
    yep, nope, sure, great, bye, stop, help, how are you, hallo, moin, guten morgen, guten tag, guten abend, danke,
    ja, nein, tschüss, bonjour, salut, merci, oui, non, hola, buenos días, gracias, sí, vale
""")
VAGUE = _words(
    "it, that, this, those, them, these, him, her, the other, the same, es, das, ihn, ça, cela, eso, esto, lo"
)


def route(ask: Ask) -> Route:
    """The class for this request. The first rule that fits decides; urgency spares the long thinking."""
    tier, why = _first(ask, ask.text.strip(), len(ask.text.split()))
    if ask.urgent and tier is Tier.DEEP:
        return Route(tier=Tier.STANDARD, why=f"{why}, but somebody is waiting")
    return Route(tier=tier, why=why)


def _first(ask: Ask, text: str, words: int) -> tuple[Tier, str]:
    hard = HARD.search(text)
    asked = POLITE.sub("", text)
    rules = (
        (ask.fast_only, Tier.FAST, "only the fast class is within the budget"),
        (ask.task in TASKS, TASKS.get(ask.task, Tier.FAST), f"the task is {ask.task}"),
        (THINK.search(text), Tier.DEEP, "asked to think deeply"),
        (hard and words > HUGE, Tier.DEEP, "hard work over a long text"),
        (hard and ask.files > 1, Tier.DEEP, "hard work over several documents"),
        (hard and words > LONG and STEPS.search(text), Tier.DEEP, "a long plan of several steps"),
        (ask.files, Tier.STANDARD, "there is something to look at"),
        (words > LONG, Tier.STANDARD, "it is long"),
        (words <= 4 and not hard and SMALL_TALK.match(text), Tier.FAST, "small talk"),
        (STEPS.search(text) or text.count("?") > 1, Tier.STANDARD, "it takes several steps"),
        (KEEP.match(asked), Tier.FAST, "one thing to keep"),
        (hard, Tier.STANDARD, f"“{hard.group() if hard else ''}” needs judgement"),
        (LOOK.match(asked), Tier.FAST, "one simple look-up or action"),
        (ask.history and VAGUE.search(text), Tier.STANDARD, "it refers to what was said before"),
        (ask.history > DEEP_HISTORY, Tier.STANDARD, "the conversation is long"),
        (words <= 12, Tier.FAST, "short and plain"),
    )
    found = ((tier, why) for fits, tier, why in rules if fits)
    return next(found, (Tier.STANDARD, "neither plainly simple nor plainly hard"))
