"""The router's written list: what people say, which class answers, and that it always says why."""

from __future__ import annotations

import pytest

from bot.model import Tier
from bot.router import Ask, route

FAST = (
    "hi",
    "Hello there!",
    "good morning",
    "thanks a lot",
    "ok",
    "yes",
    "Danke schön!",
    "merci beaucoup",
    "gracias",
    "moin",
    "add buy milk to my list for tomorrow, high priority",
    "please add call the plumber, due Friday",
    "remind me to call Ann tomorrow at 4pm",
    "remind me every weekday at 9 to stretch",
    "can you remind me in 20 minutes to check the oven",
    "remember that I like my coffee black",
    "remember that the contract with Bob ends in May",  # what is kept may be about hard things
    "note: compare the two offers on Monday",
    "add draft the quarterly report to my tasks",
    "what's on my list",
    "what do you know about me",
    "show my reminders",
    "mark buy milk as done",
    "done with milk",
    "delete the note about Lisbon",
    "what's the weather in Berlin",
    "what time is it in Tokyo",
    "when is my next reminder",
    "who is Ann Lee",
    "search for my notes on gardening",
    "pause",
    "undo",
    "how old is the Eiffel Tower",
    "erinnere mich morgen um 9 an den Zahnarzt",
    "merk dir, dass Ann Geburtstag am 3. Mai hat",
    "zeig meine Aufgaben",
    "ajoute lait à ma liste",
    "recuérdame llamar a Ana mañana",
    "muestra mis tareas",
)
STANDARD = (
    "plan my weekend in Lisbon",
    "compare these two phones for me",
    "why is the sky blue",
    "draft a mail to bob@example.com about Thursday",
    "write a short reply to Ann",
    "tell Bob Thursday works, 4pm",
    "send Ann the minutes",
    "book a table for two on Friday",
    "explain how the budget works",
    "should I take the job in Zürich",
    "list the pros and cons of moving",
    "find the bug in this python function",
    "show me a plan for the week",
    "translate this to French: good luck",
    "what are the tax consequences of selling my flat",
    "add milk and remind me tomorrow at 9 to call Bob",
    "look up Ann's number and then draft a message to her",
    "what's my day like? and who do I meet?",
    "summarise everything for each project",
    "warum ist das so teuer",
    "vergleiche die beiden Angebote",
    "pourquoi le ciel est bleu",
    "redacta un correo para Juan",
    "I had a rather odd conversation with the landlord today about the heating and the noise upstairs",
)
DEEP = (
    "think hard about whether I should sell the house",
    "think really carefully: what would go wrong",
    "give me an in-depth look at my finances",
    "take your time and work it out",
    "ultrathink",
    "Denk bitte gut darüber nach, ob wir umziehen",
    "réfléchis bien avant de répondre",
    "piensa a fondo en esto",
    "plan our move: " + "we have to cancel the flat and pack " * 8 + "and then hand over the keys",
    "review this: " + "the party of the first part " * 300,
)


@pytest.mark.parametrize("text", FAST)
def test_everyday_requests_go_to_the_fast_class(text: str) -> None:
    assert route(Ask(text=text)).tier is Tier.FAST, route(Ask(text=text)).why


@pytest.mark.parametrize("text", STANDARD)
def test_what_needs_judgement_goes_to_the_standard_class(text: str) -> None:
    assert route(Ask(text=text)).tier is Tier.STANDARD, route(Ask(text=text)).why


@pytest.mark.parametrize("text", DEEP)
def test_long_thinking_goes_to_the_deep_class(text: str) -> None:
    assert route(Ask(text=text)).tier is Tier.DEEP, route(Ask(text=text)).why


@pytest.mark.parametrize("text", [*FAST, *STANDARD, *DEEP])
def test_every_route_says_why_in_one_line(text: str) -> None:
    why = route(Ask(text=text)).why
    assert why
    assert "\n" not in why
    assert len(why) < 100


@pytest.mark.parametrize("text", [*FAST, *STANDARD, *DEEP])
def test_at_the_end_of_the_budget_everything_is_fast(text: str) -> None:
    assert route(Ask(text=text, fast_only=True, files=3)).tier is Tier.FAST


def test_a_picture_or_document_is_more_than_fast() -> None:
    assert route(Ask(text="what's this", files=1)).tier is Tier.STANDARD


def test_analysis_over_several_documents_is_deep() -> None:
    assert route(Ask(text="compare the offers", files=3)).tier is Tier.DEEP


def test_words_that_point_back_need_more_than_fast_once_there_is_something_to_point_at() -> None:
    assert route(Ask(text="move it to Friday")).tier is Tier.FAST
    assert route(Ask(text="move it to Friday", history=4)).tier is Tier.STANDARD


def test_a_long_conversation_is_not_for_the_fast_class_but_a_simple_action_in_it_is() -> None:
    assert route(Ask(text="blue or green", history=40)).tier is Tier.STANDARD
    assert route(Ask(text="add milk", history=40)).tier is Tier.FAST


def test_when_somebody_waits_deep_thinking_is_spared() -> None:
    hurried = route(Ask(text="think hard about this", urgent=True))
    assert hurried.tier is Tier.STANDARD
    assert "waiting" in hurried.why


@pytest.mark.parametrize(
    ("task", "tier"), [("title", Tier.FAST), ("extract", Tier.FAST), ("digest", Tier.FAST), ("analysis", Tier.DEEP)]
)
def test_silent_tasks_have_their_own_class(task: str, tier: Tier) -> None:
    assert route(Ask(text="why? plan?", task=task)).tier is tier


def test_a_megabyte_of_text_is_routed_at_once() -> None:
    assert route(Ask(text="a " * 500_000)).tier is Tier.STANDARD
    assert route(Ask(text="a" * 1_000_000)).tier in Tier
