"""Everyday requests find the right action among the first five."""

from __future__ import annotations

import pytest

from bot.people import Scope
from skills.catalogue import Catalogue

ANN = Scope(org="org", user="ann")
FIRST, SHARE = 5, 0.95
REQUESTS = [
    ("add buy milk to my to-do list", "tasks.add"),
    ("new todo: call the bank", "tasks.add"),
    ("put laundry on my list", "tasks.add"),
    ("what's on my to-do list", "tasks.list"),
    ("show open tasks", "tasks.list"),
    ("I'm done with the laundry", "tasks.complete"),
    ("tick off milk", "tasks.complete"),
    ("mark task as finished", "tasks.complete"),
    ("open the task again, it is not done", "tasks.reopen"),
    ("change the due date of a task", "tasks.update"),
    ("rename task", "tasks.update"),
    ("delete a todo", "tasks.remove"),
    ("remind me to call mum at five", "reminders.set"),
    ("set an alarm for tomorrow morning", "reminders.set"),
    ("every weekday at 9 remind me of the stand-up", "reminders.set"),
    ("which reminders are coming", "reminders.list"),
    ("cancel the reminder", "reminders.remove"),
    ("snooze that reminder until tonight", "reminders.snooze"),
    ("put it off, remind me later", "reminders.snooze"),
    ("write a note: the plumber comes on Friday", "notes.add"),
    ("jot this down", "notes.add"),
    ("list my notes", "notes.list"),
    ("search my notes for wifi", "notes.search"),
    ("find the note about the plumber", "notes.search"),
    ("edit the shopping note", "notes.update"),
    ("throw that note away", "notes.remove"),
    ("remember that I am vegetarian", "memory.remember"),
    ("keep in mind that Ann likes tea", "memory.remember"),
    ("what did I say about the budget offsite", "memory.recall"),
    ("recall my shoe size", "memory.recall"),
    ("what do you know about me", "memory.about_me"),
    ("forget my old address", "memory.forget"),
    ("export all my data", "memory.export"),
    ("download everything you store about me", "memory.export"),
    ("delete all my data", "memory.delete_everything"),
    ("add a contact", "people.add"),
    ("save Bob's phone number", "people.add"),
    ("what is Ann's email address", "people.find"),
    ("find Bob in my contacts", "people.find"),
    ("look up a phone number", "people.find"),
    ("by Ann I mean Ann Lee", "people.means"),
    ("change Bob's phone number", "people.update"),
    ("delete contact", "people.remove"),
    ("draft an email to bob", "drafts.add"),
    ("write a mail to my landlord", "drafts.add"),
    ("compose a letter", "drafts.add"),
    ("show my drafts", "drafts.list"),
    ("make the draft shorter", "drafts.update"),
    ("word a mail to my landlord that the heating is broken", "drafts.compose"),
    ("think this task through with me", "tasks.analyse"),
    ("discard the draft", "drafts.remove"),
    ("summarize this text", "summaries.text"),
    ("tldr of this article", "summaries.text"),
    ("give me the gist", "summaries.text"),
    ("sum up our conversation since Monday", "summaries.conversation"),
    ("what's my day like", "agenda.today"),
    ("what is due today", "agenda.today"),
    ("morning briefing", "agenda.today"),
    ("how much money did you spend", "usage.report"),
    ("what does the model cost me", "usage.report"),
    ("search the web for train strikes", "web.search"),
    ("google the opening hours of the museum", "web.search"),
    ("latest news on the election", "web.search"),
    ("read this page https://example.com", "web.read"),
    ("open this link and tell me what it says", "web.read"),
    ("will it rain tomorrow in Berlin", "weather.forecast"),
    ("read it to me", "me.speak"),
    ("say that aloud", "me.speak"),
    ("answer with a voice note", "me.speak"),
    ("speak slower", "me.set_voice"),
    ("use the voice Rachel", "me.set_voice"),
    ("never answer by voice", "me.set_voice"),
    ("write to me on Telegram", "me.write_to"),
    ("send my reminders to Slack", "me.write_to"),
    ("weather forecast", "weather.forecast"),
    ("do I need an umbrella", "weather.forecast"),
    ("temperature in Paris", "weather.forecast"),
    ("I moved to Tokyo, change my time zone", "me.set_zone"),
    ("answer me in German", "me.set_language"),
    ("pause everything", "me.pause"),
    ("stop doing things for now", "me.pause"),
    ("continue again", "me.resume"),
    ("do not disturb me at night", "me.quiet_hours"),
    ("set quiet hours", "me.quiet_hours"),
    ("send the daily digest at 8", "me.digest_at"),
    ("raise my budget", "me.budget"),
    ("spending limit per month", "me.budget"),
    ("what may you do without asking", "me.trusts"),
    ("take back a permission, ask me again", "me.revoke_trust"),
    ("what is waiting for my approval", "me.plans"),
    ("which plans are scheduled", "me.plans"),
    ("which accounts are linked", "me.accounts"),
    ("link another chat app", "me.accounts"),
    ("why did you do that", "me.why"),
    ("explain the reason", "me.why"),
    ("show the last messages", "me.history"),
    ("search past conversations for plumber", "me.search"),
    ("when did we talk about the roof", "me.search"),
]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(recurrence=NoClock())


class NoClock:
    def next(self, rule: str, zone: str, after: object) -> None:
        raise AssertionError("nothing is scheduled here")


async def test_the_right_action_is_among_the_first_five(catalogue: Catalogue) -> None:
    missed = []
    for request, wanted in REQUESTS:
        found = [action.id for action in await catalogue.find(ANN, request, FIRST)]
        if wanted not in found:
            missed.append(f"{request!r}: {wanted} is not in {found}")
    assert len(missed) <= len(REQUESTS) * (1 - SHARE), "\n".join(missed)


async def test_every_action_can_be_found_by_what_it_says_of_itself(catalogue: Catalogue) -> None:
    for skill in catalogue.skills:
        for spec in skill.specs:
            if not spec.action.internal:
                first, *_ = await catalogue.find(ANN, f"{skill.slug} {spec.action.name} {spec.action.about}")
                assert first.id == spec.action.id


async def test_what_exists_only_to_undo_is_never_found(catalogue: Catalogue) -> None:
    found = [action.id for action in await catalogue.find(ANN, "put tasks back as they were restore", 50)]
    assert "tasks.restore" not in found
    assert catalogue.get("tasks.restore") is not None


@pytest.mark.parametrize("query", ["", "   ", "?!", "the of a", "xyzzy", "x" * 10_000, "\x00"])
async def test_words_that_say_nothing_find_nothing(catalogue: Catalogue, query: str) -> None:
    assert not await catalogue.find(ANN, query)


async def test_as_many_are_found_as_were_asked_for_and_always_in_the_same_order(catalogue: Catalogue) -> None:
    first, second = [await catalogue.find(ANN, "show my tasks and notes", 3) for _ in range(2)]
    assert len(first) == 3
    assert first == second
