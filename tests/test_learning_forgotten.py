"""What was forgotten, deleted, or said while learning was off is not learned: not later, and not by a slow answer."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from bot.people import Scope
from bot.records import Fact
from tests.learning_stage import known, learned, model_says, proposed, readings, wrote
from tests.path_stage import lab, ports, running, settings, talk  # noqa: F401 - fixtures
from tests.talk import Lab, Talk


async def forget(talk: Talk, fact: Fact) -> None:
    async with talk.ports.memory.work(talk.user.scope) as work:
        await work.facts.forget(fact.id)


async def test_what_was_forgotten_is_not_learned_again(lab: Lab, talk: Talk) -> None:
    said = await wrote(talk, "I live in Bern. My flat is by the river Aare. I like tea.")
    home = next(fact for fact in await learned(talk) if "Bern" in fact.text)
    await forget(talk, home)
    same = proposed("Is living in Bern", "I live in Bern", category="places")
    async with talk.ports.memory.work(talk.user.scope) as work:
        assert await work.messages.learn(talk.at, said.position, 0)  # as if it had not been read
    river = proposed("Has a flat by the river Aare", "My flat is by the river Aare", category="places")
    await model_says(lab, same, proposed("Has a home in Bern", "I live in Bern", category="places"), river)
    assert [fact.text for fact in await learned(talk)] == ["I like tea"]  # not from the same source
    for words in ("Again: I live in Bern.", "And yet: I live in Bern, she said"):
        await wrote(talk, words)
    await model_says(lab, proposed("The person lives in Bern", "I live in Bern", category="places"))
    assert [fact.text for fact in await learned(talk)] == ["I like tea"]  # nor as the same statement
    async with talk.ports.memory.work(talk.user.scope) as work:
        assert [hit.text for hit in await work.facts.recall("live Bern", limit=8) if "Bern" in hit.text] == []


async def test_what_was_remembered_and_taken_back_is_not_learned_a_little_later(lab: Lab, talk: Talk) -> None:
    await talk.say("remember that I like tea")
    (fact,) = await known(talk)
    await forget(talk, fact)
    await model_says(lab, proposed("Enjoys tea", "remember that I like tea"), proposed("Likes tea", "I like tea"))
    assert list(await learned(talk)) == []


async def test_what_is_forgotten_or_deleted_while_the_model_thinks_does_not_come_back(lab: Lab, talk: Talk) -> None:
    ports = talk.ports

    class Slow:
        """The model, which is overtaken."""

        async def ask(self, scope: Scope, given: Any, grow: Any = None) -> Any:
            answer = await ports.model.ask(scope, given, grow)
            async with ports.memory.work(talk.user.scope) as work:
                await work.everything.delete()
            return answer

    await wrote(talk, "I live in Bern")
    assert list(await learned(talk, ports=replace(ports, model=Slow()))) == []
    assert len(await readings(lab)) == 1


async def test_switched_off_nothing_is_read_and_what_was_said_meanwhile_stays_unread(lab: Lab, talk: Talk) -> None:
    await talk.say("do not learn from our conversations")
    await wrote(talk, "I live in Bern")
    assert list(await learned(talk)) == []
    assert await readings(lab) == []
    await talk.say("/learn on")
    await wrote(talk, "I like tea very much")
    assert [fact.text for fact in await learned(talk)] == ["I like tea very much"]
    assert "Bern" not in json.dumps((await readings(lab))[-1]["messages"])


async def test_switched_off_while_the_model_thinks_nothing_is_kept(lab: Lab, talk: Talk) -> None:
    ports = talk.ports

    class Slow:
        async def ask(self, scope: Scope, given: Any, grow: Any = None) -> Any:
            async with ports.memory.work(talk.user.scope) as work:
                await work.profile.put(replace(talk.user, learns=False))
            return await ports.model.ask(scope, given, grow)

    await wrote(talk, "I live in Bern")
    assert list(await learned(talk, ports=replace(ports, model=Slow()))) == []
