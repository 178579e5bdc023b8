"""Words that decide something: a plain yes or no to a card, "stop", and claims that something was done."""

from __future__ import annotations

import re

YES = frozenset(
    "yes|yes please|yep|yeah|y|ok|okay|sure|approve|approved|do it|go ahead|please do|go|send it|confirm|"
    "ja|ja bitte|mach das|passt|oui|vas y|d'accord|sí|si|vale|hazlo|adelante|👍|✅".split("|")
)
NO = frozenset(
    "no|no thanks|nope|n|deny|denied|don't|do not|dont|cancel|reject|decline|never mind|nevermind|"
    "nein|nein danke|lass es|non|non merci|no gracias|👎|❌".split("|")
)
STOP = frozenset("stop|stop it|stopp|halt|arrête|arrete|para|alto|abort".split("|"))
NEGATION = re.compile(r"\b(no|not|don'?t|never|nein|nicht|kein\w*|non|pas)\b", re.I)
CLAIM = re.compile(
    r"\b(?:I(?:'ve| have)?(?: just| now)? (?:sent|added|created|deleted|removed|scheduled|booked|updated|moved|set up"
    r"|set a reminder|cancelled|archived|saved)|(?:has|have) been (?:sent|added|created|deleted|scheduled|booked|"
    r"updated|moved|cancelled|archived|saved)|^done[.!])",
    re.I | re.M,
)
UNTRUE = "\n\n_Note: no action ran for this answer, so nothing was changed._"


def _bare(text: str) -> str:
    return " ".join(text.casefold().strip(" .!,").replace("’", "'").split())


def is_yes(text: str) -> bool:
    """A yes and nothing else."""
    return _bare(text) in YES


def is_no(text: str) -> bool:
    return _bare(text) in NO


def is_stop(text: str) -> bool:
    return _bare(text) in STOP or _bare(text) == "/stop"


def assents(text: str) -> bool:
    """Whether the text begins with a yes and takes nothing back; needed before a model may pass on an approval."""
    bare = _bare(text)
    begins = any(bare == word or bare.startswith((word + " ", word + ",", word + ":")) for word in YES)
    return begins and not NEGATION.search(bare)


def checked(text: str, did_something: bool) -> str:
    """ "Done" is only ever said from an executed row: a claim without one is marked as such."""
    return text if did_something or not CLAIM.search(text) else text + UNTRUE
