"""What Slack's adapter sends, call by call: the real SDK against the stand-in, within the whole system."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from adapters.chat.slack import SlackChat
from bot.ids import derived_id, new_id
from bot.message import Address, Attachment, Choice, Kind, Reply, Upload
from bot.ports import Ports, Unsent
from tests.app_stand_in import App, AppUser
from tests.path_stage import Running, lab, ports, running  # noqa: F401 - fixtures
from tests.slack_stage import settings, slack  # noqa: F401 - fixtures
from tests.sounds import recording

UNDO = (Choice(label="Undo", token="u.nonce"),)


@pytest.fixture
def chat(ports: Ports) -> SlackChat:
    found = ports.platforms["slack"]
    assert isinstance(found, SlackChat)
    return found


@pytest_asyncio.fixture
async def ann(slack: App, chat: SlackChat) -> AppUser:
    """A stranger, who was answered; what she sees counts from there."""
    await slack.forget_faults()
    ann = slack.person()
    await ann.say("hello")
    return ann


def at(ann: AppUser, thread: str = "") -> Address:
    return Address(platform="slack", tenant="T0LAB", place=f"DLAB{ann.id}", thread=thread)


def upload(name: str, mime: str, content: bytes, kind: Kind = Kind.FILE) -> Upload:
    return Upload(about=Attachment(kind=kind, ref="", mime=mime, size=len(content), name=name), content=content)


async def texts(ann: AppUser) -> list[str]:
    return [message["text"] for message in (await ann.shown())[1:]]


async def test_parts_that_are_no_longer_needed_are_deleted(chat: SlackChat, ann: AppUser) -> None:
    long = Reply(to=at(ann), text="\n\n".join("words " * 400 for _ in range(3)))
    ref = await chat.send(long, new_id(), None)
    assert len(await texts(ann)) == 3
    short = await chat.send(Reply(to=at(ann), text="short", choices=UNDO), new_id(), ref)
    assert (await texts(ann), short) == (["short"], str(ref).split(",")[0])
    grown = await chat.send(long, new_id(), short)
    assert (len(await texts(ann)), len(str(grown).split(","))) == (3, 3)


async def test_files_and_voice_come_beside_the_words_once(chat: SlackChat, slack: App, ann: AppUser) -> None:
    voice = upload("answer.ogg", "audio/ogg", recording(), Kind.VOICE)
    reply = Reply(to=at(ann), text="here", voice=voice, files=(upload("plan.pdf", "application/pdf", b"%PDF"),))
    key = new_id()
    ref = await chat.send(reply, key, None)
    words, files = (await ann.shown())[1:]
    assert (words["text"], words["files"]) == ("here", [])
    assert [(file["name"], file["kind"]) for file in files["files"]] == [
        ("answer.m4a", "audio"),
        ("plan.pdf", "document"),
    ]
    assert await slack.file(files["files"][1]["id"]) == b"%PDF"
    await chat.send(reply, key, ref)
    assert len(await ann.shown()) == 3
    sound = upload("broken.ogg", "audio/ogg", b"no sound", Kind.VOICE)
    await chat.send(Reply(to=at(ann), text="", voice=sound), new_id(), None)
    assert (await ann.shown())[-1]["files"][0]["name"] == "broken.ogg"


@pytest.mark.parametrize(
    ("fault", "again", "unsure", "words"),
    [
        ({"error": "channel_not_found"}, False, False, "channel_not_found"),
        ({"error": "is_archived"}, False, False, "is_archived"),
        ({"error": "msg_too_long"}, False, False, "msg_too_long"),
        ({"error": "token_revoked"}, True, False, "refuses our token"),
        ({"error": "account_inactive"}, True, False, "refuses our token"),
        ({"error": "fatal_error"}, True, True, "fatal_error"),
        ({"status": 503}, True, True, "internal_error"),
        ({"status": 429, "retry_after": 3}, True, False, "pause"),
        ({"drop": "before"}, True, True, "does not answer"),
    ],
)
async def test_what_is_not_taken_says_whether_to_try_again(
    chat: SlackChat, slack: App, ann: AppUser, fault: dict[str, Any], again: bool, unsure: bool, words: str
) -> None:
    await slack.fault("chat.postMessage", **fault)
    with pytest.raises(Unsent, match=words) as refused:
        await chat.send(Reply(to=at(ann), text="hi"), new_id(), None)
    assert (refused.value.again, refused.value.unsure) == (again, unsure)
    assert refused.value.after == {"token_revoked": 30.0, "account_inactive": 30.0}.get(
        str(fault.get("error")), float(fault.get("retry_after", 0))
    )


async def test_a_workspace_that_we_are_not_in_takes_nothing(chat: SlackChat) -> None:
    with pytest.raises(Unsent, match="not installed") as refused:
        await chat.send(Reply(to=Address(platform="slack", tenant="T0NONE", place="D1"), text="hi"), new_id(), None)
    assert not refused.value.again


async def test_a_pause_at_the_end_of_a_growing_answer_repeats_nothing(
    chat: SlackChat, slack: App, ann: AppUser
) -> None:
    root = (await ann.send("question"))["message"]
    await ann.until(lambda shown: len(shown) == 2)
    for thread, method in (("", "chat.update"), (root, "chat.stopStream")):
        turn = new_id()
        await grown(chat, slack, at(ann, thread), turn)
        await slack.fault(method, status=429, retry_after=1)
        reply = Reply(to=at(ann, thread), text="It is four.", choices=UNDO)
        before = len(await ann.shown())
        with pytest.raises(Unsent, match="pause"):
            await chat.send(reply, derived_id("reply", turn), None)
        await chat.send(reply, derived_id("reply", turn), None)
        assert [m["text"] for m in (await ann.shown())[before:]] == ["It is four."]


async def grown(chat: SlackChat, slack: App, where: Address, turn: str) -> None:
    """An answer of which a part is shown."""
    method = "chat.startStream" if where.thread else "chat.postMessage"
    before = len([call for call in await slack.calls(method) if call["status"] == 200])
    await chat.progress(where, {"kind": "growing", "turn": turn, "text": "It is "})
    await slack.called(method, before + 1)


async def test_the_beginning_of_an_answer_that_a_killed_process_left_becomes_the_answer(
    running: Running, chat: SlackChat, slack: App, ann: AppUser
) -> None:
    await grown(chat, slack, at(ann), turn := new_id())
    await running.restart()
    after = running.system.ports.platforms["slack"]
    await after.send(Reply(to=at(ann), text="It is four."), derived_id("reply", turn), None)
    assert await texts(ann) == ["It is four."]
    await after.send(Reply(to=at(ann), text="And more."), new_id(), None)
    assert await texts(ann) == ["It is four.", "And more."]


async def test_a_stream_that_slack_ended_by_itself_is_written_anew(chat: SlackChat, slack: App, ann: AppUser) -> None:
    root, turn = (await ann.send("question"))["message"], new_id()
    await ann.until(lambda shown: len(shown) == 2)
    await grown(chat, slack, at(ann, root), turn)
    await slack.act("end_streams")
    await chat.send(Reply(to=at(ann, root), text="It is four."), derived_id("reply", turn), None)
    assert (await texts(ann))[-1] == "It is four."


async def test_an_answer_that_grew_and_needs_no_words_leaves_none(chat: SlackChat, slack: App, ann: AppUser) -> None:
    await grown(chat, slack, at(ann), turn := new_id())
    only = Reply(to=at(ann), text="", files=(upload("a.txt", "text/plain", b"a"),))
    await chat.send(only, derived_id("reply", turn), None)
    shown = (await ann.shown())[1:]
    assert [(message["text"], len(message["files"])) for message in shown] == [("", 1)]


@pytest.mark.parametrize("address", ["https://evil.example/a", "http://files.slack.com/a", "https://slack.com.evil/a"])
async def test_our_token_goes_to_slack_alone(chat: SlackChat, ann: AppUser, address: str) -> None:
    with pytest.raises(Unsent, match="not kept by Slack"):
        await chat.download(Attachment(kind=Kind.FILE, ref=f"T0LAB {address}", mime="text/plain", size=1))


async def test_a_file_that_is_gone_is_told(chat: SlackChat, slack: App, ann: AppUser) -> None:
    gone = f"T0LAB {slack.url}/files-pri/T0LAB-F404/download/a.txt"
    with pytest.raises(Unsent, match="404"):
        await chat.download(Attachment(kind=Kind.FILE, ref=gone, mime="text/plain", size=1))


async def test_many_people_are_written_to_at_once(chat: SlackChat, slack: App) -> None:
    people = [slack.person() for _ in range(5)]
    await asyncio.gather(*(person.say("hello") for person in people))
    await asyncio.gather(*(chat.send(Reply(to=at(person), text="news"), new_id(), None) for person in people))
    assert [await texts(person) for person in people] == [["news"]] * 5
