"""What is worth keeping of what a model draws out of a conversation: pure rules, the second lock beside the model's own
judgement. When in doubt nothing is kept: the message itself is still found by recall."""

from __future__ import annotations

import calendar
import re

from bot.learning.candidate import CATEGORIES, STATED, Candidate
from bot.learning.statement import is_negative, statement
from bot.message import Kind
from bot.records import Author, Message

LONGEST = 300  # characters of a fact
SHORTEST_QUOTE = 6  # characters: "yes" is evidence of nothing
SURE = 0.3
UNSPACED = "\u2e80"  # from here on: scripts that write without spaces
STEM = 4  # letters that the forms of a word share
COUNTED = re.compile(r"[0-2]?\d|3[01]|(?:19|20)\d\d")
CALENDAR = {name.casefold()[:STEM] for name in (*calendar.day_name, *calendar.month_name)}
# Lines and passages that repeat what others said or wrote: quoted lines, code, long texts in quotation marks.
OTHERS = re.compile(r"^\s*>.*$|```.*?(?:```|\Z)|“[^”]{40,}”|„[^“”]{40,}[“”]|\"[^\"\n]{40,}\"|«[^»]{40,}»", re.M | re.S)
SENTENCE = re.compile(r"[^.!?…\n。！？]+[.!?…。！？]*|[.!?…。！？]+")
CLAUSE = re.compile(r"[,;:]|\b(?:but|and|aber|und)\b", re.I)
UNSURE = re.compile(
    r"\b(?:if|maybe|perhaps|might|suppose|imagine|hypothetically|would(?!n't| not)(?! (?:like|love|prefer))|possibly|"
    r"probably|thinking (?:of|about)|considering|not sure|i guess|i wish|in theory|pretend|dreamt|dreamed|"
    r"vielleicht|wenn|falls|wahrscheinlich|könnte|würde)\b",
    re.I,
)
JOKE = re.compile(
    r"\b(?:kidding|joking|as a joke|lol|haha\w*|sarcasm|scherz|witz)\b|(?<!\w)/s\b|[😂🤣😜😉]|[;:]-?[)P](?!\w)", re.I
)
ABOUT_US = re.compile(r"\b(?:aurelius|the assistant|the bot|the ai)\b", re.I)
TO_US = re.compile(r"(?:you|your|you're|du|dein)\b", re.I)
SMALL_TALK = re.compile(
    r"(?:hi|hello|hey|thanks?(?: you)?|good (?:morning|night|evening|day)|bye|ok(?:ay)?|how are you|"
    r"(?:i'?m|i am|the person is|is) (?:fine|ok(?:ay)?|good|well|great|tired|back|here|ready|busy|hungry|bored|late|"
    r"sorry|happy|not sure))(?:\W.{0,20})?",
    re.I,
)
SECRET = re.compile(
    r"(?i:\b(?:password|passwd|passphrase|passcode|passwort|kennwort|cvv|cvc|api[ -]?key|secret key|access token|"
    r"private key|seed phrase|recovery code)\b|\bpin\b\D{0,20}\d)|-----BEGIN|"
    r"\b(?:(?:sk|pk|rk|gh[pousr]|xox[abprs]|github_pat|glpat)[-_][\w-]{12,}|(?:AKIA|AIza|eyJ)[\w-]{12,}|"
    r"[0-9a-f]{32,}|(?=[\w+/=-]*\d)(?=[\w+/=-]*[a-z])(?=[\w+/=-]*[A-Z])[\w+/=-]{20,})"
)
DIGITS = re.compile(r"(?:\d[ -]?){12,18}\d")


def is_own(message: Message) -> bool:
    """Said by the person in words of theirs: no command, nothing they stopped."""
    said = message.author is Author.USER and not message.outside and message.state != "stopped"
    return said and not message.text.startswith("/")


def is_settled(message: Message) -> bool:
    """Its words are there: it does not wait for its turn, nor to be listened to."""
    heard = bool(message.text) or not any(file.kind is Kind.VOICE for file in message.files)
    return heard and not message.state.startswith("queued")


def own_words(message: Message) -> str:
    """What the person says themself in it, without what it repeats of others."""
    return OTHERS.sub("\n", message.text).strip() if is_own(message) else ""


def is_telling(message: Message) -> bool:
    """Whether anything in it may be a fact: a sentence of three words that asks nothing. Else no model is asked."""
    sentences = (one.strip() for one in SENTENCE.findall(own_words(message)))
    return any(_tells(one) and not one.endswith(("?", "？")) for one in sentences)


def _tells(sentence: str) -> bool:
    unspaced = any(sign >= UNSPACED for sign in sentence)
    enough = len(sentence) >= SHORTEST_QUOTE if unspaced else len(re.findall(r"\w+", sentence)) >= 3
    return enough and not SMALL_TALK.fullmatch(sentence)


def why_not(candidate: Candidate, message: Message | None) -> str | None:
    """Why it is not kept; None when it may be. `message`: the line that it names."""
    own = own_words(message) if message is not None else ""
    place = place_of(candidate.quote, own)
    if message is None or place is None:
        return "not the person's own words"
    said = _around(SENTENCE, own, place)
    problems = (
        ("too long or empty", not statement(candidate.text) or len(candidate.text) > LONGEST),
        ("a secret", is_secret(candidate.text) or is_secret(candidate.quote) or is_secret(said)),
        ("unclear", candidate.category not in CATEGORIES or not SURE <= candidate.confidence <= 1),
        (f"not stated but {candidate.manner}", candidate.manner != STATED),
        ("a question", said.rstrip().endswith(("?", "？"))),
        ("uncertain", UNSURE.search(said) is not None),
        ("a joke", JOKE.search(own) is not None),
        ("about the assistant", bool(ABOUT_US.search(candidate.text) or TO_US.match(candidate.quote))),
        ("small talk", bool(SMALL_TALK.fullmatch(candidate.quote) or SMALL_TALK.fullmatch(candidate.text))),
        ("the contrary", _is_contrary(candidate.text, _clause(own, place))),
    )
    return next((why for why, holds in problems if holds), None)


def is_supported(text: str, sources: str) -> bool:
    """Whether nothing in it is made up: its names and numbers stand in the sources (all that was said and is known),
    as do at least half of its words. Days and years may have been counted out."""
    plain = re.sub(r"(?<=\d)[,.'’ ](?=\d{3}\b)", "", sources).casefold()
    said = {word[:STEM] for word in statement(plain)}
    names = [word for word in re.findall(r"(?<=\s)[A-ZÄÖÜ]\w+", text) if word.casefold()[:STEM] not in CALENDAR]
    numbers = [number for number in re.findall(r"\d+", text) if not COUNTED.fullmatch(number)]
    words = [word for word in statement(text) if word != "not" and not COUNTED.fullmatch(word)]
    there = [word[:STEM] in said or (word >= UNSPACED and word in plain) for word in words]
    literal = all(number in plain for number in numbers) and all(name.casefold()[:STEM] in plain for name in names)
    return literal and 2 * sum(there) >= len(there)


def place_of(quote: str, own: str) -> tuple[int, int] | None:
    """Where the quote stands literally in the person's own words, whole words only; spaces and case aside."""
    words = quote.split()
    spaced = quote < UNSPACED
    if not words or (spaced and len("".join(words)) < SHORTEST_QUOTE):
        return None
    literal = r"\s+".join(re.escape(word) for word in words).replace("’", "'").replace("'", "['’]")
    found = re.search(rf"(?<!\w){literal}(?!\w)" if spaced else literal, own, re.I)
    return found.span() if found else None


def is_secret(text: str) -> bool:
    """Keys, passwords, card numbers."""
    return bool(SECRET.search(text)) or any(_is_card(found) for found in DIGITS.findall(text))


def _is_card(digits: str) -> bool:
    """By the check digit of ISO/IEC 7812 (Luhn)."""
    numbers = [int(sign) for sign in reversed(digits) if sign.isdigit()]
    doubled = [sum(divmod(2 * number, 10)) for number in numbers[1::2]]
    return (sum(numbers[::2]) + sum(doubled)) % 10 == 0


def _around(part: re.Pattern[str], text: str, place: tuple[int, int]) -> str:
    """The parts of the text that the place touches."""
    return "".join(found[0] for found in part.finditer(text) if found.start() < place[1] and found.end() > place[0])


def _clause(own: str, place: tuple[int, int]) -> str:
    """The part of the sentence from comma to comma, "but" or "and" in which the quote stands."""
    begin = max((found.end() for found in CLAUSE.finditer(own, 0, place[0])), default=0)
    end = next((found.start() for found in CLAUSE.finditer(own, place[1])), len(own))
    start = max((found.end() for found in re.finditer(r"[.!?\n]", own[: place[0]])), default=0)
    stop = next((place[1] + found.start() for found in re.finditer(r"[.!?\n]", own[place[1] :])), len(own))
    return own[max(begin, start) : min(end, stop)]


def _is_contrary(text: str, said: str) -> bool:
    """One of them denies what the other says in the same words."""
    stated, spoken = statement(text), statement(said)
    if is_negative(stated) == is_negative(spoken):
        return False
    return set(stated) - {"not"} <= set(spoken)
