"""Memory as the person meets it: remembered, recalled with its date, forgotten for good, taken out, deleted."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from bot.action import Call, Risk
from bot.ids import new_id
from bot.records import Author, Message
from tests.skill_stage import CATALOGUE, FRIDAY, Stage, stage


@pytest_asyncio.fixture
async def ann(module_url: str) -> AsyncIterator[Stage]:
    async with stage(module_url) as ann:
        yield ann


async def test_what_was_remembered_is_recalled_with_its_date(ann: Stage) -> None:
    assert (await ann.did("memory.remember", text="I am vegetarian")).text == "I will remember: I am vegetarian"
    await ann.did("notes.add", text="Vegetarian restaurant: the Olive Tree")
    recalled = await ann.did("memory.recall", query="vegetarian")
    assert recalled.text.startswith("What I remember:\n\n- ")
    assert "- I am vegetarian (you told me, 20 Nov 2026)" in recalled.text
    assert "(a note, 20 Nov 2026)" in recalled.text
    assert {hit["kind"] for hit in recalled.data} == {"fact", "note"}
    assert (await ann.did("memory.recall", query="motorbike")).text == "I remember nothing about “motorbike”."


async def test_recall_leaves_out_the_question_and_messages_that_only_repeat_a_fact(ann: Stage) -> None:
    await ann.did("memory.remember", text="My shoe size is 43")
    async with ann.work() as work:
        for text in ("remember that my shoe size is 43", "what is my shoe size?", "new shoes in size 43 hurt"):
            said = Message(id=new_id(), at=ann.where, author=Author.USER, text=text, sent_at=FRIDAY)
            await work.messages.put(said)
    ann.own_words = "what is my shoe size?"
    recalled = await ann.did("memory.recall", query="my shoe size")
    assert [hit["text"] for hit in recalled.data] == ["My shoe size is 43", "new shoes in size 43 hurt"]


async def test_recall_leaves_out_what_is_being_asked_right_now(ann: Stage) -> None:
    asked = Message(id=new_id(), at=ann.where, author=Author.USER, text="tell me of the boat race", sent_at=FRIDAY)
    async with ann.work() as work:
        await work.messages.put(asked)
    ann.own_words = "hello\n\ntell me of the boat race"  # two messages that became one turn
    assert len((await ann.did("memory.recall", query="boat race")).data) == 1
    ann.lines = (asked.id,)
    assert (await ann.did("memory.recall", query="boat race")).data == []


async def test_the_same_fact_twice_is_kept_once(ann: Stage) -> None:
    first = await ann.did("memory.remember", text="I like tea")
    again = await ann.did("memory.remember", text="i like TEA")
    assert again.text == "I know that already, since 20 Nov 2026."
    assert again.undo is None
    assert again.data == first.data


async def test_what_is_known_is_shown_by_category(ann: Stage) -> None:
    assert "nothing about you yet" in (await ann.did("memory.about_me")).text
    await ann.did("memory.remember", text="Mum is called Eve", category="family")
    await ann.did("memory.remember", text="I like *tea*")
    assert (await ann.did("memory.about_me")).text == (
        "I know 2 things about you:\n\n- I like \\*tea\\* (you told me, 20 Nov 2026)\n\n"
        "**family**\n\n- Mum is called Eve (you told me, 20 Nov 2026)"
    )


async def test_a_correction_takes_the_place_of_what_it_corrects(ann: Stage) -> None:
    await ann.did("memory.remember", text="I live in Zurich", category="places")
    await ann.did("memory.remember", text="I like tea")
    corrected = await ann.did("memory.correct", text="I live in Bern")
    assert corrected.text == "Corrected: I live in Bern. Before that I knew: I live in Zurich"
    known = (await ann.did("memory.about_me")).text
    assert "**places**\n\n- I live in Bern" in known
    assert "Zurich" not in known
    source = (await ann.did("memory.source", fact="bern")).text
    assert "You told me on 20 Nov 2026 to remember it." in source
    assert "Before that I knew: I live in Zurich (you told me, 20 Nov 2026)" in source
    await ann.undone(corrected)
    assert "Zurich" in (await ann.did("memory.about_me")).text


async def test_a_correction_that_may_mean_several_asks_and_of_nothing_known_says_so(ann: Stage) -> None:
    assert "find nothing" in (await ann.refused("memory.correct", text="I live in Bern")).text
    await ann.did("memory.remember", text="I like tea in the morning")
    await ann.did("memory.remember", text="I like coffee in the morning")
    asked = await ann.refused("memory.correct", text="I like water in the morning")
    assert len(asked.data["options"]) == 2
    await ann.did("memory.correct", text="I like water in the morning", fact="coffee")
    assert "What is right?" in (await ann.refused("memory.correct", text=" ")).text


async def test_the_same_in_other_words_is_known_already(ann: Stage) -> None:
    await ann.did("memory.remember", text="I live in Bern")
    assert "know that already" in (await ann.did("memory.remember", text="The user lives in Bern.")).text


async def test_forgetting_asks_which_says_what_and_is_for_good(ann: Stage) -> None:
    action = CATALOGUE.get("memory.forget")
    assert action is not None
    assert action.risk is Risk.DANGER
    ann.own_words = "remember that I like tea and green tea"
    await ann.did("memory.remember", text="I like green tea")
    await ann.did("memory.remember", text="I like tea")
    asked = await ann.refused("memory.forget", fact="tea")
    assert len(asked.data["options"]) == 2
    forgotten = await ann.did("memory.forget", fact="green tea")
    assert forgotten.text == "Forgotten for good: I like green tea"
    assert forgotten.undo is None
    assert "green" not in (await ann.did("memory.about_me")).text
    ann.own_words = ""
    assert "asked me to forget" in (await ann.refused("memory.remember", text="I like green tea")).text
    ann.own_words = "do remember that I like green tea"
    await ann.did("memory.remember", text="I like green tea")


async def test_the_preview_of_forgetting_says_what(ann: Stage) -> None:
    call = Call(action="memory.forget", arguments={"fact": "green tea"}, key="k")
    assert CATALOGUE.preview(call) == "Forget for good what is remembered about “green tea”"


async def test_the_export_says_how_much_there_is_and_where_all_of_it_is(ann: Stage) -> None:
    await ann.did("memory.remember", text="I like tea")
    await ann.did("tasks.add", title="Milk")
    exported = await ann.did("memory.export")
    assert "- facts: 1" in exported.text
    assert "settings page" in exported.text
    assert exported.data["tasks"] == 1
    assert "Milk" not in str(exported)


async def test_deleting_everything_needs_the_word_and_leaves_nothing(ann: Stage) -> None:
    await ann.did("memory.remember", text="I like tea")
    await ann.did("tasks.add", title="Milk")
    assert "one of DELETE" in (await ann.refused("memory.delete_everything", confirm="yes")).text
    assert (await ann.did("tasks.list")).data
    await ann.did("memory.delete_everything", confirm="DELETE")
    assert (await ann.did("tasks.list")).data == []
    assert (await ann.did("memory.about_me")).data == []


async def test_an_empty_fact_is_no_fact(ann: Stage) -> None:
    await ann.refused("memory.remember", text="  ")
