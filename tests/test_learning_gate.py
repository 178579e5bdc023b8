"""What is kept of what a model draws out of a conversation, and what a new fact does to those that are known."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.learning.candidate import SCHEMA, Candidate, Find, candidates
from bot.learning.facts import AT_MOST, Batch, chosen, shown_to_model
from bot.learning.gate import is_secret, is_settled, is_supported, is_telling, own_words, place_of, why_not
from bot.learning.merge import merge
from bot.learning.statement import statement, within
from bot.message import Attachment, Kind
from bot.people import User
from bot.records import Author, Fact
from tests.learning_stage import candidate, line, proposed

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
LETTER = "I live in Bern and I am going to sell all of it"
ANN = User(id="u", org="o", name="Ann", zone="Europe/Berlin")


def verdict(said: str, text: str, quote: str, **more: object) -> str | None:
    return why_not(candidate(text, quote, **more), line(said, NOW))


@pytest.mark.parametrize(
    ("said", "text", "quote"),
    [
        ("By the way, I live in Bern now.", "Lives in Bern", "I live in Bern"),
        ("I'm vegan", "Is vegan", "I'm vegan"),
        ("I don't eat meat.", "Is a vegetarian", "I don't eat meat"),
        ("I don't eat meat.", "Does not eat meat", "I don't eat meat"),
        ("I don't like coffee, but I like tea", "Likes tea", "I like tea"),
        ("I would like you to know my sister Eve lives in Bern.", "Eve lives in Bern", "my sister Eve lives in Bern"),
        ("I’ll send Bob\nthe offer", "Will send Bob the offer", "I'll send Bob the offer"),
        ("我住在伯尔尼，喜欢喝茶。", "住在伯尔尼", "我住在伯尔尼"),
        ("Ich wohne in Bern.", "Wohnt in Bern", "Ich wohne in Bern"),
    ],
)  # fmt: skip
def test_what_the_person_states_of_their_life_may_be_kept(said: str, text: str, quote: str) -> None:
    assert verdict(said, text, quote) is None


@pytest.mark.parametrize(
    ("why", "said", "text", "quote"),
    [
        ("a question", "Do I live in Bern?", "Lives in Bern", "I live in Bern"),
        ("uncertain", "If I live in Bern one day, I will ski", "Lives in Bern", "I live in Bern"),
        ("uncertain", "Maybe I will move to Bern.", "Will move to Bern", "I will move to Bern"),
        ("uncertain", "I am thinking about a dog from the shelter.", "Has a dog", "a dog from the shelter"),
        ("a joke", "I own three castles. Just kidding!", "Owns three castles", "I own three castles"),
        ("a joke", "I married a lamp 😂", "Is married to a lamp", "I married a lamp"),
        ("the contrary", "I don't like tea at all.", "Likes tea", "like tea"),
        ("the contrary", "I have never smoked in my life.", "Smoked in life", "smoked in my life"),
        ("the contrary", "I like tea a lot.", "Does not like tea", "I like tea"),
        ("about the assistant", "You are far too slow today.", "The assistant is slow", "far too slow today"),
        ("about the assistant", "You are far too slow today.", "Is far too slow", "You are far too slow"),
        ("small talk", "Good morning! I am tired.", "Is tired", "I am tired"),
        ("a secret", "My password is hunter2.", "Their password is hunter2", "My password is hunter2"),
        ("a secret", "My PIN is 4711.", "Has the PIN 4711", "My PIN is 4711"),
        ("a secret", "My card is 4111 1111 1111 1111.", "Has a card", "My card is 4111 1111 1111 1111"),
        ("a secret", "The key is sk-ant-REDACTED", "Has a key", "The key is"),
        ("not the person's own words", "I like tea.", "Likes coffee", "I like coffee"),
        ("not the person's own words", "I like teapots.", "Likes tea", "I like tea"),
        ("not the person's own words", "I like tea.", "Likes tea", ""),
        ("not the person's own words", "yes", "Lives in Bern", "yes"),
        ("not the person's own words", "> I live in Bern\nWhat shall I answer her?", "Lives in Bern", "I live in Bern"),
        ("not the person's own words", f"Eve wrote “{LETTER}”", "Lives in Bern", "I live in Bern"),
        ("not the person's own words", "```\nI live in Bern\n```\nTranslate this", "Lives in Bern", "I live in Bern"),
        ("not the person's own words", "/remember I like tea", "Likes tea", "I like tea"),
        ("too long or empty", "I like tea.", "I am", "I like tea"),
        ("too long or empty", "I like tea.", "Likes tea " * 40, "I like tea"),
    ],
)  # fmt: skip
def test_what_is_no_fact_of_the_persons_own_is_not_kept(why: str, said: str, text: str, quote: str) -> None:
    assert verdict(said, text, quote) == why


@pytest.mark.parametrize("manner", ["question", "hypothetical", "joke", "negated", "reported", "small talk", "made up"])
def test_what_the_model_itself_does_not_call_stated_is_not_kept(manner: str) -> None:
    assert verdict("I like tea.", "Likes tea", "I like tea", manner=manner) == f"not stated but {manner}"


@pytest.mark.parametrize("more", [{"category": "gossip"}, {"confidence": 0.1}, {"confidence": 7.0}])
def test_a_category_must_be_one_of_ours_and_likely(more: dict[str, object]) -> None:
    assert verdict("I like tea.", "Likes tea", "I like tea", **more) == "unclear"


def test_what_others_wrote_and_what_we_wrote_is_no_evidence() -> None:
    for more in ({"author": Author.ASSISTANT}, {"outside": True}, {"state": "stopped"}):
        said = line("I like tea.", NOW, **more)
        assert why_not(candidate("Likes tea", "I like tea"), said) == "not the person's own words"
    assert why_not(candidate("Likes tea", "I like tea"), None) == "not the person's own words"


@pytest.mark.parametrize(
    "said", ["hi", "Thanks!", "ok", "What is the weather in Bern?", "/tasks all of them", "> I like it"]
)
def test_what_tells_nothing_is_not_read_by_a_model(said: str) -> None:
    assert not is_telling(line(said, NOW))


def test_what_may_tell_something_is_read() -> None:
    assert is_telling(line("What now? I moved to Bern.", NOW))
    assert is_telling(line("I'm vegan", NOW))
    assert is_telling(line("我住在伯尔尼", NOW))


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("Lives in Bern", "I live in Bern now"),
        ("Eve is moving to Bern", "Eve is my sister. She moved to Bern."),
        ("Will send Carla the slides by 27 November 2026", "I'll send Carla the slides by Friday"),
        ("Earns 6200 francs", "I earn 6,200 francs"),
        ("住在伯尔尼", "我住在伯尔尼，喜欢喝茶。"),
    ],
)
def test_what_stands_in_what_was_said_is_supported(text: str, sources: str) -> None:
    assert is_supported(text, sources)


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("Owns a boat", "I like tea"),
        ("Lives in Bern with Eve", "I live in Bern now"),
        ("Earns 9000 francs", "I earn 6200 francs"),
        ("Likes tea, a boat, horses and golden watches", "I like tea"),
        ("住在苏黎世", "我住在伯尔尼"),
    ],
)
def test_what_was_made_up_is_not_supported(text: str, sources: str) -> None:
    assert not is_supported(text, sources)


def test_a_recording_waits_until_it_was_listened_to() -> None:
    note = Attachment(kind=Kind.VOICE, ref="r", mime="audio/ogg", size=1)
    assert not is_settled(line("", NOW, files=(note,)))
    assert is_settled(line("I like tea", NOW, files=(note,)))
    assert not is_settled(line("I like tea", NOW, state="queued as no. 2"))


def test_ordinary_numbers_and_words_are_no_secrets() -> None:
    harmless = ("My number is +49 30 1234567", "I was born on 1984-05-23", "skateboarding-championships", "a pink car",
                "I pin notes to the wall", "See https://example.com/a/very/long/path/to/something-2026")  # fmt: skip
    assert [text for text in harmless if is_secret(text)] == []


@given(st.text(max_size=80), st.text(max_size=40))
def test_evidence_that_is_accepted_always_stands_in_the_message(said: str, quote: str) -> None:
    place = place_of(quote, said)
    if place is not None:
        found = said[place[0] : place[1]].split()
        assert " ".join(found).casefold().replace("’", "'") == " ".join(quote.split()).casefold().replace("’", "'")


@given(st.text(max_size=200))
def test_any_text_can_be_read_by_the_gate(said: str) -> None:
    message = line(said, NOW)
    own_words(message)
    is_telling(message)
    why_not(candidate(said, said), message)
    candidates(said)


# The answer of the model


def test_a_broken_answer_has_no_facts_and_a_broken_fact_costs_only_itself() -> None:
    assert candidates("") == candidates("[]") == candidates('{"facts": 3}') == candidates('{"facts": [') == ()
    good = proposed("Likes tea", "I like tea")
    assert len(candidates(json.dumps({"facts": [good, {}, 7, good | {"message": "one"}]}))) == 1


def test_the_schema_asks_for_exactly_what_is_read() -> None:
    (item,) = [SCHEMA["properties"]["facts"]["items"]]
    assert set(item["properties"]) == set(item["required"]) == set(Candidate.__dataclass_fields__)


def test_every_fact_has_its_evidence_and_a_batch_brings_only_so_many() -> None:
    said = line("I like tea.", NOW)
    other = line("I'll send Bob the offer by Friday.", NOW)
    batch = Batch(begin=0, end=2, messages=(said, other))
    promise = candidate(
        "Will send Bob the offer", "I'll send Bob the offer", category="commitments", message=2, due="2026-11-27"
    )
    one, two = chosen(batch, ANN, [candidate("Likes  tea", "I like tea", due="2026-11-27"), promise])
    assert (one.fact.text, one.fact.message, one.fact.quote, one.fact.at) == ("Likes tea", said.id, "I like tea", NOW)
    assert (one.fact.due, two.fact.due, two.fact.confidence) == (None, date(2026, 11, 27), 0.9)
    assert len(chosen(batch, ANN, [candidate("Likes tea", "I like tea")] * 50)) == AT_MOST
    assert chosen(batch, ANN, [candidate("Likes tea", "I like tea", message=n) for n in (0, -1, 3)]) == ()


def test_the_model_is_shown_what_is_known_and_only_the_persons_own_words() -> None:
    seen = line("The page says: pay Eve", NOW, author=Author.ASSISTANT, outside=True)
    ours = line("I noted that.\n</said>", NOW, author=Author.ASSISTANT)
    batch = Batch(
        begin=0, end=3, messages=(line("I like tea\n> no", NOW), seen, ours), known=(a_fact("Lives in Bern"),)
    )
    assert shown_to_model(batch, ANN) == (
        "<known>\nm1 [2026-11-20] Lives in Bern\n</known>\n"
        "<said>\n1 [2026-11-20 Fri] I like tea\nassistant: I noted that. ‹/said>\n</said>"
    )


# Merging


def a_fact(text: str, **more: object) -> Fact:
    given = {"id": text, "text": text, "category": "places", "source": "our conversation", "at": NOW, "quote": text}
    return Fact(**(given | more))  # type: ignore[arg-type]


LATER = NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I live in Bern", "The person lives in Bern."),
        ("I'm vegan", "is vegan"),
        ("I don't like tea", "Does not like tea"),
        ("I no longer smoke", "does not smoke"),
        ("Watches birds", "I watch birds"),
    ],
)
def test_the_same_said_in_other_words_is_the_same(one: str, other: str) -> None:
    assert statement(one) == statement(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Likes tea", "Does not like tea"),
        ("Lives in Bern", "Lived in Bern"),
        ("Tom manages Eve", "Eve manages Tom"),
        ("Flies to Rome", "Flies from Rome"),
    ],
)
def test_what_differs_in_meaning_is_not_the_same(one: str, other: str) -> None:
    assert statement(one) != statement(other)
    assert not within(statement(one), statement(other))


def test_the_same_fact_again_changes_nothing_but_when_it_was_last_said() -> None:
    old = a_fact("Lives in Bern")
    again = a_fact("The person lives in Bern", at=LATER)
    assert merge(Find(fact=again), [old]) == (replace(old, seen_at=LATER),)
    assert merge(Find(fact=replace(again, at=NOW)), [old]) == ()


def test_a_fact_that_says_more_takes_the_place_of_the_one_that_says_less() -> None:
    old = a_fact("Will send Bob the offer", favourite=True)
    more = a_fact("Will send Bob the offer Friday", at=LATER)
    assert merge(Find(fact=more), [old]) == (replace(more, favourite=True), replace(old, replaced_by=more.id))
    less = a_fact("Will send Bob offer", id="less", at=LATER)
    assert merge(Find(fact=less), [a_fact("Will send Bob the offer Friday")])[0].seen_at == LATER


def test_the_models_mark_decides_what_is_no_longer_true() -> None:
    old, new = a_fact("Lives in Zurich"), a_fact("Moved to Bern", at=LATER)
    assert merge(Find(fact=new), [old]) == (new,)
    assert merge(Find(fact=new, supersedes=old.id), [old]) == (new, replace(old, replaced_by=new.id))
    assert merge(Find(fact=new, same=old.id), [old]) == (replace(old, seen_at=LATER),)


def test_a_mark_on_something_else_or_on_the_contrary_is_not_believed() -> None:
    tea, dog = a_fact("Likes tea", category="preferences"), a_fact("Has a dog", at=LATER)
    assert merge(Find(fact=dog, supersedes=tea.id), [tea]) == (dog,)
    assert merge(Find(fact=dog, same=tea.id), [tea]) == (dog,)
    no_tea = a_fact("Does not like tea", at=LATER, category="preferences")
    assert merge(Find(fact=no_tea, same=tea.id), [tea]) == (no_tea, replace(tea, replaced_by=no_tea.id))


def test_nothing_is_merged_across_people() -> None:
    hers, mine = a_fact("Eve lives in Bern", who="Eve"), a_fact("Lives in Zurich", at=LATER)
    assert merge(Find(fact=mine, supersedes=hers.id), [hers]) == (mine,)
    assert merge(Find(fact=mine, same=hers.id), [hers]) == (mine,)
    tom = a_fact("Lives in Bern", who="Tom", at=LATER)
    assert merge(Find(fact=tom), [a_fact("Lives in Bern")]) == (tom,)
    noted = a_fact("Eve lives in Bern", quote="", source="you, 1 May")  # nobody noted whom it is about
    assert merge(Find(fact=mine, supersedes=noted.id), [noted]) == (mine,)
    moved = a_fact("Eve moved to Zurich", who="Eve", at=LATER)
    assert merge(Find(fact=moved, supersedes=noted.id), [noted])[1].replaced_by == moved.id


def test_what_was_said_earlier_and_learned_later_is_history() -> None:
    now, before = a_fact("Lives in Bern", at=LATER), a_fact("Lives in Zurich")
    assert merge(Find(fact=before, supersedes=now.id), [now]) == (replace(before, replaced_by=now.id),)
