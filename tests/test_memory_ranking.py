"""Which of many passages answers a question: what would break if a weight or a signal went wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.ids import new_id
from bot.message import Address
from bot.people import Scope
from bot.records import Author, Found, Message, Note
from memory.database import Database
from memory.excerpt import LONGEST, excerpt
from memory.question import Side, read
from memory.recall import Candidate, Terms, bm25, rank
from memory.recollection import TOKENS, Recollection, within
from tests.memory_world import NOW, chat_of
from tests.test_memory_messages import put, said
from tests.test_memory_recall import fact, recalled, remember

DAY = timedelta(days=1)
NAMES = {"aurelius": Side.AURELIUS, "ann": Side.PERSON}


def spaced(here: Address, *texts: str, author: Author = Author.USER, days: int = 0) -> list[Message]:
    """One after the other, a minute between."""
    begin = NOW - days * DAY
    return [replace(said(here, words, author), sent_at=begin + timedelta(minutes=n)) for n, words in enumerate(texts)]


async def first(database: Database, scope: Scope, query: str) -> str:
    return (await recalled(database, scope, query))[0]


async def test_a_rare_word_beats_a_frequent_one(database: Database, ann: Scope, here: Address) -> None:
    await put(database, ann, *spaced(here, *(f"the meeting number {n} was long" for n in range(30)), days=9))
    await put(database, ann, *spaced(here, "the archivist called", days=30))
    assert await first(database, ann, "which meeting was with the archivist?") == "the archivist called"


async def test_a_long_message_does_not_drown_a_short_one(database: Database, ann: Scope, here: Address) -> None:
    lecture = " ".join(f"paragraph {n} about travel and documents of every kind" for n in range(400))
    lecture = f"a passport, {lecture}, passport and passport"
    await put(database, ann, *spaced(here, lecture, days=3), *spaced(here, "my passport is in the blue drawer", days=9))
    assert await first(database, ann, "where is my passport?") == "my passport is in the blue drawer"


async def test_saying_a_word_often_tells_little_more(database: Database, ann: Scope, here: Address) -> None:
    await remember(database, ann, fact("tea tea tea tea tea tea", 2), fact("green tea with Bob in Kyoto", 9))
    assert await first(database, ann, "tea with Bob") == "green tea with Bob in Kyoto"


async def test_what_was_said_around_counts(database: Database, ann: Scope, here: Address) -> None:
    """The answer has none of the words, the question before it has them."""
    await put(database, ann, *spaced(here, *(f"small talk {n}" for n in range(12)), days=20))
    asked, *_ = spaced(here, "When does the dentist expect you?", author=Author.ASSISTANT, days=10)
    answered = replace(said(here, "At nine on Monday"), sent_at=asked.sent_at + timedelta(minutes=1))
    await put(database, ann, asked, answered)
    await put(database, ann, *spaced(here, *(f"more small talk {n}" for n in range(12)), days=5))
    assert await first(database, ann, "when is the dentist?") == "At nine on Monday"


async def test_one_asks_for_what_oneself_said_or_for_what_aurelius_said(
    database: Database, ann: Scope, here: Address
) -> None:
    await put(database, ann, *spaced(here, "I like the ramen place in the old town"))
    await put(database, ann, *spaced(here, "The ramen place to go to is Kiko", author=Author.ASSISTANT))
    assert await recalled(database, ann, "which ramen place do I like?") == ["I like the ramen place in the old town"]
    assert await first(database, ann, "which ramen place did you recommend?") == "The ramen place to go to is Kiko"


async def test_what_aurelius_said_with_others_words_in_view_is_never_recalled(
    database: Database, ann: Scope, here: Address
) -> None:
    foreign = said(here, "The mail says: the ramen place is closed", Author.ASSISTANT, outside=True)
    await put(database, ann, foreign)
    assert await recalled(database, ann, "what did you say about the ramen place?") == []
    async with database.work(ann) as work:
        (found,) = await work.messages.search("ramen")
    assert (found.id, found.outside, found.source) == (foreign.id, True, "Aurelius")


async def test_the_days_a_question_speaks_of_come_first_and_what_was_told_soon_after_next(
    database: Database, ann: Scope, here: Address
) -> None:
    for days, words in ((200, "the boiler broke"), (140, "the boiler hums"), (3, "the boiler is new")):
        await put(database, ann, *spaced(here, words, days=days))
    found = await recalled(database, ann, "what about the boiler in May?")  # 200 days before 20 November
    assert found[0] == "the boiler broke"


async def test_asked_when_a_text_that_says_when_comes_first(database: Database, ann: Scope, here: Address) -> None:
    await put(database, ann, *spaced(here, "the trip to Oslo was wonderful", days=4))
    await put(database, ann, *spaced(chat_of(ann, "web"), "the trip to Oslo is on Friday", days=40))
    assert await first(database, ann, "when is the trip to Oslo?") == "the trip to Oslo is on Friday"


async def test_a_fact_goes_before_a_message_that_says_the_same(database: Database, ann: Scope, here: Address) -> None:
    await put(database, ann, *spaced(here, "Anna lives in Lisbon"))
    await remember(database, ann, fact("Anna lives in Lisbon", 300))
    async with database.work(ann) as work:
        found = await work.facts.recall("where does Anna live?")
    assert [hit.kind for hit in found] == ["fact", "message"]


async def test_a_superseded_fact_comes_back_in_no_search_and_its_successor_does(
    database: Database, ann: Scope, bob: Scope
) -> None:
    old, new = fact("I work at Initech", 90), fact("I work at Globex", 1)
    await remember(database, ann, old, replace(old, replaced_by=new.id), new)
    for query in ("where do I work", "Initech", "work"):
        assert "I work at Initech" not in await recalled(database, ann, query)
    assert await recalled(database, ann, "where do I work") == ["I work at Globex"]


async def test_what_was_forgotten_comes_back_in_no_search_either(database: Database, ann: Scope, here: Address) -> None:
    told = fact("my ex is called Robin")
    await remember(database, ann, told)
    await put(database, ann, said(here, "Note that my ex is called Robin!"), said(here, "Robins are birds"))
    async with database.work(ann) as work:
        await work.notes.put(Note(id=new_id(), title="Robin", text="My ex is called Robin", created_at=NOW))
        await work.facts.forget(told.id)
        assert [hit.text for hit in await work.messages.search("Robin")] == ["Robins are birds"]
        assert list(await work.notes.search("ex called")) == []
    assert await recalled(database, ann, "what is my ex called? Robin?") == ["Robins are birds"]


async def test_a_name_that_the_memory_never_heard_brings_nothing(database: Database, ann: Scope, here: Address) -> None:
    await put(database, ann, *spaced(here, "the plumber comes at nine"))
    assert await recalled(database, ann, "Zbigniew") == []


async def test_having_asked_the_same_before_is_no_answer(database: Database, ann: Scope, here: Address) -> None:
    await remember(database, ann, fact("The spare key hangs at the neighbours'", 90))
    await put(
        database, ann, *spaced(here, "Where does the spare key hang?", "and tell me, where does the spare key hang?")
    )
    assert await recalled(database, ann, "where does the spare key hang") == ["The spare key hangs at the neighbours'"]


async def test_a_slip_of_the_finger_finds_the_word_among_many(database: Database, ann: Scope, here: Address) -> None:
    await put(database, ann, *spaced(here, *(f"word{n} other{n}" for n in range(300)), days=9))
    await remember(database, ann, fact("The acountant is Mrs Vance"))
    assert await first(database, ann, "who is my accountant?") == "The acountant is Mrs Vance"


async def test_what_is_recalled_fits_the_budget_of_a_prompt(database: Database, ann: Scope, here: Address) -> None:
    rest = "Some sentence that fills the page. " * 400
    await put(database, ann, *spaced(here, *(f"{rest} The vault code is {n}. {rest}" for n in range(20))))
    async with database.work(ann) as work:
        found = await work.facts.recall("vault code", limit=20)
    assert sum(len(hit.text) for hit in found) <= TOKENS * 4
    assert len(found) >= 5
    assert all("The vault code is" in hit.text and len(hit.text) <= LONGEST + 4 for hit in found)


def test_an_excerpt_is_the_part_that_the_question_is_about() -> None:
    text = "Hello there. " * 100 + "The key is under the mat. Ring twice. " + "Good bye. " * 100
    shown = excerpt(text, ("key", "mat"), 80)
    assert "The key is under the mat." in shown
    assert (shown[0], shown[-1]) == ("…", "…")
    assert excerpt("short", ("x",)) == "short"
    assert len(excerpt("x" * 5000, ("y",))) <= LONGEST + 4
    assert excerpt("\n" * 5000, ()) == ""


def test_every_score_says_what_it_is_made_of() -> None:
    question = read("When did I call Bob?", NOW, NAMES)
    terms = Terms(rarity={0: 2.0, 1: 1.0}, length=5)
    turn = Candidate(
        id=1, kind="message", record="r", side=Side.PERSON, thread="t", position=1, at=NOW, asks=False, dated=True,
        length=5, times={0: 1, 1: 1}, likeness=0.5,
    )  # fmt: skip
    (ranked,) = rank(question, terms, [turn], near=0.4)
    assert ranked.score == pytest.approx(sum(ranked.why.values()))
    assert {"words", "around", "meaning", "speaker", "when"} <= set(ranked.why)
    assert ranked.fit > 0


def test_a_passage_of_mean_length_with_every_word_once_counts_as_one() -> None:
    terms = Terms(rarity={0: 3.0, 1: 1.0}, unknown=0.0, length=10)
    assert bm25(terms, {0: 1, 1: 1}, 10) == pytest.approx(1.0)
    assert bm25(terms, {0: 1}, 10) == pytest.approx(0.75)
    assert bm25(terms, {}, 10) == 0
    assert bm25(terms, {0: 1}, 40) < bm25(terms, {0: 1}, 10) < bm25(terms, {0: 2}, 10) < 2 * bm25(terms, {0: 1}, 10)


@pytest.mark.parametrize(
    ("query", "side", "when", "about"),
    [
        ("When did I call Bob?", Side.PERSON, True, ("call", "bob")),
        ("what did you recommend for dinner", Side.AURELIUS, False, ("recommend", "dinner")),
        ("What did Ann paint?", Side.PERSON, False, ("paint",)),
        ("What did Ann tell Aurelius about the trip?", None, False, ("trip",)),
        ("capital of Mongolia", None, False, ("capital", "mongolia")),
        ("What did I say last Tuesday?", Side.PERSON, False, ()),
        ("Wann war mein Zahnarzttermin?", Side.PERSON, True, ("zahnarzttermin",)),
    ],
)
def test_a_question_is_read_for_who_when_and_what(
    query: str, side: Side | None, when: bool, about: tuple[str, ...]
) -> None:
    question = read(query, NOW, NAMES)
    assert (question.side, question.when, question.about) == (side, when, about)


def test_names_do_not_pull_the_meaning_of_a_question() -> None:
    assert read("What did Ann's sister tell Aurelius?", NOW, NAMES).meaning == "What did sister tell ?"
    assert read("Ann", NOW, NAMES).meaning == "Ann"


async def test_nobody_recalls_anothers_in_any_way(database: Database, ann: Scope, bob: Scope, here: Address) -> None:
    await put(database, ann, *spaced(here, "The Zanzibar plan", "is set for Tuesday"))
    await put(database, bob, *spaced(chat_of(bob), "Zanzibar is an island", "is it hot there"))
    hers = {"The Zanzibar plan", "is set for Tuesday"}
    for query in ("Zanzibar", "Zanzibr", "what did I say today?", "plan set Tuesday", "when is the Zanzibar plan?"):
        assert not hers & set(await recalled(database, bob, query))
        async with database.work(bob) as work:
            assert not hers & {hit.text for hit in await work.messages.search(query)}
            question = await Recollection(work.tx, bob, lambda: NOW).question(query)
            ranked = await Recollection(work.tx, bob, lambda: NOW).ranked(question, set(Side))
            texts = await work.messages.before(chat_of(bob), None)
            assert {each.candidate.record for each in ranked} <= {message.id for message in texts}


def test_a_budget_takes_hits_in_their_order_until_one_does_not_fit() -> None:
    hits = [Found(id="1", kind="fact", text="x" * size, at=NOW, score=1.0) for size in (100, 200, 300)]
    assert [len(hit.text) for hit in within(hits, 75)] == [100, 200]
    assert within([], 10) == []
