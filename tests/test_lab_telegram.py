"""The stand-in of the Bot API refuses what the real one refuses, in its words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from lab.telegram.app import TOKEN
from lab.telegram.markup import read_html, write_html
from lab.telegram.refusal import Refusal
from tests.app_stand_in import App, AppUser, stand_in

ANN = 1001
OPUS = b"OggS" + bytes(24) + b"OpusHead"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def telegram() -> AsyncIterator[App]:
    async with stand_in("telegram") as telegram:
        yield telegram


@pytest_asyncio.fixture
async def api(telegram: App) -> Any:
    """Call a method with a form, as SDKs do; returns (status, result or description)."""
    await ann(telegram).send("hello")

    async def call(method: str, token: str = TOKEN, **given: Any) -> tuple[int, Any]:
        form = {name: value if isinstance(value, str | int) else json.dumps(value) for name, value in given.items()}
        answer = await telegram.http.post(f"/bot{token}/{method}", data=form)
        body = answer.json()
        return answer.status_code, body["result"] if body["ok"] else body["description"]

    await call("deleteWebhook", drop_pending_updates="true")
    return call


def ann(telegram: App) -> AppUser:
    return telegram.person(id=str(ANN))


def button(data: str, **more: str) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "Go", "callback_data": data} | more]]}


@pytest.mark.parametrize(
    ("method", "given", "status", "words"),
    [
        ("getMe", {"token": "42:wrong"}, 401, "Unauthorized"),
        ("getMe", {"token": "nonsense"}, 404, "Not Found"),
        ("getMoon", {}, 404, "Not Found: method not found"),
        ("sendMessage", {"text": "hi"}, 400, "Bad Request: chat_id is empty"),
        ("sendMessage", {"chat_id": 999, "text": "hi"}, 400, "Bad Request: chat not found"),
        ("sendMessage", {"chat_id": ANN, "text": " "}, 400, "Bad Request: message text is empty"),
        ("sendMessage", {"chat_id": ANN, "text": "🙂" * 2049}, 400, "Bad Request: message is too long"),
        ("sendMessage", {"chat_id": ANN, "text": "hi", "reply_markup": button("x" * 65)}, 400, "BUTTON_DATA_INVALID"),
        ("sendMessage", {"chat_id": ANN, "text": "hi", "reply_markup": button("x", style="pink")}, 400, "style"),
        ("sendMessage", {"chat_id": ANN, "text": "hi", "reply_markup": "{"}, 400, "JSON object"),
        ("sendMessage", {"chat_id": ANN, "text": "<b>x", "parse_mode": "HTML"}, 400, "can't parse entities"),
        ("sendMessageDraft", {"chat_id": ANN, "draft_id": 0, "text": "x"}, 400, "DRAFT_ID_INVALID"),
        ("sendChatAction", {"chat_id": ANN, "action": "dancing"}, 400, "wrong parameter action"),
        ("editMessageText", {"chat_id": ANN, "message_id": 999, "text": "x"}, 400, "message to edit not found"),
        ("editMessageText", {"chat_id": ANN, "message_id": 1, "text": "x"}, 400, "message can't be edited"),
        ("deleteMessage", {"chat_id": ANN, "message_id": 999}, 400, "message to delete not found"),
        ("answerCallbackQuery", {"callback_query_id": "1"}, 400, "query is too old"),
        ("getFile", {"file_id": "1"}, 400, "wrong file_id"),
        ("getUpdates", {"limit": 101}, 400, "limit"),
        ("setWebhook", {"url": "http://example.com/"}, 400, "HTTPS"),
        ("setWebhook", {"url": "https://example.com/", "secret_token": "no spaces"}, 400, "unallowed characters"),
    ],
)
async def test_what_the_real_one_refuses_is_refused(
    api: Any, method: str, given: dict[str, Any], status: int, words: str
) -> None:
    found, why = await api(method, **given)
    assert found == status
    assert words in why


@pytest.mark.parametrize(
    ("source", "text", "kinds"),
    [
        ("a <b>b <i>c</i></b> &lt;d&gt; &amp;e", "a b c <d> &e", ["bold", "italic"]),
        ('<a href="https://x.y/?a=1&amp;b=2">z</a>', "z", ["text_link"]),
        ('<pre><code class="language-py">x</code></pre>', "x", ["pre"]),
        ("🙂<s>x</s> & y", "🙂x & y", ["strikethrough"]),
    ],
)
def test_html_is_read_as_text_and_entities(source: str, text: str, kinds: list[str]) -> None:
    found, entities = read_html(source)
    assert (found, [entity["type"] for entity in entities]) == (text, kinds)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("<b>x</i>", 'expected "</b>", found "</i>"'),
        ("<b>x", "Can't find end tag"),
        ("x</b>", "Unexpected end tag"),
        ("<h1>x</h1>", 'Unsupported start tag "h1"'),
        ("1 < 2", "Unsupported start tag"),
    ],
)
def test_html_that_does_not_parse_is_an_error(source: str, why: str) -> None:
    with pytest.raises(Refusal, match="can't parse entities") as refused:
        read_html(source)
    assert why in str(refused.value)


async def test_an_edit_that_changes_nothing_is_an_error(api: Any) -> None:
    _, sent = await api("sendMessage", chat_id=ANN, text="card", reply_markup=button("a.1"))
    where = {"chat_id": ANN, "message_id": sent["message_id"]}
    status, why = await api("editMessageText", text="card", reply_markup=button("a.1"), **where)
    assert (status, "message is not modified" in why) == (400, True)
    status, changed = await api("editMessageText", text="card", **where)
    assert (status, "reply_markup" in changed) == (200, False)


async def test_an_offset_confirms_what_was_before(api: Any, telegram: App) -> None:
    ids = [int((await ann(telegram).send(f"number {number}"))["event"]) for number in range(3)]
    assert [u["update_id"] for u in (await api("getUpdates"))[1]] == ids
    assert [u["update_id"] for u in (await api("getUpdates", limit=1))[1]] == ids[:1]
    assert [u["update_id"] for u in (await api("getUpdates", offset=ids[1]))[1]] == ids[1:]
    assert [u["update_id"] for u in (await api("getUpdates"))[1]] == ids[1:]
    assert [u["update_id"] for u in (await api("getUpdates", offset=-1))[1]] == ids[2:]
    assert (await api("getUpdates", offset=ids[2] + 1))[1] == []


async def test_two_pollers_and_a_poller_beside_a_webhook_are_a_conflict(api: Any, telegram: App) -> None:
    waiting = asyncio.create_task(api("getUpdates", timeout=20))
    while not waiting.done():  # until the first one waits, the second may come before it
        await api("getUpdates", timeout=0)
    assert (await waiting)[0] == 409
    await api("setWebhook", url="https://example.com/")
    status, why = await api("getUpdates")
    assert (status, "webhook is active" in why) == (409, True)


async def test_only_kinds_that_were_asked_for_come(api: Any, telegram: App) -> None:
    await api("getUpdates", allowed_updates=["callback_query"])
    sent = (await api("sendMessage", chat_id=ANN, text="card", reply_markup=button("a.1")))[1]
    await ann(telegram).send("not asked for")
    await ann(telegram).press({"id": sent["message_id"]}, "Go")
    (pressed,) = (await api("getUpdates"))[1]
    query = pressed["callback_query"]["id"]
    assert (await api("answerCallbackQuery", callback_query_id=query))[0] == 200
    assert (await api("answerCallbackQuery", callback_query_id=query))[0] == 400
    await api("getUpdates", allowed_updates=[])


async def test_a_file_is_uploaded_named_and_downloaded(api: Any, telegram: App) -> None:
    files = {"voice": ("note.ogg", OPUS, "audio/ogg")}
    sent = await telegram.http.post(f"/bot{TOKEN}/sendVoice", data={"chat_id": str(ANN), "duration": "3"}, files=files)
    voice = sent.json()["result"]["voice"]
    assert (voice["file_size"], voice["duration"]) == (len(OPUS), 3)
    path = (await api("getFile", file_id=voice["file_id"]))[1]["file_path"]
    assert (await telegram.http.get(f"/file/bot{TOKEN}/{path}")).content == OPUS
    assert (await telegram.http.get(f"/file/bot42:wrong/{path}")).status_code == 401


# The person's side


async def test_the_screen_shows_what_a_person_sees(api: Any, telegram: App) -> None:
    eve = telegram.person("Eve Adams")
    said = await eve.send("hi", file={"kind": "voice", "mime": "audio/ogg", "base64": "T2dn", "duration": 2})
    await api("sendChatAction", chat_id=int(eve.id), action="typing")
    assert (await eve.screen())["typing"]
    await api("sendMessageDraft", chat_id=int(eve.id), draft_id=5, text="grow")
    card = {"text": " <b>c</b>ard", "parse_mode": "HTML", "reply_markup": button("a.1", style="primary")}
    growing = (await eve.screen())["messages"][-1]
    assert (growing["author"], growing["text"], growing["growing"]) == ("bot", "grow", True)
    assert await eve.shown() == []
    _, sent = await api("sendMessage", chat_id=int(eve.id), **card)
    screen = await eve.screen()
    assert (screen["chat"], screen["typing"], screen["form"]) == (eve.id, False, None)
    mine, theirs = screen["messages"]
    assert (mine["id"], mine["author"], mine["name"], mine["text"]) == (said["message"], "person", "Eve", "hi")
    assert [(file["kind"], file["size"], file["duration"]) for file in mine["files"]] == [("voice", 3, 2)]
    assert await telegram.file(mine["files"][0]["id"]) == b"Ogg"
    assert (theirs["id"], theirs["text"], theirs["html"]) == (str(sent["message_id"]), "card", "<b>c</b>ard")
    assert theirs["buttons"] == [{"label": "Go", "token": "a.1", "style": "primary"}]
    await api("editMessageText", chat_id=int(eve.id), message_id=sent["message_id"], text="done")
    assert [(m["text"], m["edited"], m["buttons"]) for m in await eve.shown()] == [("done", 1, [])]


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("<b>a <i>b</i></b> &lt;c&gt;", "<b>a <i>b</i></b> &lt;c&gt;"),
        ('<a href="https://x.y/?a=1&amp;b=&quot;">z</a>',
         '<a href="https://x.y/?a=1&amp;b=&quot;" rel="noreferrer">z</a>'),
        ('<a href="javascript:alert(1)">z</a>', "<a>z</a>"),
        ('<b onclick="alert(1)">z</b>', "<b>z</b>"),
        ("🙂<s>x</s>", "🙂<s>x</s>"),
    ],
)  # fmt: skip
def test_what_a_page_shows_is_safe(source: str, html: str) -> None:
    assert write_html(*read_html(source)) == html


async def test_a_cut_line_and_a_refused_token(api: Any, telegram: App) -> None:
    waiting = asyncio.create_task(telegram.http.post(f"/bot{TOKEN}/getUpdates", data={"timeout": "20"}))
    async with asyncio.TaskGroup() as group:
        group.create_task(_until_done(waiting, telegram))
        with pytest.raises(httpx2.RemoteProtocolError):
            await waiting
    await telegram.revoke()
    assert await api("getMe") == (401, "Unauthorized")
    await telegram.restore()
    assert (await api("getMe"))[0] == 200


async def _until_done(waiting: asyncio.Task[Any], telegram: App) -> None:
    while not waiting.done():  # until it waits, there is nothing to cut
        await telegram.drop()


async def test_a_group_and_a_command_in_it_are_as_the_api_shows_them(api: Any, telegram: App) -> None:
    here = ann(telegram).at({"id": "55", "kind": "group", "title": "Club"})
    await here.command("tasks", "all")
    (update,) = (await api("getUpdates"))[1]
    about = update["message"]
    assert about["text"] == "/tasks@aurelius_lab_bot all"
    assert about["chat"] == {"id": -1_000_000_000_055, "type": "supergroup", "title": "Club"}
    await api("sendMessage", chat_id=about["chat"]["id"], text="none")
    assert [m["text"] for m in await here.shown()] == ["none"]


@pytest.mark.parametrize(
    ("commands", "status"),
    [
        ([{"command": "tasks", "description": "open tasks"}], 200),
        ([{"command": "Tasks", "description": "open tasks"}], 400),
        ([{"command": "tasks", "description": ""}], 400),
    ],
)
async def test_commands_are_checked(api: Any, commands: list[dict[str, str]], status: int) -> None:
    assert (await api("setMyCommands", commands=commands))[0] == status
