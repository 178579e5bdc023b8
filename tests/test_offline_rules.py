"""What the offline model understands: its whole repertoire, times in words, answers to cards, hostile texts."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.action import Call
from lab.dates import find
from lab.rules.basics import FIRST
from lab.rules.mind import LONGEST, plan
from lab.rules.request import Card, Turn
from skills.catalogue import Catalogue
from tests.offline_stage import ROOT

NOW = datetime(2026, 11, 20, 19, 10, tzinfo=ZoneInfo("Europe/Berlin"))
REPERTOIRE = json.loads((ROOT / "lab/repertoire.json").read_text(encoding="utf-8"))


class Never:
    """Recurrence of nothing: checking arguments asks for no times."""

    def next(self, rule: str, zone: str, after: datetime) -> datetime | None:
        return None


def test_the_repertoire_is_long_and_has_no_doubles() -> None:
    utterances = [entry["say"] for theme in REPERTOIRE["themes"].values() for entry in theme]
    assert len(utterances) >= 150
    assert len(set(utterances)) == len(utterances)
    assert all("calls" in entry or "text" in entry for theme in REPERTOIRE["themes"].values() for entry in theme)


@pytest.mark.parametrize(
    "entry", [entry for theme in REPERTOIRE["themes"].values() for entry in theme], ids=lambda entry: entry["say"][:60]
)
def test_it_understands(entry: dict[str, Any]) -> None:
    made = plan(Turn(text=entry["say"], now=NOW, zone="Europe/Berlin"))
    assert [{"action": c.action, "arguments": c.arguments} for c in made.calls] == entry.get("calls", [])
    assert entry.get("text", "") in made.text


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("at 4", "2026-11-21T16:00"),
        ("at 9", "2026-11-20T21:00"),
        ("tomorrow at 9", "2026-11-21T09:00"),
        ("friday evening at 7", "2026-11-27T19:00"),
        ("at midnight", "2026-11-21T00:00"),
        ("on 12/24", "2026-12-24T09:00"),
        ("on the 31st", "2026-12-31T09:00"),
        ("February 29th at noon", "2028-02-29T12:00"),
        ("in an hour and a half", None),
        ("in a month", "2026-12-20T09:00"),
        ("at 25:00", None),
        ("on February 30th", None),
    ],
)
def test_a_time_in_words_is_found(words: str, moment: str | None) -> None:
    assert find(words, NOW).moment(NOW) == (moment if moment or "hour" not in words else "2026-11-20T20:10:00+01:00")


def test_an_hour_from_now_is_an_hour_in_the_night_the_clocks_change() -> None:
    before = datetime(2026, 10, 25, 1, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert find("in 2 hours", before).moment(before) == "2026-10-25T02:30:00+01:00"


def test_every_call_of_the_repertoire_fits_the_built_in_skills() -> None:
    catalogue = Catalogue(recurrence=Never())
    themes = REPERTOIRE["themes"].values()
    made = [one for theme in themes for entry in theme for one in entry.get("calls", ())]
    wrong = [catalogue.check(Call(key="k", **one)) for one in made]
    assert [problem for problem in wrong if problem] == []
    offered = {a.action.id for skill in catalogue.skills for a in skill.specs if not a.action.internal}
    assert offered - {one["action"] for one in made} == set()


ONE = (Card(id="abcd1234", title="Remind you to call Ann tomorrow"),)
TWO = (*ONE, Card(id="efgh5678", title="Forget your birthday"))
PENDING = (("reminders_set", {"text": "call Ann", "at": "2026-11-21T09:00"}),)


@pytest.mark.parametrize(
    ("text", "cards", "decided"),
    [
        ("yes", ONE, [{"card": "abcd1234", "decision": "approve"}]),
        ("Yes please!", ONE, [{"card": "abcd1234", "decision": "approve"}]),
        ("go ahead", ONE, [{"card": "abcd1234", "decision": "approve"}]),
        ("yes but at 4pm", ONE, [{"card": "abcd1234", "decision": "change", "changes": {"at": "2026-11-21T16:00"}}]),
        ("make it 5pm", ONE, [{"card": "abcd1234", "decision": "change", "changes": {"at": "2026-11-21T17:00"}}]),
        ("no, make it 5pm", ONE, [{"card": "abcd1234", "decision": "change", "changes": {"at": "2026-11-21T17:00"}}]),
        (
            "change the text to call Bob",
            ONE,
            [{"card": "abcd1234", "decision": "change", "changes": {"text": "call Bob"}}],
        ),
        ("Bob instead of Ann", ONE, [{"card": "abcd1234", "decision": "change", "changes": {"text": "call Bob"}}]),
        ("no", ONE, [{"card": "abcd1234", "decision": "deny"}]),
        ("no, because she is away", ONE, [{"card": "abcd1234", "decision": "deny", "reason": "she is away"}]),
        ("later", ONE, [{"card": "abcd1234", "decision": "later", "reason": "later"}]),
        ("yes to number 2", TWO, [{"card": "efgh5678", "decision": "approve"}]),
        ("no to the birthday", TWO, [{"card": "efgh5678", "decision": "deny"}]),
        ("approve both", TWO, [{"card": c.id, "decision": "approve"} for c in TWO]),
        ("add milk to my list", ONE, None),
        ("yes, and add milk to my list", ONE, [{"card": "abcd1234", "decision": "approve"}]),
        ("ok but at 4pm", ONE, [{"card": "abcd1234", "decision": "change", "changes": {"at": "2026-11-21T16:00"}}]),
        (
            "change the time to 5pm",
            ONE,
            [{"card": "abcd1234", "decision": "change", "changes": {"at": "2026-11-21T17:00"}}],
        ),
        ("don't", ONE, [{"card": "abcd1234", "decision": "deny"}]),
        ("don't send it, she is away", ONE, [{"card": "abcd1234", "decision": "deny", "reason": "she is away"}]),
        ("tomorrow at 9", ONE, [{"card": "abcd1234", "decision": "later", "reason": "tomorrow at 9"}]),
        ("no quiet hours", ONE, None),
        ("cancel the reminder to call Ann", ONE, None),
        ("move the report to friday", ONE, None),
        ("don't disturb me between 10pm and 7am", ONE, None),
        ("set the priority of the report to low", ONE, None),
        ("what's on my list?", ONE, None),
    ],
)
def test_an_open_card_is_answered_in_plain_words(text: str, cards: tuple[Card, ...], decided: Any) -> None:
    made = plan(Turn(text=text, now=NOW, zone="Europe/Berlin", cards=cards, uses=PENDING))
    answers = [call.arguments for call in made.calls if call.action == "answer_card"]
    assert answers == (decided or [])


def test_a_yes_with_a_but_that_is_not_understood_approves_nothing() -> None:
    made = plan(Turn(text="yes but nicer", now=NOW, cards=ONE))
    assert not made.calls
    assert "to be different" in made.text


def test_read_that_to_me_says_the_last_answer_again() -> None:
    last = f"> 🎙️ what is on my list\n\nYour open tasks:\n\n- milk\n\n{FIRST}\n[ran: List tasks]"
    made = plan(Turn(text="Read that to me!", now=NOW, replies=(last,)))
    assert [call.action for call in made.calls] == ["me.speak"]
    assert made.text == "Your open tasks:\n\n- milk"
    assert plan(Turn(text="Read that to me!", now=NOW)).text.startswith("This is how I sound")


@pytest.mark.parametrize(
    "text",
    [
        "remember that I like reading aloud",
        "note: tell Bob to answer by voice",
        "draft a mail to Bob: please answer by voice",
        "add read it to me by Dan Brown to my list",
    ],
)
def test_what_only_speaks_of_voices_is_not_spoken(text: str) -> None:
    calls = plan(Turn(text=text, now=NOW)).calls
    assert calls
    assert "me.speak" not in {call.action for call in calls}


def test_with_two_cards_a_bare_yes_asks_which() -> None:
    made = plan(Turn(text="yes", now=NOW, cards=TWO))
    assert not made.calls
    assert "Which one" in made.text


@pytest.mark.parametrize(
    "text",
    ["", "?", "a " * 1990, "remind me " * 390, "1 " * 1900, "add , " * 600, "snooze " * 500, "x" * 3900, "'s " * 1200],
)
def test_no_text_takes_the_rules_long(text: str) -> None:
    began = time.perf_counter()
    plan(Turn(text=text, now=NOW))
    assert time.perf_counter() - began < 2


def test_a_text_too_long_for_a_request_can_still_be_kept_or_shortened() -> None:
    long = "The meeting is at noon. " * 5_000
    assert plan(Turn(text=f"note: {long}", now=NOW)).calls[0].arguments["text"] == long.strip()
    assert plan(Turn(text=f"summarise this: {long}", now=NOW)).calls[0].action == "summaries.text"
    assert "more than" in plan(Turn(text="z" * (LONGEST + 1), now=NOW)).text
