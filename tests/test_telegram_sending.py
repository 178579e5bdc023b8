"""Telegram's other kinds of messages, its settings and its troubles: the real SDK against the Bot API's stand-in."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
import structlog

from adapters.chat.telegram import check, connect
from adapters.chat.telegram.taking import TRIES, Taking, Untaken, in_order
from bot.ids import new_id
from bot.message import Address, Attachment, Inbound, Kind, Reply, Upload
from bot.people import Person
from bot.ports import ChatPlatform, Form, Home, Ports, Request, Unsent
from bot.shortcuts import OWN, SHORTCUTS
from lab.telegram.app import TOKEN
from tests.app_stand_in import App, AppUser, stand_in
from tests.path_stage import lab, ports, running  # noqa: F401 - fixtures
from tests.telegram_stand_in import ann, settings, telegram  # noqa: F401 - fixtures

OPUS = b"OggS" + bytes(24) + b"OpusHead" + bytes(99)


@pytest.fixture
def chat(ports: Ports) -> ChatPlatform:
    return ports.platforms["telegram"]


def to(person: AppUser) -> Address:
    return Address(platform="telegram", tenant=TOKEN.partition(":")[0], place=person.id)


def upload(name: str, mime: str, content: bytes, kind: Kind = Kind.FILE, duration: float | None = None) -> Upload:
    about = Attachment(kind=kind, ref=new_id(), mime=mime, size=len(content), name=name, duration=duration)
    return Upload(about=about, content=content)


VOICE = upload("answer.ogg", "audio/ogg", OPUS, Kind.VOICE, 3.4)


# Files and voice notes


async def test_a_voice_note_of_ours_is_a_real_one(chat: ChatPlatform, telegram: App, ann: AppUser) -> None:
    ref = await chat.send(Reply(to=to(ann), text="", voice=VOICE), new_id(), None)
    shown = (await ann.shown())[-1]
    assert (ref, shown["text"]) == (f"{shown['id']},+1", "")
    (file,) = shown["files"]
    assert (file["kind"], file["mime"], file["duration"]) == ("voice", "audio/ogg", 3)
    assert await telegram.file(file["id"]) == OPUS


async def test_who_forbids_voice_notes_gets_a_file(chat: ChatPlatform, telegram: App, ann: AppUser) -> None:
    await telegram.fault("sendVoice", status=400)
    await chat.send(Reply(to=to(ann), text="", voice=VOICE), new_id(), None)
    assert [file["kind"] for file in (await ann.shown())[-1]["files"]] == ["document"]


async def test_words_come_first_then_the_voice_then_the_files(chat: ChatPlatform, telegram: App, ann: AppUser) -> None:
    files = (upload("cat.png", "image/png", b"\x89PNG"), upload("list.pdf", "application/pdf", b"%PDF"))
    ref = await chat.send(Reply(to=to(ann), text="Here.", voice=VOICE, files=files), new_id(), None)
    shown = (await ann.shown())[-4:]
    assert [(m["text"], [file["kind"] for file in m["files"]]) for m in shown] == [
        ("Here.", []), ("", ["voice"]), ("", ["photo"]), ("", ["document"]),
    ]  # fmt: skip
    assert ref == ",".join([*(m["id"] for m in shown), "+3"])
    (pdf,) = shown[-1]["files"]
    assert (pdf["name"], pdf["mime"], await telegram.file(pdf["id"])) == ("list.pdf", "application/pdf", b"%PDF")


async def test_an_edit_changes_the_words_and_sends_no_file_again(chat: ChatPlatform, ann: AppUser) -> None:
    file = upload("list.pdf", "application/pdf", b"%PDF")
    ref = await chat.send(Reply(to=to(ann), text="word " * 1500, files=(file,)), new_id(), None)
    before = await ann.shown()
    after = await chat.send(Reply(to=to(ann), text="Short.", files=(file,)), new_id(), ref)
    shown = await ann.shown()
    assert [m["id"] for m in shown] == [m["id"] for m in before if m["id"] != before[-2]["id"]]
    assert [m["text"] for m in shown[-2:]] == ["Short.", ""]
    assert after == f"{shown[-2]['id']},{shown[-1]['id']},+1"


async def test_a_send_that_broke_off_before_the_file_goes_on_with_it(
    chat: ChatPlatform, telegram: App, ann: AppUser
) -> None:
    key, reply = new_id(), Reply(to=to(ann), text="Here.", files=(upload("a.pdf", "application/pdf", b"%PDF"),))
    before = len(await ann.shown())
    await telegram.fault("sendDocument", status=429, retry_after=1)
    with pytest.raises(Unsent) as pause:
        await chat.send(reply, key, None)
    assert pause.value.after == 1.0
    await chat.send(reply, key, None)
    assert [m["text"] for m in (await ann.shown())[before:]] == ["Here.", ""]


# What people see before they write


async def test_the_app_offers_our_commands(telegram: App, ann: AppUser) -> None:
    answer = (await telegram.called("setMyCommands"))[0]["given"]["commands"]
    offered = {command["command"]: command["description"] for command in answer}
    assert offered == {name: shortcut.about for name, shortcut in SHORTCUTS.items()} | OWN
    await ann.command("tasks")
    await ann.until(lambda shown: "task" in shown[-1]["text"])


# Settings


async def test_good_settings_are_said_to_be_good(telegram: App) -> None:
    assert await check(token=TOKEN, root=telegram.url, secret=None, public_url="") is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"token": "4242"}, "does not look like a token"),
        ({"token": TOKEN[:-1] + "x"}, "refuses the bot's token"),
        ({"root": "http://127.0.0.1:9"}, "does not answer"),
        ({"secret": "with spaces"}, "TELEGRAM_WEBHOOK_SECRET"),
        ({"secret": "good"}, "PUBLIC_URL"),
        ({"secret": "good", "public_url": "http://aurelius.example"}, "https"),
    ],
)
async def test_wrong_settings_are_explained(telegram: App, given: dict[str, str], words: str) -> None:
    about: dict[str, Any] = {"token": TOKEN, "root": telegram.url, "secret": None, "public_url": ""} | given
    problem = await check(**about)
    assert problem is not None
    assert words in problem


async def test_a_webhook_of_somebody_else_is_told_and_left() -> None:
    async with stand_in("telegram") as theirs:
        theirs_too = f"{theirs.url}/bot{TOKEN}/"
        await theirs.http.post(theirs_too + "setWebhook", json={"url": "https://elsewhere.example/hook"})
        about: dict[str, Any] = {"token": TOKEN, "root": theirs.url, "secret": None, "public_url": ""}
        problem = await check(**about)
        assert problem is not None
        assert "https://elsewhere.example/hook" in problem
        assert not await theirs.calls("deleteWebhook")
        await theirs.http.post(theirs_too + "setWebhook", json={"url": "https://us.example/webhooks/telegram"})
        assert await check(**about) is None


# Troubles


async def test_a_token_that_is_refused_and_then_taken_again_loses_nothing(telegram: App, ann: AppUser) -> None:
    before = len(await telegram.events())
    await telegram.revoke()
    await telegram.drop()
    await ann.send("add buy sugar to my list")
    await telegram.until(lambda events: [e for e in events[before:] if e.get("status") == 401])
    await telegram.restore()
    await ann.until(lambda shown: "sugar" in shown[-1]["text"])


class Desk:
    """A desk whose database is away at first."""

    def __init__(self) -> None:
        self.away, self.received = True, list[Inbound]()

    async def receive(self, inbound: Inbound) -> None:
        if self.away:
            self.away = False
            raise ConnectionError("the database is away")
        self.received.append(inbound)

    async def form(self, sender: Person, token: str) -> Form | None:
        return None

    async def home(self, sender: Person) -> Home | None:
        return None


async def test_a_webhook_acknowledges_only_what_was_written_down(ports: Ports, telegram: App, ann: AppUser) -> None:
    desk, chat = Desk(), connect(
        token=TOKEN, root=telegram.url, secret="s3cret", public_url="", memory=ports.memory, clock=ports.clock,
        alone=True,
    )  # fmt: skip
    (hook,) = chat.hooks(desk)
    private = {"id": int(ann.id), "type": "private", "first_name": "Ann"}
    said = {"message_id": 1, "date": 1, "chat": private, "from": private | {"is_bot": False}, "text": "hi"}
    request = Request(
        method="POST", path=hook.path, query={}, headers={"x-telegram-bot-api-secret-token": "s3cret"},
        body=json.dumps({"update_id": 9, "message": said}).encode(),
    )  # fmt: skip
    assert [(await hook.answer(request)).status for _ in range(2)] == [503, 200]
    assert [item.delivery for item in desk.received] == ["9"]
    await chat.close()


async def test_what_nobody_could_write_down_comes_again_in_its_order() -> None:
    down, taken = True, list[int]()

    async def hand_in(update: Mapping[str, Any]) -> None:
        if down:
            raise ConnectionError("the database is away")
        taken.append(update["update_id"])

    taking, updates = Taking(hand_in), [update(number) for number in range(3)]
    for _ in range(2 * TRIES):
        with pytest.raises(Untaken):
            await in_order(updates, taking.take)
    down = False
    await in_order(updates, taking.take)
    assert taken == [0, 1, 2]


async def test_one_update_that_always_fails_does_not_block_its_chat_for_ever() -> None:
    taken = list[int]()

    async def hand_in(update: Mapping[str, Any]) -> None:
        if update["update_id"] == 1:
            raise ValueError("no row can hold this")
        taken.append(update["update_id"])

    taking, updates = Taking(hand_in), [update(number) for number in range(3)]
    with structlog.testing.capture_logs() as logs:
        for _ in range(TRIES):
            with pytest.raises(Untaken):
                await in_order(updates, taking.take)
        await in_order(updates, taking.take)
    assert set(taken) == {0, 2}
    assert [entry["update"] for entry in logs if entry["event"] == "telegram_update_left"] == [1]


def update(number: int) -> dict[str, Any]:
    return {"update_id": number, "message": {"chat": {"id": 7}}}
