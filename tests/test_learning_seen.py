"""What the person sees of what was learned: all of it with its source, corrected and forgotten by their word."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from tests.learning_stage import known, learned, wrote
from tests.path_stage import MovedClock, clock, lab, ports, running, settings, talk  # noqa: F401 - fixtures
from tests.talk import Lab, Talk

DAY = timedelta(days=1)


async def test_the_person_sees_it_asks_where_it_is_from_corrects_and_forgets_it(talk: Talk, clock: MovedClock) -> None:
    await wrote(talk, "I live in Zurich. I like tea.")
    await learned(talk)
    shown = (await talk.say("what do you know about me?"))[-1].text
    assert "**places**\n\n- I live in Zurich (from our conversation, " in shown
    assert "**preferences**" in shown
    await talk.say("That is wrong, I live in Bern")
    assert sorted(fact.text for fact in await known(talk)) == ["I like tea", "I live in Bern"]
    why = (await talk.say("/source live in Bern"))[-1].text
    assert "Before that I knew: I live in Zurich (from our conversation" in why
    assert "You said on" in (await talk.say("how do you know that I like tea?"))[-1].text
    await talk.say("/undo")
    assert sorted(fact.text for fact in await known(talk)) == ["I like tea", "I live in Zurich"]


async def test_what_was_learned_stands_in_the_profile_of_the_next_day(lab: Lab, talk: Talk, clock: MovedClock) -> None:
    await wrote(talk, "I like tea")
    await learned(talk)
    await talk.say("hello there")
    clock.ahead = DAY
    await talk.say("hello again")
    today, tomorrow = (await turns(lab))[-2:]
    assert "I like tea" not in json.dumps(today["system"])
    assert "I like tea" in json.dumps(tomorrow["system"])


async def turns(lab: Lab) -> list[Any]:
    found = [seen["body"] for seen in await lab.requests() if seen["path"] == "/v1/messages"]
    return [body for body in found if body.get("tools")]


async def test_what_was_corrected_is_no_longer_recalled_from_the_words_it_was_told_in(talk: Talk) -> None:
    await talk.say("remember that I live in Zurich")
    await wrote(talk, "I like Zurich chocolate. I work for Acme.")
    await learned(talk)
    await talk.say("That is wrong, I live in Bern")
    await wrote(talk, "These days I work for Globex.")
    await learned(talk)
    async with talk.ports.memory.work(talk.user.scope) as work:
        home = [hit.text for hit in await work.facts.recall("where do I live?", limit=8)]
        work_hits = [hit.text for hit in await work.facts.recall("whom do I work for?", limit=8)]
        before = [hit.text for hit in await work.facts.recall("where did I live before?", limit=8)]
    assert "I live in Bern" in home
    assert [text for text in home if "live in Zurich" in text] == []
    assert "I like Zurich chocolate. [no longer true]." in work_hits  # the rest of what was said stands
    assert "remember that I live in Zurich" in before
