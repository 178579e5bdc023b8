"""Finds actions by words: BM25 (Robertson and Zaragoza, 2009) over what the manifests say, lightly stemmed.

People and models use other words than manifests do; the short list of synonyms bridges the everyday ones.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from bot.action import Action

SATURATION, LENGTH = 1.4, 0.5  # BM25's k1 and b
SYNONYM_WEIGHT = 0.6
STOP = frozenset(
    "a an and are as at be by can could do does for from have i in is it its me my of on or please s so that the this"
    " to up us want was we will with would you your let need like just some any there what which who how when".split()
)
GROUPS = (
    "task todo chore item list errand",
    "complete done finish tick check close",
    "remind reminder alarm alert nudge notify ping",
    "remove delete erase discard drop cancel throw",
    "add create new make put write",
    "update change edit rename correct modify reword",
    "note jot memo write",
    "search find look lookup where",
    "remember memorise keep store know learn mind",
    "forget erase unlearn",
    "contact person people",
    "phone mail email address number",
    "draft mail email letter compose",
    "summarise summary summarize shorten gist tldr condense recap",
    "usage cost spend spent money dollar bill price token",
    "budget limit cap",
    "web internet online google news latest current",
    "page url link website site article",
    "weather forecast rain temperature sunny snow cold umbrella",
    "zone timezone city located",
    "language speak english german french",
    "pause stop halt hold",
    "resume continue unpause",
    "quiet silence disturb night mute",
    "digest briefing morning daily agenda glance",
    "trust always permission allow allowed",
    "revoke withdraw",
    "plan waiting pending open scheduled snoozed upcoming",
    "why reason because explain",
    "history past recent did earlier",
    "conversation chat message talk said say discussed",
    "snooze postpone later delay",
    "agenda today day schedule due calendar",
    "export download backup",
    "everything all data account",
    "reopen undone again",
)


def _stem(word: str) -> str:
    for ending, instead in (("ies", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)] + instead
            break
    return word.removesuffix("e")


def _stems(text: str) -> list[str]:
    words = re.findall(r"[^\W_]+", text.casefold())
    return [_stem(word) for word in words if word not in STOP]


_ALIKE: dict[str, set[str]] = {}
for _group in GROUPS:
    _members = set(_stems(_group))
    for _member in _members:
        _ALIKE.setdefault(_member, set()).update(_members - {_member})


def _described(action: Action) -> list[str]:
    """What an action says of itself; its name counts most."""
    inputs = action.inputs["properties"]
    about_inputs = " ".join([*inputs, *(str(schema.get("description", "")) for schema in inputs.values())])
    return _stems(" ".join([f"{action.name} {action.skill} " * 2, f"{action.about} " * 2, action.title, about_inputs]))


class ActionSearch:
    """An index over a fixed set of actions."""

    def __init__(self, actions: Iterable[Action]) -> None:
        self._actions = tuple(actions)
        self._counts = [Counter(_described(action)) for action in self._actions]
        self._sizes = [counts.total() for counts in self._counts]
        self._mean = sum(self._sizes) / max(1, len(self._sizes))
        self._holders = Counter(stem for counts in self._counts for stem in counts)

    def find(self, query: str, limit: int) -> Sequence[Action]:
        """The best first; nothing that shares no word with the query."""
        stems = set(_stems(query))
        scored = [(sum(self._score(place, stem) for stem in stems), -place) for place in range(len(self._actions))]
        best = sorted((pair for pair in scored if pair[0] > 0), reverse=True)[:limit]
        return [self._actions[-place] for _, place in best]

    def _score(self, place: int, stem: str) -> float:
        """What one word of the query adds: the word itself, or the best of those that mean nearly the same."""
        alike = (SYNONYM_WEIGHT * self._weight(place, other) for other in _ALIKE.get(stem, ()))
        return max(self._weight(place, stem), max(alike, default=0.0))

    def _weight(self, place: int, stem: str) -> float:
        count = self._counts[place][stem]
        if not count:
            return 0.0
        room = SATURATION * (1 - LENGTH + LENGTH * self._sizes[place] / self._mean)
        rare = math.log(1 + (len(self._actions) - self._holders[stem] + 0.5) / (self._holders[stem] + 0.5))
        return rare * count * (SATURATION + 1) / (count + room)
