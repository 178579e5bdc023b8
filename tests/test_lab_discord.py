"""The stand-in of Discord refuses what the real one refuses, in its words, and keeps its promises at the gateway."""

from __future__ import annotations

import asyncio
import json
import socket as sockets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import pytest_asyncio
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from lab.discord.app import TOKEN
from lab.discord.app import discord as stand_in_app
from lab.discord.gateway import CONTENT, DIRECT_MESSAGES, GUILD_MESSAGES, GUILDS, MEMBERS
from tests.app_stand_in import App, AppUser, group, stand_in
from tests.talk import WAIT

AGENT = "DiscordBot (https://example.com, 1) Tests"
VOICE = {"flags": 8192, "attachments": [{"id": 0, "filename": "v.ogg", "duration_secs": 1.0, "waveform": "AAAA"}]}
SOUND = {"files[0]": ("v.ogg", b"OggS", "audio/ogg")}
INTENTS = GUILDS | GUILD_MESSAGES | DIRECT_MESSAGES | CONTENT


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def discord() -> AsyncIterator[App]:
    async with stand_in("discord") as discord:
        yield discord


@dataclass
class Api:
    """Calls with the bot's token; answers (status, body)."""

    app: App
    place: str
    token: str = TOKEN

    async def call(self, method: str, path: str, body: Any = None, files: Any = None) -> tuple[int, Any]:
        headers = {"authorization": f"Bot {self.token}", "user-agent": AGENT}
        about: dict[str, Any] = {"json": body} if body is not None else {}
        if files is not None:
            about = {"data": {"payload_json": json.dumps(body)}, "files": files}
        url = f"/api/v10{path.format(here=f'/channels/{self.place}')}"
        answer = await self.app.http.request(method, url, headers=headers, **about)
        return answer.status_code, answer.json() if answer.content else None

    async def post(self, **body: Any) -> tuple[int, Any]:
        return await self.call("POST", "{here}/messages", body)


@pytest.fixture
def ann(discord: App) -> AppUser:
    return discord.person()


@pytest_asyncio.fixture
async def api(discord: App, ann: AppUser) -> Api:
    await ann.send("hello")
    return Api(discord, (await ann.screen())["chat"]["id"])


def row(*buttons: Any) -> dict[str, Any]:
    return {"type": 1, "components": list(buttons)}


def button(token: str = "a.1", **more: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "Go", "custom_id": token} | more


# REST


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({}, 50006, "Cannot send an empty message"),
        ({"content": "x" * 2001}, 50035, "Must be 2000 or fewer in length."),
        ({"content": "x", "nonce": "n" * 26}, 50035, "Must be 25 or fewer in length."),
        ({"content": "x", "flags": 1 << 30}, 50035, "The message flags are invalid."),
        ({"content": "x", "components": [row()]}, 50035, "Must be between 1 and 5"),
        ({"content": "x", "components": [row(button())] * 6}, 50035, "Must be 5 or fewer"),
        ({"content": "x", "components": [row(*[button(f"a.{n}") for n in range(6)])]}, 50035, "between 1 and 5"),
        ({"content": "x", "components": [row(button(), button())]}, 50035, "cannot be duplicated"),
        ({"content": "x", "components": [row(button("y" * 101))]}, 50035, "between 1 and 100"),
        ({"content": "x", "components": [row(button(label="y" * 81))]}, 50035, "Must be 80 or fewer"),
        ({"content": "x", "components": [row(button(style=9))]}, 50035, "This field is required"),
        ({"content": "x", "components": [button()]}, 50035, "must be one of (1,)"),
        ({"content": "x", "attachments": [{"id": 3}]}, 50035, "Uploaded file not found."),
    ],
)
async def test_a_message_that_does_not_fit_is_refused(api: Api, body: Any, code: int, words: str) -> None:
    status, answer = await api.post(**body)
    assert (status, answer["code"]) == (400, code)
    assert words in json.dumps(answer)


@pytest.mark.parametrize(
    ("body", "files", "code"),
    [
        (VOICE | {"content": "hi"}, SOUND, 50159),
        (VOICE | {"attachments": []}, SOUND, 50160),
        (VOICE, {"files[0]": ("v.pdf", b"%PDF", "application/pdf")}, 50160),
        (VOICE, SOUND | {"files[1]": ("w.ogg", b"OggS", "audio/ogg")}, 50160),
        (VOICE | {"attachments": [{"id": 0, "filename": "v.ogg"}]}, SOUND, 50161),
    ],
)
async def test_a_voice_note_is_one_sound_with_its_picture_and_nothing_else(
    api: Api, body: Any, files: Any, code: int
) -> None:
    status, answer = await api.call("POST", "{here}/messages", body, files)
    assert (status, answer["code"]) == (400, code)


async def test_a_voice_note_is_taken_and_cannot_be_edited(api: Api, ann: AppUser) -> None:
    status, message = await api.call("POST", "{here}/messages", VOICE, SOUND)
    assert (status, message["flags"]) == (200, 8192)
    shown = (await ann.shown())[-1]["files"][0]
    assert (shown["kind"], shown["duration"], shown["waveform"]) == ("voice", 1.0, "AAAA")
    assert await ann.app.file(shown["id"]) == b"OggS"
    status, answer = await api.call("PATCH", f"{{here}}/messages/{message['id']}", {"content": "x"})
    assert (status, answer["code"]) == (400, 50162)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/moon", 404, 0),
        ("POST", "/channels/1/messages", 404, 10003),
        ("POST", "/channels/1/typing", 404, 10003),
        ("PATCH", "{here}/messages/1", 404, 10008),
        ("DELETE", "{here}/messages/1", 404, 10008),
        ("GET", "{here}/messages?limit=101", 400, 50035),
        ("POST", "/users/@me/channels", 404, 10013),
        ("POST", "/interactions/1/t/callback", 404, 10062),
        ("PATCH", "/webhooks/1/t/messages/@original", 404, 10015),
        ("PUT", "/applications/900000000000000001/commands", 400, 30032),
    ],
)
async def test_what_is_not_there_is_not_found(api: Api, method: str, path: str, status: int, code: int) -> None:
    body = None if method == "GET" else {"content": "x", "recipient_id": "1", "type": 6}
    found, answer = await api.call(method, path, body)
    assert (found, answer["code"]) == (status, code)


async def test_a_wrong_token_and_a_nameless_client_are_refused(api: Api, discord: App) -> None:
    assert (await Api(discord, api.place, "wrong").post(content="x"))[0] == 401
    headers = {"authorization": f"Bot {TOKEN}", "user-agent": "curl"}
    answer = await discord.http.get("/api/v10/users/@me", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, 40333)


async def test_a_message_of_somebody_else_is_not_edited(api: Api, ann: AppUser) -> None:
    said = (await ann.screen())["messages"][0]
    status, answer = await api.call("PATCH", f"{{here}}/messages/{said['id']}", {"content": "x"})
    assert (status, answer["code"]) == (403, 50005)


async def test_a_nonce_shows_a_repeat_once_and_only_where_that_is_asked_for(api: Api) -> None:
    first = (await api.post(content="one", nonce="n", enforce_nonce=True))[1]
    again = (await api.post(content="two", nonce="n", enforce_nonce=True))[1]
    other = (await api.post(content="two", nonce="n"))[1]
    assert (again["id"], again["content"]) == (first["id"], "one")
    assert other["id"] != first["id"]
    await api.app.act("later")
    assert (await api.post(content="three", nonce="n", enforce_nonce=True))[1]["id"] != first["id"]


async def test_five_messages_in_five_seconds_are_the_most(api: Api) -> None:
    answers = [await api.post(content=str(number)) for number in range(6)]
    assert [status for status, _ in answers] == [200] * 5 + [429]
    assert 0 < answers[-1][1]["retry_after"] <= 5
    headers = {"authorization": f"Bot {TOKEN}", "user-agent": AGENT}
    told = await api.app.http.post(f"/api/v10/channels/{api.place}/messages", json={"content": "x"}, headers=headers)
    assert (told.headers["x-ratelimit-remaining"], told.headers["via"]) == ("0", "1.1 google")


async def test_who_takes_no_messages_gets_none(api: Api, ann: AppUser) -> None:
    await ann.act("block", blocked=True)
    status, answer = await api.post(content="x")
    assert (status, answer["code"]) == (403, 50007)


async def test_a_closed_channel_takes_nothing(discord: App, ann: AppUser) -> None:
    room = group()
    await ann.at(room).act("close")
    status, answer = await Api(discord, room["id"]).post(content="x")
    assert (status, answer["code"]) == (403, 50013)


async def test_messages_are_listed_newest_first_and_after_one_in_pages(api: Api) -> None:
    ids = [(await api.post(content=str(number)))[1]["id"] for number in range(4)]
    listed = (await api.call("GET", "{here}/messages?limit=2"))[1]
    later = (await api.call("GET", f"{{here}}/messages?after={ids[0]}&limit=2"))[1]
    assert [message["id"] for message in listed] == [ids[3], ids[2]]
    assert [message["id"] for message in later] == [ids[2], ids[1]]


@pytest.mark.parametrize(
    ("names", "about", "words"),
    [(["Big"], "x", "Command name is invalid"), (["a"], "", "between 1 and 100"), (["a", "a"], "x", "must be unique")],
)
async def test_a_bad_command_is_refused(api: Api, names: list[str], about: str, words: str) -> None:
    commands = [{"name": name, "description": about} for name in names]
    status, answer = await api.call("PUT", "/applications/900000000000000001/commands", commands)
    assert (status, words in json.dumps(answer)) == (400, True)


# Interactions


async def press(api: Api, ann: AppUser) -> Any:
    """The interaction as it was dispatched."""
    message = (await api.post(content="card", components=[row(button())]))[1]
    await ann.act("press", message=message["id"], button="Go")
    dispatched = [e for e in await api.app.events() if e["what"] == "dispatch" and e["event"] == "INTERACTION_CREATE"]
    return dispatched[-1]["data"]


async def answered(api: Api, data: Any, body: Any) -> tuple[int, Any]:
    return await api.call("POST", f"/interactions/{data['id']}/{data['token']}/callback", body)


async def test_an_interaction_is_answered_once(api: Api, ann: AppUser) -> None:
    data = await press(api, ann)
    assert (await answered(api, data, {"type": 6}))[0] == 204
    status, answer = await answered(api, data, {"type": 6})
    assert (status, answer["code"]) == (400, 40060)


async def test_an_interaction_is_answered_in_three_seconds_or_the_app_says_that_it_failed(
    api: Api, ann: AppUser
) -> None:
    data = await press(api, ann)
    await api.app.until(
        lambda events: any(e["what"] == "interaction_failed" and e["interaction"] == data["id"] for e in events)
    )
    status, answer = await answered(api, data, {"type": 6})
    assert (status, answer["code"]) == (404, 10062)


async def test_what_comes_later_stands_in_the_place_of_the_acknowledgement(api: Api, ann: AppUser) -> None:
    data = await press(api, ann)
    before = len(await ann.shown())
    await answered(api, data, {"type": 5, "data": {"flags": 64}})
    waiting = (await ann.screen())["messages"][-1]
    assert (waiting["growing"], waiting["hidden"]) == (True, True)
    path = f"/webhooks/{data['application_id']}/{data['token']}"
    assert (await api.call("PATCH", f"{path}/messages/@original", {"content": "there"}))[0] == 200
    assert (await api.call("POST", path, {"content": "and more"}))[0] == 200
    assert [message["text"] for message in (await ann.shown())[before:]] == ["there", "and more"]
    assert (await api.call("DELETE", f"{path}/messages/@original"))[0] == 204
    assert [message["text"] for message in (await ann.shown())[before:]] == ["and more"]


@pytest.mark.parametrize(
    ("modal", "words"),
    [
        ({"custom_id": "e.1", "title": "x" * 46, "components": []}, "between 1 and 45"),
        ({"custom_id": "e.1", "title": "x", "components": []}, "between 1 and 5"),
        ({"custom_id": "e.1", "title": "x", "components": [{"type": 1}]}, "must be one of (1, 10, 18)"),
        ({"custom_id": "e.1", "title": "x", "components": [{"type": 18, "label": "y" * 46}]}, "between 1 and 45"),
    ],
)
async def test_a_form_that_does_not_fit_is_refused(api: Api, ann: AppUser, modal: Any, words: str) -> None:
    status, answer = await answered(api, await press(api, ann), {"type": 9, "data": modal})
    assert status == 400
    assert words in json.dumps(answer)


# The gateway


@asynccontextmanager
async def line(discord: App) -> AsyncIterator[ClientConnection]:
    """Past HELLO."""
    url = f"{discord.url.replace('http', 'ws', 1)}/gateway?v=10&encoding=json"
    async with connect(url) as socket:
        hello = json.loads(await socket.recv())
        assert (hello["op"], hello["d"]["heartbeat_interval"]) == (10, 41250)
        yield socket


async def tell(socket: ClientConnection, op: int, data: Any) -> None:
    await socket.send(json.dumps({"op": op, "d": data}))


async def until(socket: ClientConnection, event: str) -> Any:
    async with asyncio.timeout(WAIT):
        while (frame := json.loads(await socket.recv()))["t"] != event:
            pass
    return frame


def identity(token: str = TOKEN, intents: int = INTENTS) -> dict[str, Any]:
    return {"token": token, "intents": intents, "properties": {}}


@pytest.mark.parametrize(
    ("op", "data", "code"),
    [
        (2, identity(token="wrong"), 4004),
        (2, identity(intents=INTENTS | MEMBERS), 4014),
        (2, identity(intents=-1), 4013),
        (3, {}, 4003),
        (99, {}, 4001),
        (6, {"token": "wrong", "session_id": "x", "seq": 1}, 4004),
    ],
)
async def test_who_may_not_listen_is_told_why(discord: App, op: int, data: Any, code: int) -> None:
    async with line(discord) as socket:
        await tell(socket, op, data)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code


async def test_content_is_read_only_when_that_is_turned_on(discord: App) -> None:
    await discord.act("content", on=False)
    async with line(discord) as socket:
        await tell(socket, 2, identity())
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    await discord.act("content", on=True)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4014


async def test_what_is_missed_while_the_line_is_cut_comes_after_a_resume(discord: App, ann: AppUser) -> None:
    async with line(discord) as socket:
        await tell(socket, 2, identity())
        ready = await until(socket, "READY")
        seq = (await until(socket, "GUILD_CREATE"))["s"]
        await discord.drop()
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    sent = await ann.send("are you there?")
    async with line(discord) as socket:
        await tell(socket, 6, {"token": TOKEN, "session_id": ready["d"]["session_id"], "seq": seq})
        assert (await until(socket, "MESSAGE_CREATE"))["d"]["id"] == sent["message"]
        assert (await until(socket, "RESUMED"))["s"] == seq + 2


async def test_a_session_that_is_gone_is_not_resumed(discord: App) -> None:
    async with line(discord) as socket:
        await tell(socket, 6, {"token": TOKEN, "session_id": "gone", "seq": 1})
        assert json.loads(await socket.recv()) == {"op": 9, "d": False}


async def test_without_the_intent_words_of_others_in_a_server_are_not_seen(discord: App, ann: AppUser) -> None:
    here = ann.at(group())
    async with line(discord) as socket:
        await tell(socket, 2, identity(intents=INTENTS & ~CONTENT))
        await until(socket, "GUILD_CREATE")
        await here.send("a secret")
        await here.send("for you", mention=True)
        hidden, named = await until(socket, "MESSAGE_CREATE"), await until(socket, "MESSAGE_CREATE")
    assert (hidden["d"]["content"], named["d"]["content"][-7:]) == ("", "for you")


async def test_who_sends_no_heartbeat_is_cut_off() -> None:
    """With a shorter interval than the real one's."""
    listener = sockets.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(stand_in_app(heartbeat=0.2), log_level="warning", ws="websockets-sansio"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        async with connect(f"ws://127.0.0.1:{listener.getsockname()[1]}/gateway?v=10") as socket:
            await socket.recv()  # HELLO
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(socket.recv(), WAIT)
    finally:
        server.should_exit = True
        await serving
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4009


async def test_an_address_of_a_file_runs_out(discord: App, ann: AppUser) -> None:
    await ann.send("look", file={"kind": "photo", "base64": "/9j/"})
    dispatched = [e for e in await discord.events() if e["what"] == "dispatch"][-1]["data"]
    address = dispatched["attachments"][0]["url"]
    async with httpx2.AsyncClient() as http:
        assert (await http.get(address)).content == b"\xff\xd8\xff"
        await discord.act("later")
        assert (await http.get(address)).status_code == 404
        api = Api(discord, dispatched["channel_id"])
        fresh = (await api.call("GET", f"{{here}}/messages/{dispatched['id']}"))[1]["attachments"][0]["url"]
        assert (await http.get(fresh)).content == b"\xff\xd8\xff"
