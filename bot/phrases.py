"""Words that decide something: a plain yes or no to a card, "stop", and claims that something was done."""

from __future__ import annotations

import re
import unicodedata

YES = frozenset(
    "yes|yes please|yep|yeah|y|ok|okay|sure|approve|approved|do it|go ahead|please do|go|send it|confirm|"
    "ja|ja bitte|mach das|passt|oui|vas y|d'accord|sí|si|vale|hazlo|adelante|👍|✅".split("|")
)
NO = frozenset(
    "no|no thanks|nope|n|deny|denied|don't|do not|dont|cancel|reject|decline|never mind|nevermind|"
    "nein|nein danke|lass es|non|non merci|no gracias|👎|❌".split("|")
)
STOP = frozenset("stop|stop it|stopp|halt|arrête|arrete|para|alto|abort".split("|"))
# What follows a yes and takes it back, limits it, changes it or asks.
BUT = re.compile(
    r"\?|\b(?:no|not|nope|never|don'?t|\w+n't|cannot|nein|nicht|kein\w*|nie|non|pas|jamais|nunca|"
    r"but|except|instead|unless|if|only|wait|hold|later|cancel|stop|make it|change|"
    r"aber|statt\w*|sondern|wenn|nur|warte|später|mais|sauf|si|attends|plus tard|pero|salvo|solo|espera|luego)\b"
)
_YES = "(?:" + "|".join(re.escape(word) for word in sorted(YES, key=len, reverse=True)) + ")"
ASSENT = re.compile(rf"{_YES}(?:[ ,.!]+{_YES})*(?=$|[.!;\n]|,? (?:and|also|thanks?|und|danke|et|merci|y|gracias)\b)")
_DONE = (
    r"sent|added|created|deleted|removed|scheduled|booked|updated|moved|set up|set a reminder|cancelled|canceled|"
    r"archived|saved|marked|completed"
)
CLAIM = re.compile(
    rf"\bI(?:'ve| have)?(?: (?:just|now|already|also|successfully))* (?:{_DONE})\b"
    rf"|\b(?:has|have) (?:(?:just|now|already|also) )?been (?:successfully )?(?:{_DONE})\b"
    r"|^(?:done|erledigt|c'est fait|hecho)[.!]"
    r"|\bich habe (?:(?!nicht|kein)[^.!?\n]){0,80}?\b(?:gesendet|geschickt|erstellt|angelegt)\b"
    r"|\bich habe (?:(?!nicht|kein)[^.!?\n]){0,80}?\b(?:hinzugefügt|gelöscht|notiert|verschoben)\b"
    r"|\bj'ai (?:bien )?(?:envoyé|ajouté|créé|supprimé|noté)"
    r"|\b(?<!no )he (?:enviado|añadido|creado|eliminado|borrado)\b",
    re.I | re.M,
)
UNTRUE = "\n\n_Note: no action ran for this answer, so nothing was changed._"


def _bare(text: str) -> str:
    return " ".join(_lower(text).strip(" .!,\n").split())


def _lower(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower().replace("’", "'")


def is_yes(text: str) -> bool:
    """A yes and nothing else."""
    return _bare(text) in YES


def is_no(text: str) -> bool:
    return _bare(text) in NO


def is_stop(text: str) -> bool:
    return _bare(text) in STOP or _bare(text) == "/stop"


def assents(text: str) -> bool:
    """Whether the text begins with a whole yes and takes nothing back; needed before a model passes on an approval."""
    words = _lower(text).strip()
    yes = ASSENT.match(words)
    return is_yes(text) or (yes is not None and BUT.search(words[yes.end() :]) is None)


def checked(text: str, did_something: bool, known: str = "") -> str:
    """ "Done" is only ever said from an executed row: a claim without one is marked as such. What stands in `known`
    was looked up: it is told, not claimed."""
    plain = text.replace("’", "'")
    claims = [" ".join(plain[found.start() :].split()[:4]).strip('.,;:!?*_"”') for found in CLAIM.finditer(plain)]
    return text if did_something or all(claim in known for claim in claims) else text + UNTRUE
