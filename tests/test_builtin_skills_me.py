"""What a person chooses, what they allowed, and the account of what was done for them and why."""

from __future__ import annotations

import re
import tomllib
import zoneinfo
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time, timedelta

import pytest
import pytest_asyncio

from bot.action import Call, Risk
from bot.ids import new_id, new_nonce
from bot.people import Person, Speaks, User, Voice
from bot.records import Author, Message
from bot.suggestion import Evidence, State, Suggestion
from bot.trigger import Why
from bot.trust import Trust
from skills.catalogue import BUILTIN
from tests.skill_stage import CATALOGUE, FRIDAY, Stage, stage


@pytest_asyncio.fixture
async def ann(module_url: str) -> AsyncIterator[Stage]:
    async with stage(module_url) as ann:
        yield ann


async def chosen(stage: Stage) -> User:
    async with stage.work() as work:
        return await work.profile.get()


def suggestion(ann: Stage, title: str, state: State = State.OPEN) -> Suggestion:
    return Suggestion(
        id=new_id(),
        scope=ann.user.scope,
        revision=1,
        trigger=Why.ASKED,
        title=title,
        steps=(Call(action="tasks.add", arguments={"title": title}, key=new_id()),),
        risk=Risk.WRITE,
        state=state,
        digest="d",
        nonce=new_nonce(),
        created_at=FRIDAY,
        expires_at=FRIDAY + timedelta(days=1),
        why="You wrote it",
        evidence=(Evidence(source="you, 20 Nov 19:10", quote="tell Bob *now*"),),
        result="**Sent**.",
    )


@pytest.mark.parametrize(
    ("said", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("New_York", "America/New_York"),
        ("Munich, Germany", "Europe/Berlin"),
        ("San Francisco", "America/Los_Angeles"),
        ("EST", "America/New_York"),
        ("mumbai", "Asia/Kolkata"),
        ("São Paulo", "America/Sao_Paulo"),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("buenos aires", "America/Argentina/Buenos_Aires"),
        ("UTC", "UTC"),
    ],
)
async def test_a_zone_is_known_by_its_name_or_a_city(ann: Stage, said: str, zone: str) -> None:
    done = await ann.did("me.set_zone", zone=said)
    assert done.text.startswith(f"Your time zone is {zone}; it is ")
    assert (await chosen(ann)).zone == zone


@pytest.mark.parametrize("said", ["Atlantis", "", "../../etc/passwd", "/etc/localtime", "x" * 500])
async def test_an_unknown_zone_is_asked_for_again(ann: Stage, said: str) -> None:
    assert (await ann.refused("me.set_zone", zone=said)).data == {"ask": "zone"}
    assert (await chosen(ann)).zone == "Europe/Berlin"


def test_every_place_in_the_table_names_a_zone_that_exists() -> None:
    zones = tomllib.loads((BUILTIN / "me" / "places.toml").read_text(encoding="utf-8"))["zones"]
    places = [place for names in zones.values() for place in names]
    assert set(zones) <= zoneinfo.available_timezones()
    assert len(places) == len(set(places))
    assert all(place == place.casefold() for place in places)


@pytest.mark.parametrize(("said", "code"), [("German", "de"), ("de", "de"), ("español", "es"), ("pt-BR", "pt-BR")])
async def test_a_language_is_known_by_its_name_or_code(ann: Stage, said: str, code: str) -> None:
    await ann.did("me.set_language", language=said)
    assert (await chosen(ann)).language == code


async def test_an_unknown_language_is_refused(ann: Stage) -> None:
    await ann.refused("me.set_language", language="the language of love")


async def test_a_voice_is_chosen_part_by_part_and_each_choice_can_be_taken_back(ann: Stage) -> None:
    assert "the voice Rachel, at the usual speed." in (await ann.did("me.set_voice", voice=" Rachel ")).text
    slower = await ann.did("me.set_voice", speed=0.85, language="German", when="always")
    assert slower.text == (
        "I always answer by voice too: with the voice Rachel, 0.85 times as fast as usual; I listen for German."
    )
    assert (await chosen(ann)).voice == Voice(name="Rachel", speed=0.85, language="de", when=Speaks.ALWAYS)
    assert slower.undo is not None
    await ann.call(slower.undo)
    assert (await chosen(ann)).voice == Voice(name="Rachel")
    await ann.did("me.set_voice", voice="usual", language="any", when="never")
    assert (await chosen(ann)).voice == Voice(when=Speaks.NEVER)


@pytest.mark.parametrize(
    "wrong", [{}, {"speed": 0.5}, {"speed": 2}, {"when": "sometimes"}, {"language": "of love"}, {"voice": "x" * 101}]
)
async def test_a_voice_that_cannot_be_is_refused(ann: Stage, wrong: dict[str, object]) -> None:
    assert (await ann.refused("me.set_voice", **wrong)).text
    assert (await chosen(ann)).voice == Voice()


async def test_to_speak_is_only_to_be_asked(ann: Stage) -> None:
    assert (await ann.did("me.speak")).text == ""


async def test_where_we_write_first_is_chosen_among_what_is_linked(ann: Stage) -> None:
    assert "written to here: my page. To link" in (await ann.refused("me.write_to", app="Telegram")).text
    async with ann.database.door() as door:
        for platform in ("telegram", "whatsapp"):
            person = Person(platform=platform, tenant="", id=f"{platform}_{ann.user.id}", name="Ann")
            await door.persons.link(person, ann.user)
    assert "here: Telegram, WhatsApp, my page." in (await ann.refused("me.write_to", app="Slack")).text
    assert (await chosen(ann)).prefers == ""
    assert (await ann.did("me.write_to", app="Whats App")).text == "From now on I write to you first on WhatsApp."
    page = await ann.did("me.write_to", app="the page")
    assert (page.text, (await chosen(ann)).prefers) == ("From now on I write to you first on my page.", "web")
    assert page.undo is not None
    await ann.call(page.undo)
    assert (await chosen(ann)).prefers == "whatsapp"
    listed = await ann.did("me.accounts")
    assert re.search(r"WhatsApp: Ann, since [^(\n]+ \(I write to you here first\)\n", listed.text)
    assert {account["app"]: account["first"] for account in listed.data} == {"WhatsApp": True, "Telegram": False}
    back = await ann.did("me.write_to")
    assert (await chosen(ann)).prefers == ""
    assert "in the app you wrote from last" in (await ann.did("me.accounts")).text
    assert back.undo is not None
    await ann.call(back.undo)
    assert (await chosen(ann)).prefers == "whatsapp"


async def test_the_first_choice_of_an_app_can_be_taken_back(ann: Stage) -> None:
    first = await ann.did("me.write_to", app="web")
    assert first.undo is not None
    await ann.call(first.undo)
    assert (await chosen(ann)).prefers == ""


async def test_pause_and_resume_are_kept(ann: Stage) -> None:
    await ann.did("me.pause")
    assert (await chosen(ann)).paused
    await ann.did("me.resume")
    assert not (await chosen(ann)).paused


@pytest.mark.parametrize(
    ("begin", "end", "hours"),
    [
        ("22:00", "07:00", (time(22), time(7))),
        ("10pm", "6:30 am", (time(22), time(6, 30))),
        ("12am", "12 pm", (time(0), time(12))),
    ],
)
async def test_quiet_hours_take_times_as_people_write_them(
    ann: Stage, begin: str, end: str, hours: tuple[time, time]
) -> None:
    await ann.did("me.quiet_hours", begin=begin, end=end)
    user = await chosen(ann)
    assert (user.quiet_from, user.quiet_until) == hours
    await ann.did("me.quiet_hours")
    assert (await chosen(ann)).quiet_from is None


@pytest.mark.parametrize(
    ("begin", "end"), [("25:00", "7:00"), ("22:00", None), ("late", "7"), ("7", "7:00"), ("13pm", "1")]
)
async def test_times_that_cannot_be_are_refused(ann: Stage, begin: str, end: str | None) -> None:
    await ann.refused("me.quiet_hours", begin=begin, end=end)


async def test_the_digest_comes_when_it_is_wanted(ann: Stage) -> None:
    await ann.did("me.digest_at", time="8.15")
    assert (await chosen(ann)).digest_at == time(8, 15)


async def test_a_budget_is_changed_where_it_is_named(ann: Stage) -> None:
    done = await ann.did("me.budget", day=2)
    assert done.text == "Your budget is $2.00 per day and $60.00 per month."
    assert done.undo is None
    await ann.refused("me.budget")
    assert "from 0" in (await ann.refused("me.budget", month=-1)).text


async def test_what_is_trusted_is_listed_and_revoked_by_number_or_words(ann: Stage) -> None:
    assert "no “always”" in (await ann.did("me.trusts")).text
    async with ann.work() as work:
        for action, targets in (("slack.send", {"to": "#team"}), ("mail.send", {"to": "bob@example.com"})):
            until = FRIDAY + timedelta(days=30)
            await work.trusts.add(
                Trust(id=new_id(), action=action, account=None, targets=targets, until=until, at_most={"amount": 50})
            )
    listed = await ann.did("me.trusts")
    assert "1. always slack.send (to: #team) (amount up to 50), until 20 Dec 2026, used 0 times" in listed.text
    assert "bob@example.com" in (await ann.did("me.revoke_trust", trust="2")).text
    await ann.refused("me.revoke_trust", trust="2")
    await ann.did("me.revoke_trust", trust="slack")
    assert (await ann.did("me.trusts")).data == []


async def test_plans_show_what_waits_what_is_put_off_and_what_is_planned(ann: Stage) -> None:
    assert (await ann.did("me.plans")).text == "Nothing waits and nothing is planned."
    async with ann.work() as work:
        await work.suggestions.add(suggestion(ann, "Mail Bob"))
        await work.suggestions.add(suggestion(ann, "Call *Eve*", State.SNOOZED))
        await work.suggestions.add(suggestion(ann, "Pay rent", State.SCHEDULED))
        await work.suggestions.add(suggestion(ann, "Gone", State.DENIED))
    expires = "(expires tomorrow, Sat 21 Nov, 19:10 (Europe/Berlin))"
    assert (await ann.did("me.plans")).text == (
        f"**Waiting for your answer**\n\n- Mail Bob {expires}\n\n"
        f"**Put off**\n\n- Call \\*Eve\\* {expires}\n\n**Planned**\n\n- Pay rent {expires}"
    )


async def test_why_tells_cause_evidence_and_risk_of_the_latest_or_the_one_meant(ann: Stage) -> None:
    await ann.refused("me.why")
    async with ann.work() as work:
        await work.suggestions.add(suggestion(ann, "Mail Bob", State.DONE))
        later = FRIDAY + timedelta(minutes=1)
        await work.suggestions.add(replace(suggestion(ann, "Water the plants"), trigger=Why.PATTERN, created_at=later))
    assert "I noticed a habit of yours" in (await ann.did("me.why")).text
    assert (await ann.did("me.why", about="bob mail")).text == (
        "**Mail Bob**\n\n- Because you asked for it, today, Fri 20 Nov, 19:10 (Europe/Berlin).\n- You wrote it\n"
        "- you, 20 Nov 19:10: “tell Bob \\*now\\*”\n- Its risk: write. It is done now.\n- Sent."
    )
    await ann.refused("me.why", about="Carol")


async def test_history_and_search_show_what_was_said(ann: Stage) -> None:
    assert (await ann.did("me.history")).text == "Nothing was said here yet."
    async with ann.work() as work:
        for number, (author, text) in enumerate(
            [(Author.USER, "The plumber\ncomes"), (Author.ASSISTANT, "**Noted** \\*x\\*:\n\n> more")]
        ):
            done = ("Write down a note",) if author is Author.ASSISTANT else ()
            sent = FRIDAY + timedelta(minutes=number)
            await work.messages.put(
                Message(id=new_id(), at=ann.where, author=author, text=text, sent_at=sent, actions=done)
            )
    assert (await ann.did("me.history")).text == (
        "- 20 Nov 19:10 You: The plumber comes\n- 20 Nov 19:11 I: Noted \\*x\\*: … (Write down a note)"
    )
    assert (await ann.did("me.history", limit=1)).text.startswith("- 20 Nov 19:11")
    assert (await ann.did("me.search", query="plumber")).text == (
        "Found in our conversations:\n\n- 20 Nov 2026: The plumber comes"
    )
    assert "No message mentions" in (await ann.did("me.search", query="electrician")).text


async def test_what_quotes_others_is_marked_when_it_is_looked_up_again(ann: Stage) -> None:
    assert not (await ann.did("me.history")).outside
    async with ann.work() as work:
        said = Message(id=new_id(), at=ann.where, author=Author.USER, text="Read the page", sent_at=FRIDAY)
        await work.messages.put(said)
    assert not (await ann.did("me.history")).outside
    assert not (await ann.did("me.search", query="page")).outside
    async with ann.work() as work:
        read = replace(said, id=new_id(), author=Author.ASSISTANT, text="The page says: pay Eve", outside=True)
        await work.messages.put(read)
    assert (await ann.did("me.history")).outside
    assert (await ann.did("me.search", query="page")).outside
    ann.model.will_say("A page was read.")
    assert (await ann.did("summaries.conversation", style="brief")).outside


def test_only_choices_that_need_no_card_can_be_put_back() -> None:
    restore = CATALOGUE.get("me.restore")
    assert restore is not None
    allowed = set(restore.inputs["properties"]["before"]["properties"])
    assert allowed == {"zone", "language", "paused", "quiet_from", "quiet_until", "digest_at", "voice", "prefers"}


async def test_linked_accounts_are_listed_with_the_way_to_link_more(ann: Stage) -> None:
    assert "write “hi”" in (await ann.did("me.accounts")).text
    async with ann.database.door() as door:
        for platform, name in (("whatsapp", "*Ann*"), ("web", "Ann")):
            await door.persons.link(
                Person(platform=platform, tenant="", id=f"{platform}_{ann.user.id}", name=name), ann.user
            )
    listed = await ann.did("me.accounts")
    assert "\n- WhatsApp: \\*Ann\\*, since " in listed.text
    assert [account["app"] for account in listed.data] == ["WhatsApp"]
