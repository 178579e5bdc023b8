"""Tasks, notes, drafts and people: what is kept for a person, found again by their words, worded for them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.action import Call
from tests.skill_stage import Stage, stage


@pytest_asyncio.fixture
async def ann(module_url: str) -> AsyncIterator[Stage]:
    async with stage(module_url) as ann:
        yield ann


# Tasks


async def test_tasks_are_listed_by_due_day_with_their_sub_tasks_below(ann: Stage) -> None:
    await ann.did("tasks.add", title="Some day")
    await ann.did("tasks.add", title="Trip", due="2026-11-27", priority="high", labels=["fun", "sea"])
    await ann.did("tasks.add", title="Hotel", parent="trip")
    await ann.did("tasks.add", title="Prices", parent="hotel")
    await ann.did("tasks.add", title="Taxes", due="2026-11-16")
    await ann.did("tasks.add", title="Milk", due="2026-11-21", notes="two litres")
    listed = await ann.did("tasks.list")
    assert listed.text.splitlines() == [
        "You have 6 open tasks:",
        "",
        "- ☐ Taxes (overdue since Mon 16 Nov)",
        "- ☐ Milk (due tomorrow, two litres)",
        "- ☐ Trip (due Fri 27 Nov, high priority, #fun, #sea)",
        "  - ☐ Hotel",
        "    - ☐ Prices",
        "- ☐ Some day",
    ]
    assert [task["title"] for task in listed.data if task["priority"] == "high"] == ["Trip"]


async def test_days_are_the_users_own(module_url: str) -> None:
    async with stage(module_url, zone="Pacific/Auckland") as kiwi:  # there it is Saturday already
        added = await kiwi.did("tasks.add", title="Milk", due="2026-11-21")
        assert added.text == "Added to your tasks: Milk (due today)."


async def test_an_empty_list_says_so_and_labels_narrow_it(ann: Stage) -> None:
    assert (await ann.did("tasks.list")).text == "You have no open tasks."
    await ann.did("tasks.add", title="Milk", labels=["Shop"])
    await ann.did("tasks.add", title="Call")
    assert "Call" not in (await ann.did("tasks.list", label="#shop")).text
    assert (await ann.did("tasks.list", label="work")).text == "You have no open tasks labelled “work”."


async def test_a_task_is_done_by_a_part_of_its_title_and_leaves_the_list(ann: Stage) -> None:
    await ann.did("tasks.add", title="Buy milk")
    await ann.did("tasks.add", title="Whole or skimmed?", parent="milk")
    done = await ann.did("tasks.complete", task="milk")
    assert done.text == "Done: Buy milk. 1 sub-task of it still open."
    assert "Buy milk" not in (await ann.did("tasks.list")).text
    assert "- ☑ Buy milk" in (await ann.did("tasks.list", done=True)).text
    assert "no open task like “milk”" in (await ann.refused("tasks.complete", task="milk")).text


async def test_words_that_fit_several_tasks_ask_which_and_change_nothing(ann: Stage) -> None:
    await ann.did("tasks.add", title="Buy milk")
    await ann.did("tasks.add", title="Return milk *crate*")
    asked = await ann.refused("tasks.complete", task="milk")
    assert asked.text.splitlines()[2:] == ["- Buy milk", r"- Return milk \*crate\*"]
    assert asked.data["ask"] == "which"
    assert len((await ann.did("tasks.list")).data) == 2
    chosen = asked.data["options"][1]
    assert "Return milk" in (await ann.did("tasks.complete", task=chosen["id"])).text


async def test_a_change_keeps_what_was_not_named(ann: Stage) -> None:
    await ann.did("tasks.add", title="Milk", due="2026-11-27", labels=["shop"])
    changed = await ann.did("tasks.update", task="milk", priority="low")
    assert changed.text == "Changed: Milk (due Fri 27 Nov, low priority, #shop)."
    assert "What should change" in (await ann.refused("tasks.update", task="milk")).text


async def test_removing_a_task_removes_its_parts_and_says_so(ann: Stage) -> None:
    await ann.did("tasks.add", title="Trip")
    await ann.did("tasks.add", title="Hotel", parent="Trip")
    assert (await ann.did("tasks.remove", task="trip")).text == "Removed: Trip and 1 sub-task of it."
    assert (await ann.did("tasks.list")).data == []


@pytest.mark.parametrize("title", ["", "   "])
async def test_a_task_needs_a_title(ann: Stage, title: str) -> None:
    assert "title" in (await ann.refused("tasks.add", title=title)).text


async def test_signs_in_a_title_stay_signs(ann: Stage) -> None:
    await ann.did("tasks.add", title="# <b>1</b> [x](javascript:alert) `y`")
    assert r"- ☐ \# \<b\>1\</b\> \[x\](javascript:alert) \`y\`" in (await ann.did("tasks.list")).text


async def test_a_part_of_an_unknown_task_is_not_added(ann: Stage) -> None:
    await ann.refused("tasks.add", title="Hotel", parent="Trip")
    assert (await ann.did("tasks.list")).data == []


# Notes


async def test_a_note_is_kept_as_written_and_found_by_words(ann: Stage) -> None:
    await ann.did("notes.add", text="Wifi at the cabin:\n\n**teatime**", title="Cabin")
    await ann.did("notes.add", text="The plumber comes on Friday")
    listed = await ann.did("notes.list")
    assert listed.text.startswith("You have 2 notes:")
    assert "- **The plumber comes on Friday** (20 Nov 2026)" in listed.text
    found = await ann.did("notes.search", query="wifi")
    assert found.text == "**Cabin** (20 Nov 2026)\n\n> Wifi at the cabin:\n>\n> **teatime**"
    assert "No note mentions" in (await ann.did("notes.search", query="bicycle")).text


async def test_a_title_made_of_the_text_follows_the_text_and_a_chosen_one_stays(ann: Stage) -> None:
    await ann.did("notes.add", text="Old words")
    await ann.did("notes.update", note="Old words", text="New words")
    await ann.did("notes.add", text="1234", title="Door code")
    await ann.did("notes.update", note="door", text="5678")
    assert {note["title"] for note in (await ann.did("notes.list")).data} == {"New words", "Door code"}


async def test_an_empty_note_is_refused_and_a_long_first_line_is_cut(ann: Stage) -> None:
    await ann.refused("notes.add", text=" \n ")
    noted = await ann.did("notes.add", text="word " * 100)
    assert len(noted.data["title"]) <= 60
    assert (await ann.did("notes.list")).text.count("\n") == 2


# Drafts


async def test_a_draft_is_shown_whole_and_nothing_is_sent(ann: Stage) -> None:
    drafted = await ann.did("drafts.add", to="bob@example.com", subject="Thursday", text="Works for me.\n\nAnn")
    assert drafted.text.startswith("Drafted, not sent.\n\n**To:** bob@example.com\\\n**Subject:** Thursday\n\n> Works")
    changed = await ann.did("drafts.update", draft="thursday", subject="Friday")
    assert "**Subject:** Friday" in changed.text
    assert "**To:** bob@example.com" in changed.text
    assert "**Friday** to bob@example.com" in (await ann.did("drafts.list")).text
    await ann.refused("drafts.update", draft="friday")
    await ann.did("drafts.remove", draft="bob")
    assert (await ann.did("drafts.list")).text == "You have no drafts."


# People


async def test_two_anns_are_asked_about_once_and_then_known(ann: Stage) -> None:
    await ann.did("people.add", name="Ann Lee", email="lee@example.com")
    await ann.did("people.add", name="Ann Smith", about="sister", phone="+49 30 1")
    asked = await ann.refused("people.find", name="Ann")
    assert asked.text == (
        "You know 2 people called “Ann”. Which one?\n\n- Ann Lee (lee@example.com)\n- Ann Smith (sister, +49 30 1)"
    )
    smith = asked.data["options"][1]
    learned = await ann.did("people.means", name="Ann", contact=smith["id"])
    assert learned.text == "From now on “Ann” means Ann Smith."
    assert (await ann.did("people.find", name="ann")).text == "**Ann Smith**: sister, +49 30 1"
    assert (await ann.did("people.find", name="Ann Lee")).data["email"] == "lee@example.com"


async def test_two_of_exactly_the_same_name_are_told_apart_by_a_mark(ann: Stage) -> None:
    await ann.did("people.add", name="Ann Lee", email="sister@example.com")
    await ann.did("people.add", name="Ann Lee")
    asked = await ann.refused("people.find", name="Ann Lee")
    texts = [option["text"] for option in asked.data["options"]]
    assert all(text in asked.text for text in texts)
    marks = [text[-8:-1] for text in texts]
    assert len(set(marks)) == 2
    sister = next(mark for mark, text in zip(marks, texts, strict=True) if "sister" in text)
    await ann.did("people.means", name="Ann", contact=sister)
    assert (await ann.did("people.find", name="Ann")).data["email"] == "sister@example.com"


@pytest.mark.parametrize(
    ("add", "use", "thing"),
    [
        (("tasks.add", {"title": "Buy milk"}), "tasks.complete", "task"),
        (("notes.add", {"text": "Buy milk"}), "notes.remove", "note"),
        (("drafts.add", {"to": "Bob", "subject": "Buy milk", "text": "please"}), "drafts.remove", "draft"),
        (("people.add", {"name": "Buy milk"}), "people.remove", "contact"),
        (("memory.remember", {"text": "Buy milk"}), "memory.forget", "fact"),
        (("reminders.set", {"text": "Buy milk", "at": "2026-11-27T09:00"}), "reminders.remove", "reminder"),
    ],
)
async def test_what_is_named_by_its_id_is_shown_by_its_name(
    ann: Stage, add: tuple[str, dict[str, str]], use: str, thing: str
) -> None:
    made = await ann.did(add[0], **add[1])
    async with ann.work() as work:
        titles = [
            await ann.catalogue.title(Call(action=use, arguments={thing: named}, key="k"), work)
            for named in (made.data["id"], f"#{made.data['id'][-6:]}")
        ]
        strange = Call(action=use, arguments={thing: "00000000-0000-0000-0000-000000000000"}, key="k")
        assert "00000000" in await ann.catalogue.title(strange, work)
    assert titles[0] == titles[1]
    assert "Buy milk" in titles[0]


async def test_a_name_can_come_to_mean_somebody_else(ann: Stage) -> None:
    await ann.did("people.add", name="Ann Lee")
    await ann.did("people.add", name="Ann Smith")
    await ann.did("people.means", name="Annie", contact="Ann Smith")
    await ann.did("people.means", name="Annie", contact="Ann Lee")
    assert (await ann.did("people.find", name="annie")).data["name"] == "Ann Lee"


async def test_people_are_changed_and_removed_by_name(ann: Stage) -> None:
    await ann.did("people.add", name="Bob Stone")
    changed = await ann.did("people.update", contact="bob", email="bob@example.com", about="dentist")
    assert changed.text == "Changed: **Bob Stone**: dentist, bob@example.com"
    await ann.refused("people.update", contact="bob")
    assert "must be" not in (await ann.did("people.remove", contact="Bob")).text
    assert "nobody called “Bob”" in (await ann.refused("people.find", name="Bob")).text
    await ann.refused("people.add", name=" ")
    assert "ann@example.com" in (await ann.refused("people.add", name="Eve", email="eve at example")).text


async def test_nobody_sees_what_another_person_keeps(ann: Stage, module_url: str) -> None:
    await ann.did("tasks.add", title="Secret task")
    await ann.did("notes.add", text="Secret note")
    await ann.did("people.add", name="Secret friend")
    await ann.did("memory.remember", text="Secret fact")
    async with stage(module_url) as other:
        for action in ("tasks.list", "notes.list", "drafts.list", "reminders.list", "memory.about_me", "agenda.today"):
            assert "Secret" not in (await other.did(action)).text
        await other.refused("tasks.complete", task="Secret task")
        await other.refused("people.find", name="Secret friend")
        assert (await other.did("memory.recall", query="secret")).data == []
