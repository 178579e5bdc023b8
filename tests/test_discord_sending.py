"""What is sent to Discord without listening there, as any worker does: each part once, edited in place, found again."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from adapters.chat.discord import DiscordChat, check, connect
from aurelius.clock import SystemClock
from bot.ids import derived_id, new_id
from bot.message import Address, Attachment, Choice, Kind, Reply, Upload
from bot.ports import Unsent
from lab.discord.app import TOKEN
from memory.database import Database
from tests.app_stand_in import App, AppUser, group, labels, stand_in
from tests.sounds import recording

NOBODY = "http://127.0.0.1:9/api/v10"  # where nothing listens


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def discord() -> AsyncIterator[App]:
    async with stand_in("discord") as discord:
        yield discord


@pytest_asyncio.fixture
async def made(discord: App, database: Database) -> AsyncIterator[Callable[..., DiscordChat]]:
    """Makes chats, each as a process of its own would."""
    chats: list[DiscordChat] = []

    def make(token: str = TOKEN) -> DiscordChat:
        root, gateway = f"{discord.url}/api/v10", f"{discord.url.replace('http', 'ws', 1)}/gateway"
        chat = connect(token=token, root=root, gateway=gateway, memory=database, clock=SystemClock(), alone=True)
        chats.append(chat)
        return chat

    yield make
    for chat in chats:
        await chat.close()
    await discord.forget_faults()


@pytest_asyncio.fixture
async def ann(discord: App) -> AppUser:
    ann = discord.person()
    await ann.send("hello")
    return ann


@pytest_asyncio.fixture
async def at(ann: AppUser) -> Address:
    return Address(platform="discord", tenant="", place=(await ann.screen())["chat"]["id"])


def upload(name: str, mime: str, content: bytes, kind: Kind = Kind.FILE) -> Upload:
    return Upload(about=Attachment(kind=kind, ref="r", mime=mime, size=len(content), name=name), content=content)


def paragraphs(count: int) -> str:
    return "\n\n".join(f"Part {number} " + "words " * 300 for number in range(count))


async def texts(ann: AppUser) -> list[str]:
    return [message["text"] for message in await ann.shown()]


async def test_a_voice_note_goes_out_as_one_and_files_as_files(
    made: Callable[..., DiscordChat], ann: AppUser, at: Address
) -> None:
    sound = recording("ogg", 2.0)
    voice = upload("v.ogg", "audio/ogg", sound, Kind.VOICE)
    files = (upload("a.pdf", "application/pdf", b"%PDF"), upload("b.txt", "text/plain", b"hello"))
    ref = await made().send(Reply(to=at, text="Here.", voice=voice, files=files), "key", None)
    words, spoken, filed = await ann.shown()
    assert (words["text"], ref) == ("Here.", ",".join(m["id"] for m in (words, spoken, filed)))
    (note,) = spoken["files"]
    assert (note["kind"], spoken["text"]) == ("voice", "")
    assert note["duration"] == pytest.approx(2.0, abs=0.1)
    assert 15 <= len(base64.b64decode(note["waveform"])) <= 256
    assert await ann.app.file(note["id"]) == sound
    assert [(file["name"], file["mime"]) for file in filed["files"]] == [
        ("a.pdf", "application/pdf"), ("b.txt", "text/plain"),
    ]  # fmt: skip


async def test_what_is_no_sound_goes_out_as_a_file(made: Callable[..., DiscordChat], ann: AppUser, at: Address) -> None:
    await made().send(Reply(to=at, text="", voice=upload("v.ogg", "audio/ogg", b"noise", Kind.VOICE)), "key", None)
    (shown,) = await ann.shown()
    assert [file["kind"] for file in shown["files"]] == ["audio"]


async def test_an_edit_changes_the_messages_that_are_there(
    made: Callable[..., DiscordChat], ann: AppUser, at: Address
) -> None:
    chat, choice = made(), Choice(label="Go", token="a.1")
    ref = await chat.send(Reply(to=at, text=paragraphs(3), choices=(choice,)), "key", None)
    first, second, third = await ann.shown()
    assert [labels(message) for message in (first, second, third)] == [[], [], ["Go"]]
    after = await made().send(Reply(to=at, text="Done."), "key", ref)
    (shown,) = await ann.shown()
    assert (shown["id"], shown["text"], labels(shown), after) == (first["id"], "Done.", [], first["id"])


async def test_what_a_person_deleted_is_not_written_again(
    made: Callable[..., DiscordChat], ann: AppUser, at: Address
) -> None:
    assert await made().send(Reply(to=at, text="new"), "key", "123456") == "123456"
    assert await texts(ann) == []


async def test_another_process_that_sends_the_same_shows_it_once_as_it_is_now(
    made: Callable[..., DiscordChat], ann: AppUser, at: Address
) -> None:
    first = await made().send(Reply(to=at, text="before"), "key", None)
    again = await made().send(Reply(to=at, text="after"), "key", None)
    assert (again, await texts(ann)) == (first, ["after"])


async def test_an_answer_that_a_killed_process_was_writing_is_finished_in_its_message(
    made: Callable[..., DiscordChat], ann: AppUser, at: Address
) -> None:
    turn = new_id()
    killed = made()
    await killed.progress(at, {"kind": "growing", "turn": turn, "text": "The beginning"})
    await ann.until_screen(lambda screen: any(m["growing"] for m in screen["messages"]))
    await killed.progress(at, {"kind": "idle", "turn": turn})
    await ann.app.act("later")  # no nonce is known any more
    await made().send(Reply(to=at, text="The whole."), derived_id("reply", turn), None)
    assert await texts(ann) == ["The whole."]
    assert [m["growing"] for m in (await ann.screen())["messages"] if m["author"] == "bot"] == [False]


async def test_a_send_that_broke_off_goes_on_where_it_was(
    made: Callable[..., DiscordChat], discord: App, ann: AppUser, at: Address
) -> None:
    chat, reply = made(), Reply(to=at, text=paragraphs(3))
    await discord.fault("messages.create", status=403, skip=1)
    with pytest.raises(Unsent):
        await chat.send(reply, "key", None)
    await chat.send(reply, "key", None)
    assert [text[:6] for text in await texts(ann)] == ["Part 0", "Part 1", "Part 2"]


@pytest.mark.parametrize(("act", "again"), [("block", False), ("revoke", True)])
async def test_a_refusal_says_whether_another_try_helps(
    made: Callable[..., DiscordChat], discord: App, ann: AppUser, at: Address, act: str, again: bool
) -> None:
    chat = made()
    await chat.send(Reply(to=at, text="first"), "first", None)
    await ann.act(act)
    with pytest.raises(Unsent) as refused:
        await chat.send(Reply(to=at, text="second"), "second", None)
    await discord.restore()
    assert (refused.value.again, refused.value.after > 0) == (again, again)


@pytest.mark.parametrize(
    ("fault", "again", "unsure"),
    [
        ({"drop": "after"}, True, True),
        ({"status": 429, "retry_after": 60}, True, False),
        ({"status": 400}, False, False),
    ],
)
async def test_a_failure_says_what_became_of_the_message(
    made: Callable[..., DiscordChat], discord: App, at: Address, fault: Any, again: bool, unsure: bool
) -> None:
    await discord.fault("messages.create", **fault)
    with pytest.raises(Unsent) as failed:
        await made().send(Reply(to=at, text="x"), "key", None)
    assert (failed.value.again, failed.value.unsure) == (again, unsure)


@pytest.mark.parametrize("place", ["closed", "unknown"])
async def test_a_channel_that_takes_nothing_is_not_tried_again(
    made: Callable[..., DiscordChat], ann: AppUser, at: Address, place: str
) -> None:
    room = group()
    if place == "closed":
        await ann.at(room).act("close")
    with pytest.raises(Unsent) as failed:
        await made().send(Reply(to=replace(at, place=room["id"]), text="x"), "key", None)
    assert not failed.value.again
    assert "channel" in str(failed.value)


async def test_a_file_is_downloaded_even_when_its_address_has_run_out(
    made: Callable[..., DiscordChat], discord: App, ann: AppUser, at: Address
) -> None:
    sent = await ann.send("look", file={"kind": "photo", "base64": base64.b64encode(b"pixels").decode()})
    dispatched = [e["data"] for e in await discord.events() if e["what"] == "dispatch"][-1]
    (file,) = dispatched["attachments"]
    ref = f"{at.place}/{sent['message']}/{file['id']} {file['url']}"
    attachment = Attachment(kind=Kind.IMAGE, ref=ref, mime="image/jpeg", size=6)
    chat = made()
    assert await chat.download(attachment) == b"pixels"
    await discord.act("later")
    assert await chat.download(attachment) == b"pixels"
    with pytest.raises(Unsent):
        await chat.download(replace(attachment, ref=ref.replace(sent["message"], "1")))
    with pytest.raises(Unsent):
        await chat.download(replace(attachment, size=30_000_000))


# Whether the settings work


async def test_settings_that_work_are_found_to(discord: App) -> None:
    assert await check(token=TOKEN, root=f"{discord.url}/api/v10") is None


@pytest.mark.parametrize(
    ("act", "about", "words"),
    [
        ("revoke", {}, "DISCORD_BOT_TOKEN"),
        ("content", {"on": False}, "Message Content Intent"),
        ("server", {"joined": False}, "https://discord.com/oauth2/authorize?client_id=900000000000000001&scope=bot"),
    ],
)
async def test_it_is_said_in_words_what_is_wrong(discord: App, act: str, about: Any, words: str) -> None:
    await discord.act(act, **about)
    found = await check(token=TOKEN, root=f"{discord.url}/api/v10")
    for undo, back in (("restore", {}), ("content", {"on": True}), ("server", {"joined": True})):
        await discord.act(undo, **back)
    assert found is not None
    assert words in found


async def test_nobody_answers(discord: App) -> None:
    assert "does not answer" in str(await check(token=TOKEN, root=NOBODY))
