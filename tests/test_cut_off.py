"""After a kill a part is begun again: what it did before it finds, and does not do twice."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

from dataclasses import replace

from bot.act import Asker, do
from bot.action import Call
from bot.begin import begin
from bot.command import understood
from bot.execute import execute
from bot.ids import new_id
from bot.message import InboundMessage
from bot.policy import Seen
from bot.ports import Ports
from bot.records import InboundState
from bot.settle import Answered, settle
from bot.suggestion import Event, State, digest_of
from bot.think import Sight, Thought, think
from tests.letterbox import done_to
from tests.path_stage import (  # noqa: F401 - fixtures
    lab,
    letter,
    ports,
    pressed,
    running,
    settings,
    shows,
    talk,
)
from tests.talk import Lab, Talk, button


async def arrived(talk: Talk, *texts: str) -> list[str]:
    """Written down, but nobody works on it: as when the process dies right after."""
    ids, ports = [], talk.ports
    async with ports.memory.door() as door:
        for text in texts:
            message = InboundMessage(
                delivery=new_id(), at=talk.at, sender=talk.person, ref="1", text=text, sent_at=ports.clock.now()
            )
            ids.append(new_id())
            await door.inbox.put(understood(message), ids[-1], ports.clock.now())
    return ids


async def test_what_had_joined_a_turn_joins_it_again(talk: Talk, ports: Ports) -> None:
    ids = await arrived(talk, "one", "two", "three", "/tasks", "four")
    first = await begin(ports, ids[0])
    assert first is not None
    assert first.own == ("one", "two", "three")
    assert await begin(ports, ids[0]) == first
    assert await begin(ports, ids[1]) is None
    four = await begin(ports, ids[4])
    assert four is not None
    assert four.own == ("four",)


async def test_what_is_not_there_is_not_begun(talk: Talk, ports: Ports) -> None:
    assert await begin(ports, new_id()) is None


async def test_a_turn_that_was_stopped_neither_thinks_nor_acts(lab: Lab, talk: Talk, ports: Ports) -> None:
    (id_,) = await arrived(talk, "pin it to a kite")
    begun = await begin(ports, id_)
    assert begun is not None
    async with ports.memory.door() as door:
        await door.inbox.mark([id_], InboundState.STOPPED)
    assert await think(ports, begun, Sight(ports, begun), []) == Thought(stopped=True)
    asker = Asker(user=talk.user, at=talk.at, own=begun.own[0], turn=id_)
    call = Call(action="post.pin", arguments={"place": "a kite"}, key=new_id())
    assert "said stop" in (await do(ports, asker, call, Seen(own=begun.own))).text
    assert done_to("a kite") == []
    assert await lab.requests() == []


async def test_an_answer_that_was_decided_is_not_refused_as_its_own_repeat(lab: Lab, talk: Talk, ports: Ports) -> None:
    card = await letter(lab, talk, "rex")
    shown = await talk.suggestion(card)
    edit = Answered(event=Event.EDIT, nonce=shown.nonce, by="a press", changes={"text": "Hi"})
    first, second = await settle(ports, talk.user, edit), await settle(ports, talk.user, edit)
    assert second == first
    assert (await talk.suggestion(card)).revision == 2


async def test_an_action_with_the_same_key_runs_once(talk: Talk, ports: Ports) -> None:
    call = Call(action="tasks.add", arguments={"title": "once"}, key=new_id())
    assert await execute(ports, talk.user, call) == await execute(ports, talk.user, call)
    async with ports.memory.work(talk.user.scope) as work:
        assert len(await work.tasks.list()) == 1


async def test_a_card_of_an_action_that_is_gone_says_so(lab: Lab, talk: Talk, ports: Ports) -> None:
    card = await letter(lab, talk, "sam")
    shown = await talk.suggestion(card)
    steps = (Call(action="post.gone", arguments={"to": "sam"}, key=new_id()),)
    async with ports.memory.work(talk.user.scope) as work:
        await work.suggestions.move(shown, replace(shown, steps=steps, digest=digest_of(steps)))
    await talk.press(button(card, "Edit"), (("text", "Hi"),))
    await shows(talk, card, "This can no longer be done.")
    assert "no action post.gone" in (await pressed(talk, card, "Approve", "failed")).text


async def test_a_card_whose_arguments_do_not_fit_any_more_says_so(lab: Lab, talk: Talk, ports: Ports) -> None:
    card = await letter(lab, talk, "ted")
    shown = await talk.suggestion(card)
    steps = (Call(action="post.send", arguments={"to": "ted"}, key=new_id()),)
    async with ports.memory.work(talk.user.scope) as work:
        await work.suggestions.move(shown, replace(shown, steps=steps, digest=digest_of(steps)))
    assert "text" in (await pressed(talk, card, "Approve", "failed")).text
    assert done_to("ted") == []
    assert (await talk.suggestion(card)).state is State.FAILED
