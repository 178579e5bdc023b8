"""What every chat app must be able to do, in one set of scenes: a person's app on the stand-in of their platform, the
real SDK over the wire, the whole system on a real PostgreSQL, speech from ElevenLabs' stand-in."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

import asyncio
import io
import re
import socket
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest

from tests.app_stand_in import AppUser, card_of, code_in, group, labels, linked, stand_in
from tests.chat_stage import (  # noqa: F401 - fixtures
    NAMES,
    PICTURE,
    PLATFORMS,
    Platform,
    Stage,
    ann,
    file,
    heard,
    lab,
    only,
    speech,
    stage,
    voice_note,
)
from tests.letterbox import done_to, letter
from tests.papers import a_pdf
from tests.program import Program, killed
from tests.talk import Lab, owner_talk

# Who it is


async def test_a_stranger_gets_a_link_and_a_code_and_asks_no_model(stage: Stage) -> None:
    await stage.listens()
    eve, before = stage.app.person("Eve"), len(await stage.lab.requests())
    shown = await eve.say("what is on my list?")
    assert f"/link?code={code_in(shown)}" in shown["text"]
    assert (labels(shown), shown["files"]) == ([], [])
    assert len(await stage.lab.requests()) == before
    assert len(await eve.shown()) == 1


async def test_who_is_linked_by_a_code_is_answered(ann: AppUser) -> None:
    await ann.send("add buy oat milk to my list")
    await ann.until(lambda shown: "oat milk" in shown[-1]["text"])
    await ann.send("what's on my list?")
    await ann.until(lambda shown: len(shown) > 3 and "oat milk" in shown[-1]["text"])


# Cards


async def test_a_card_shows_every_argument_and_runs_once(stage: Stage, ann: AppUser) -> None:
    to = f"Bob by {stage.platform.name}"
    card = await card_of(stage.lab, ann, "write to Bob", letter(to, at="3pm"))
    assert labels(card) == ["Approve", "Edit", "Deny", "Later", "Always"]
    assert all(words in card["text"] for words in ("Hello", to, "3pm"))
    await asyncio.gather(*(ann.press(card, "Approve") for _ in range(3)))
    assert labels(await stage.outcome(ann, card, f"Sent to {to}")) == []
    assert done_to(to) == ["Hello 3pm"]


async def test_a_card_that_is_denied_runs_nothing(stage: Stage, ann: AppUser) -> None:
    to = f"Dora by {stage.platform.name}"
    card = await card_of(stage.lab, ann, "write to Dora", letter(to))
    await ann.press(card, "Deny")
    assert labels(await stage.outcome(ann, card, "Declined")) == []
    assert done_to(to) == []


async def test_a_card_is_changed_and_then_runs_as_changed(stage: Stage, ann: AppUser) -> None:
    to = f"Emil by {stage.platform.name}"
    card = await card_of(stage.lab, ann, "write to Emil", letter(to, at="3pm"))
    await ann.press(card, "Edit")
    if stage.platform.forms:
        form = await ann.form()
        assert {field["name"]: field["value"] for field in form["fields"]} == {"to": to, "text": "Hello", "at": "3pm"}
        await ann.submit({"at": "4pm"})
    else:
        question = await ann.until(lambda shown: "What should be different" in shown[-1]["text"] and shown[-1])
        await ann.send("at: 4pm", reply_to=question["id"])
    changed = await stage.outcome(ann, card, "4pm")
    assert "Approve" in labels(changed)
    assert (await ann.screen())["form"] is None
    await ann.press(changed, "Approve")
    await stage.outcome(ann, changed, f"Sent to {to}")
    assert done_to(to) == ["Hello 4pm"]


async def test_a_plain_yes_answers_the_card(stage: Stage, ann: AppUser) -> None:
    to = f"Fay by {stage.platform.name}"
    card = await card_of(stage.lab, ann, "write to Fay", letter(to))
    await ann.send("yes")
    await stage.outcome(ann, card, f"Sent to {to}")
    assert done_to(to) == ["Hello"]


async def test_what_was_done_is_taken_back(stage: Stage, ann: AppUser) -> None:
    await ann.send("add water the plants to my list")
    added = await ann.until(lambda shown: labels(shown[-1]) == ["Undo"] and shown[-1])
    await ann.press(added, "Undo")
    assert labels(await stage.outcome(ann, added, "↩️")) == []
    assert "plants" not in (await ann.say("/tasks"))["text"]


@only(lambda platform: platform.groups)
async def test_nobody_else_can_press(stage: Stage, ann: AppUser) -> None:
    to, family = f"Gus by {stage.platform.name}", group()
    bob = await linked(stage.ports, stage.app, "Bob")
    here, there = ann.at(family), bob.at(family)
    card = await card_of(stage.lab, here, "write to Gus", letter(to), mention=True)
    await there.press(card, "Approve")
    await here.until(lambda shown: shown[-1]["id"] != card["id"])
    assert done_to(to) == []
    assert "Approve" in labels(await here.becomes(card, to))
    await here.press(card, "Approve")
    await stage.outcome(here, card, f"Sent to {to}")
    assert done_to(to) == ["Hello"]


async def test_a_button_of_before_a_restart_works(stage: Stage, ann: AppUser) -> None:
    to = f"Carl by {stage.platform.name}"
    card = await card_of(stage.lab, ann, "write to Carl", letter(to))
    times = heard(await stage.app.events(), stage.platform)
    await stage.running.restart()
    await stage.listens(times + 1 if stage.platform.heard else 1)
    await ann.press(card, "Approve")
    await stage.outcome(ann, card, f"Sent to {to}")
    assert done_to(to) == ["Hello"]


# Voice, pictures and files


async def test_a_voice_note_is_heard_and_answered_by_one(stage: Stage, ann: AppUser) -> None:
    await stage.speech.hears("add buy stamps to my list")
    await ann.send(file=voice_note())
    spoken = await ann.until(lambda shown: shown[-1]["files"] and shown[-1])
    assert any("stamps" in m["text"] for m in await ann.shown())
    (answer,) = spoken["files"]
    assert answer["kind"] == stage.platform.voice
    assert answer["duration"] is None or answer["duration"] > 0
    with av.open(io.BytesIO(await stage.app.file(answer["id"])), "r") as sound:
        assert [stream.type for stream in sound.streams] == ["audio"]
        assert sound.duration


async def test_a_spoken_yes_answers_the_card(stage: Stage, ann: AppUser) -> None:
    to = f"Hal by {stage.platform.name}"
    card = await card_of(stage.lab, ann, "write to Hal", letter(to))
    await stage.speech.hears("Yes.")
    await ann.send(file=voice_note())
    await stage.outcome(ann, card, f"Sent to {to}")
    assert done_to(to) == ["Hello"]


async def test_a_recording_that_is_not_understood_is_told(stage: Stage, ann: AppUser) -> None:
    await stage.speech.hears("")
    before = len(await stage.lab.requests())
    assert (await ann.say(file=voice_note()))["text"]
    assert len(await stage.lab.requests()) == before


async def test_a_picture_is_seen_by_the_model(stage: Stage, ann: AppUser) -> None:
    sent = file("photo", "cat.jpg", "image/jpeg", PICTURE)
    await stage.lab.script({"text": "I see it."}, match={"text": "what is this?"})
    await ann.send("what is this?", file=sent)
    await ann.until(lambda shown: shown[-1]["text"] == "I see it.")
    said = (await stage.lab.requests())[-1]["body"]["messages"]
    blocks = [block for message in said if isinstance(message["content"], list) for block in message["content"]]
    assert [b["source"]["data"] for b in blocks if b["type"] == "image"] == [sent["base64"]]


async def test_a_pdf_is_read_and_what_stands_in_it_are_words_of_others(stage: Stage, ann: AppUser) -> None:
    await stage.lab.script({"text": "I have read it."}, match={"text": "what does it cost?"})
    offer = a_pdf(f"An offer for {stage.platform.name}.", "The price is 4711 francs.")
    await ann.send("what does it cost?", file=file("document", "offer.pdf", "application/pdf", offer))
    await ann.until(lambda shown: shown[-1]["text"] == "I have read it.")
    said = str((await stage.lab.requests())[-1]["body"]["messages"])
    assert "4711 francs" in said.partition('<untrusted source="file offer.pdf')[2]


# Answers


@only(lambda platform: platform.grows)
async def test_an_answer_grows_and_then_stands_there_once(stage: Stage, ann: AppUser) -> None:
    text = " ".join(f"word{number}" for number in range(80))
    await stage.lab.script({"text": text, "latency": 2}, match={"text": "tell me slowly"})
    await ann.send("tell me slowly")
    seen: set[str] = set()

    def finished(screen: Any) -> bool:
        ours = [m for m in screen["messages"] if m["author"] == "bot"]
        seen.update(m["text"].strip() for m in ours)
        return bool(ours[-1]["text"].strip() == text and not ours[-1]["growing"])

    await ann.until_screen(finished)
    assert any(text.startswith(part.rstrip(" …▍")) for part in seen if part.startswith("word0") and part != text)
    assert sum(m["text"] == text for m in await ann.shown()) == 1


async def test_a_long_answer_comes_whole_and_in_order_through_two_pauses(stage: Stage, ann: AppUser) -> None:
    """Before its first part and amid its parts; each part holds whole paragraphs."""
    text = "\n\n".join(f"Paragraph {number} <b> & <!channel> _more_ 🙂 " + "words " * 45 for number in range(60))
    await stage.lab.script({"text": text}, match={"text": "tell me everything"})
    for skip in (0, 1):
        await stage.app.fault(stage.platform.sends, status=429, retry_after=1, skip=skip)
    before, earlier = len(await ann.shown()), len(await stage.app.calls(stage.platform.sends))
    await ann.send("tell me everything")
    shown = (await ann.until(lambda shown: "Paragraph 59" in shown[-1]["text"] and shown))[before:]
    assert len(shown) > 3
    assert all(m["text"].startswith("Paragraph") for m in shown)
    assert re.findall(r"Paragraph (\d+)", " ".join(m["text"] for m in shown)) == [str(number) for number in range(60)]
    assert " ".join(m["text"] for m in shown).split() == text.replace("_more_", "more").split()
    calls = (await stage.app.calls(stage.platform.sends))[earlier:]
    pauses = [after["at"] - call["at"] for call, after in pairwise(calls) if call["status"] == 429]
    first, second, *_ = pauses  # Discord's own limit may follow
    assert min(first, second) >= 1


# Troubles


async def test_what_is_delivered_again_and_late_is_answered_once(stage: Stage, ann: AppUser) -> None:
    first = await ann.send("/task number one")
    await ann.until(lambda shown: "number one" in shown[-1]["text"])
    await ann.send("/task number two")
    await stage.app.again(first["event"])
    await ann.until(lambda shown: "number two" in shown[-1]["text"])
    await ann.send("/tasks")
    tasks = await ann.until(lambda shown: all(words in shown[-1]["text"] for words in ("one", "two")) and shown[-1])
    assert tasks["text"].count("number one") == 1
    assert sum("number one" in m["text"] for m in await ann.shown()) == 2


async def test_what_is_said_in_one_breath_is_answered_in_its_order(ann: AppUser) -> None:
    for number in range(3):
        await ann.send(f"/task number {number}")
    shown = await ann.until(lambda shown: "number 2" in shown[-1]["text"] and shown[-3:])
    assert [re.findall(r"number (\d)", m["text"])[0] for m in shown] == ["0", "1", "2"]


async def test_a_line_that_is_cut_is_taken_up_again(stage: Stage, ann: AppUser) -> None:
    await stage.app.drop()
    await ann.send("add buy salt to my list")
    await ann.until(lambda shown: "salt" in shown[-1]["text"])
    await ann.send("/tasks")
    tasks = await ann.until(lambda shown: "salt" in shown[-1]["text"] and not labels(shown[-1]) and shown[-1])
    assert tasks["text"].count("salt") == 1


async def test_a_token_that_is_refused_for_a_while_stops_nobody_else_and_is_tried_again(
    stage: Stage, ann: AppUser
) -> None:
    times = heard(await stage.app.events(), stage.platform)
    await stage.app.revoke()
    await stage.app.drop()
    elsewhere = await owner_talk(stage.ports)
    assert (await elsewhere.say("hi"))[-1].text
    await stage.app.restore()
    await stage.listens(times + 1 if stage.platform.heard else 1)
    await ann.send("add buy sugar to my list")
    await ann.until(lambda shown: "sugar" in shown[-1]["text"])


@pytest.mark.parametrize("platform", PLATFORMS, ids=NAMES)
async def test_a_killed_program_runs_what_was_approved_before_once(
    platform: Platform, lab: Lab, tmp_path: Path
) -> None:
    async with stand_in(platform.name) as app:
        with closing(socket.create_server(("127.0.0.1", 0))) as probe:
            port = str(probe.getsockname()[1])
        settings = {name.upper(): value for name, value in platform.settings(app.url).items()}
        program, ann = Program.in_folder(tmp_path, AURELIUS_PORT=port, **settings), app.person()

        async def listens(times: int) -> None:
            if platform.hook:
                await app.act("webhook", url=f"http://127.0.0.1:{port}{platform.hook}")
            await app.until(lambda events: heard(events, platform) >= times)

        async with program.running() as process:
            await listens(1)
            await program.run("link", code_in(await ann.say("hello")))
            await ann.until(lambda shown: "You are linked" in shown[-1]["text"])
            await ann.send("remember that I like peppermint tea")
            await ann.until(lambda shown: "peppermint" in shown[-1]["text"])
            await ann.send("forget that I like peppermint tea")
            card = await ann.until(lambda shown: labels(shown[-1])[:1] == ["Approve"] and shown[-1])
            await killed(process)
        async with program.running():
            await listens(2)
            await asyncio.gather(ann.press(card, "Approve"), ann.press(card, "Approve"))
            await ann.until(lambda shown: [m for m in shown if "✅" in m["text"]])
            await ann.send("/recall tea")
            await ann.until(lambda shown: "peppermint" not in shown[-1]["text"] and "tea" in shown[-1]["text"])
