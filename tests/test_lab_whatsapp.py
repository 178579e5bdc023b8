"""The stand-in of the Cloud API refuses what the real one refuses, in its words; and pywa, a client that is not ours,
works with it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import importlib
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any

import pytest
import pytest_asyncio

from lab.whatsapp.markup import html, shown
from lab.whatsapp.world import APP_SECRET, DISPLAYED, NUMBER_ID, TOKEN, VERIFY_TOKEN
from tests.app_stand_in import App, AppUser, labels, stand_in
from tests.talk import WAIT

# It exports its names only implicitly, and its decorators are typed for use on the class.
pywa: Any = importlib.import_module("pywa")
types, errors = pywa.types, importlib.import_module("pywa.errors")
OPUS = b"OggS\x00\x02" + bytes(20) + b"\x01\x13OpusHead\x01"
PNG = b"\x89PNG\r\n\x1a\npicture"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def whatsapp() -> AsyncIterator[App]:
    async with stand_in("whatsapp") as whatsapp:
        yield whatsapp


@pytest_asyncio.fixture
async def ann(whatsapp: App) -> AppUser:
    ann = whatsapp.person("Ann")
    await ann.send("hello")
    return ann


class Graph:
    """Calls as any HTTP client makes them; (status, body)."""

    def __init__(self, whatsapp: App, to: str) -> None:
        self.whatsapp, self.to = whatsapp, to

    async def post(self, token: str | None = TOKEN, number: str = NUMBER_ID, **body: Any) -> tuple[int, Any]:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        answer = await self.whatsapp.http.post(f"/v26.0/{number}/messages", json=body, headers=headers)
        return answer.status_code, answer.json()

    async def send(self, kind: str, content: Any, **more: Any) -> tuple[int, Any]:
        return await self.post(**{"messaging_product": "whatsapp", "to": self.to, "type": kind, kind: content} | more)

    async def get(self, path: str, token: str = TOKEN, **query: str) -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {token}"}
        answer = await self.whatsapp.http.get(f"/v26.0/{path}", params=query, headers=headers)
        return answer.status_code, answer.json()

    async def upload(self, content: bytes, mime: str, **form: str) -> tuple[int, Any]:
        answer = await self.whatsapp.http.post(
            f"/v26.0/{NUMBER_ID}/media",
            data={"messaging_product": "whatsapp"} | form,
            files={"file": ("a file", content, mime)},
            headers={"authorization": f"Bearer {TOKEN}"},
        )
        return answer.status_code, answer.json()


@pytest.fixture
def graph(whatsapp: App, ann: AppUser) -> Graph:
    return Graph(whatsapp, ann.id)


def buttons(*titles: str, id: str = "a.1") -> Any:
    replies = [{"type": "reply", "reply": {"id": f"{id}{n}", "title": title}} for n, title in enumerate(titles)]
    return {"type": "button", "body": {"text": "Shall I?"}, "action": {"buttons": replies}}


def rows(count: int, **row: Any) -> Any:
    found = [{"id": f"r.{n}", "title": f"Row {n}"} | row for n in range(count)]
    return {"type": "list", "body": {"text": "Which?"}, "action": {"button": "Choose", "sections": [{"rows": found}]}}


@pytest.mark.parametrize(
    ("kind", "content", "code", "words"),
    [
        ("text", {"body": ""}, 131009, "text['body']"),
        ("text", {"body": "x" * 4097}, 131009, "at most 4096"),
        ("text", {}, 100, "text['body'] is required"),
        ("interactive", buttons(), 131009, "Max allowed buttons: 3"),
        ("interactive", buttons("1", "2", "3", "4"), 131009, "Max allowed buttons: 3"),
        ("interactive", buttons("x" * 21), 131009, "at most 20"),
        ("interactive", buttons("same", "same"), 131009, "must be unique"),
        ("interactive", buttons("ok", id="x" * 257), 131009, "at most 256"),
        ("interactive", buttons("ok") | {"body": {"text": "x" * 1025}}, 131009, "at most 1024"),
        ("interactive", buttons("ok") | {"body": {}}, 100, "is required"),
        ("interactive", rows(11), 131009, "max allowed count: 10"),
        ("interactive", rows(1, title="x" * 25), 131009, "at most 24"),
        ("interactive", rows(2, id="same"), 131009, "must be unique"),
        ("interactive", rows(1, description="x" * 73), 131009, "at most 72"),
        ("interactive", {"type": "wheel", "body": {"text": "x"}, "action": {}}, 131009, "one of"),
        ("image", {"id": "1"}, 131053, "No such media"),
        ("image", {"link": "https://example.com/a.png"}, 131009, "upload"),
        ("template", {"name": "unknown", "language": {"code": "en"}}, 132001, "does not exist"),
        ("poll", {}, 131051, "not supported"),
    ],
)
async def test_what_the_real_one_refuses_is_refused(
    graph: Graph, kind: str, content: Any, code: int, words: str
) -> None:
    status, body = await graph.send(kind, content)
    assert status == 400
    assert body["error"]["code"] == code
    assert words in json.dumps(body)
    assert {"message", "type", "code", "fbtrace_id"} <= set(body["error"])


async def test_the_token_the_number_and_the_product_are_looked_at(graph: Graph, whatsapp: App) -> None:
    assert (await graph.post(token=None))[0] == 401
    status, body = await graph.post(token="guessed")
    assert (status, body["error"]["code"]) == (401, 190)
    status, body = await graph.post(number="999", messaging_product="whatsapp")
    assert (body["error"]["code"], body["error"]["error_subcode"]) == (100, 33)
    assert (await graph.post(to="1", type="text"))[1]["error"]["code"] == 100
    assert (await graph.post(messaging_product="whatsapp", type="text"))[1]["error"]["code"] == 100
    assert (await graph.get(NUMBER_ID))[1]["display_phone_number"] == DISPLAYED
    assert (await whatsapp.http.get(f"/{NUMBER_ID}")).status_code == 404
    await whatsapp.revoke()
    status, body = await graph.get(NUMBER_ID)
    assert (status, body["error"]["error_subcode"]) == (401, 460)
    await whatsapp.restore()


async def test_media_are_uploaded_looked_up_and_fetched_with_the_token(graph: Graph, whatsapp: App) -> None:
    for content, mime in ((OPUS, "image/gif"), (b"", "image/png"), (b"OggS no opus", "audio/ogg"), (PNG, "zip")):
        assert (await graph.upload(content, mime))[0] == 400
    assert (await graph.upload(PNG, "image/png", messaging_product="telegram"))[0] == 400
    assert (await graph.upload(bytes(5 * 1024 * 1024 + 1), "image/png"))[1]["error"]["code"] == 131053
    picture = (await graph.upload(PNG, "image/png"))[1]["id"]
    about = (await graph.get(picture, phone_number_id=NUMBER_ID))[1]
    assert (about["file_size"], about["mime_type"]) == (len(PNG), "image/png")
    assert about["sha256"] == hashlib.sha256(PNG).hexdigest()
    assert (await whatsapp.http.get(about["url"])).status_code == 401
    right = {"authorization": f"Bearer {TOKEN}"}
    assert (await whatsapp.http.get(about["url"], headers=right)).content == PNG
    assert (await graph.send("audio", {"id": picture}))[1]["error"]["code"] == 131053
    mp3 = (await graph.upload(b"ID3", "audio/mpeg"))[1]["id"]
    assert (await graph.send("audio", {"id": mp3, "voice": True}))[1]["error"]["code"] == 131009
    await whatsapp.act("later", hours=0.1)
    assert (await whatsapp.http.get(about["url"], headers=right)).status_code == 404
    await whatsapp.act("later", hours=31 * 24)
    assert (await graph.get(picture))[1]["error"]["code"] == 100


async def test_24_hours_after_the_person_wrote_only_a_template_passes(
    graph: Graph, whatsapp: App, ann: AppUser
) -> None:
    assert (await graph.send("text", {"body": "hi"}))[0] == 200
    await whatsapp.act("later", hours=24.1)
    assert (await graph.send("text", {"body": "hi"}))[1]["error"]["code"] == 131047
    known = {"name": "write_to_me", "language": {"code": "en"}}
    assert (await graph.send("template", known))[0] == 200
    assert "Write to me" in (await ann.shown())[-1]["text"]
    await ann.send("here I am")
    assert (await graph.send("text", {"body": "hi"}))[0] == 200


async def test_45_messages_at_once_and_then_one_in_six_seconds(graph: Graph, whatsapp: App) -> None:
    found = [await graph.send("text", {"body": str(number)}) for number in range(46)]
    assert [status for status, _ in found] == [200] * 45 + [429]
    assert found[-1][1]["error"]["code"] == 131056
    await whatsapp.act("later", hours=7 / 3600)
    assert (await graph.send("text", {"body": "later"}))[0] == 200


async def test_only_messages_of_the_chat_are_quoted_or_marked_as_read(graph: Graph, ann: AppUser) -> None:
    assert (await graph.send("text", {"body": "x"}, context={"message_id": "wamid.none"}))[0] == 400
    said = await ann.send("again")
    assert (await graph.send("text", {"body": "x"}, context={"message_id": said["message"]}))[0] == 200
    assert (await ann.shown())[-1]["reply_to"] == said["message"]
    read = {"messaging_product": "whatsapp", "status": "read"}
    assert (await graph.post(**read, message_id="wamid.none"))[0] == 400
    assert (await graph.post(**read, message_id=said["message"], typing_indicator={"type": "voice"}))[0] == 400
    assert (await graph.post(**read, message_id=said["message"])) == (200, {"success": True})
    assert not (await ann.screen())["typing"]
    await graph.post(**read, message_id=said["message"], typing_indicator={"type": "text"})
    assert (await ann.screen())["typing"]


async def test_what_people_do_needs_what_is_there(whatsapp: App, ann: AppUser) -> None:
    for act, body in (
        ("press", {"message": "wamid.none", "button": "Go"}),
        ("react", {"message": "wamid.none", "emoji": "👍"}),
        ("submit", {"form": "1", "values": {}}),
        ("say", {"chat": {"id": "1", "kind": "group", "title": "Family"}, "text": "hi"}),
        ("again", {"event": "none"}),
    ):
        answer = await whatsapp.http.post(f"/lab/{act}", json={"user": ann.user, **body})
        assert answer.status_code == 400, act
    elsewhere = await whatsapp.http.get("/lab/screen", params={"user": ann.id, "chat": "-100500"})
    assert elsewhere.json()["messages"] == []
    assert (await whatsapp.http.post("/lab/fly", json={})).status_code == 404


@pytest.mark.parametrize(
    ("body", "text", "page"),
    [
        ("*a* _b_ ~c~ `d`", "a b c d", "<b>a</b> <i>b</i> <s>c</s> <code>d</code>"),
        ("```x *y*\nz```", "x *y*\nz", "<pre>x *y*\nz</pre>"),
        ("> q\n- r", "q\n• r", "<blockquote>q</blockquote><br>• r"),
        ("2 * 3 * 4 a_b_c *open", "2 * 3 * 4 a_b_c *open", "2 * 3 * 4 a_b_c *open"),
        ("<b>&*x*", "<b>&x", "&lt;b&gt;&amp;<b>x</b>"),
    ],
)
def test_formatting_is_shown_as_the_app_shows_it(body: str, text: str, page: str) -> None:
    assert (shown(body), html(body)) == (text, page)


# pywa


class Listener(BaseHTTPRequestHandler):
    """The server around pywa: its webhook checks are pywa's own."""

    client: Any
    came: Queue[Any]

    def do_GET(self) -> None:
        from urllib.parse import parse_qs, urlsplit

        query = parse_qs(urlsplit(self.path).query)
        said, status = self.client.webhook_challenge_handler(query["hub.verify_token"][0], query["hub.challenge"][0])
        self._answer(status, str(said))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        refused = self.client.webhook_update_validator(body, self.headers.get("X-Hub-Signature-256"))
        said, status = refused or self.client.webhook_update_handler(body)
        self._answer(status, said)

    def _answer(self, status: int, said: str) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(said.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@contextmanager
def listening(whatsapp: App) -> Iterator[tuple[Any, Queue[Any], str]]:
    """pywa on the stand-in; what it makes of updates comes into the queue."""
    client = pywa.WhatsApp(
        phone_id=NUMBER_ID, token=TOKEN, server=None, app_secret=APP_SECRET, verify_token=VERIFY_TOKEN
    )
    client.api._session.base_url = f"{whatsapp.url}/v26.0"  # it has no option for another address
    came: Queue[Any] = Queue()
    client.on_message()(lambda _, message: came.put(message))
    client.on_callback_button()(lambda _, press: came.put(press))
    client.on_callback_selection()(lambda _, press: came.put(press))
    client.on_message_status()(lambda _, status: came.put(status))
    handler = type("Handler", (Listener,), {"client": client, "came": came})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield client, came, f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        client.api._session.close()


async def next_of(came: Queue[Any], kind: type) -> Any:
    while not isinstance(found := await asyncio.to_thread(came.get, timeout=WAIT), kind):
        pass
    return found


async def test_pywa_reads_what_is_delivered_and_is_taken_when_it_sends(whatsapp: App) -> None:
    zoe = whatsapp.person("Zoe", "US.13491208655302741918")
    with listening(whatsapp) as (client, came, url):
        assert (await whatsapp.act("webhook", url=url, verify_token="wrong")) == {"verified": False}
        assert (await whatsapp.act("webhook", url=url, verify_token=VERIFY_TOKEN)) == {"verified": True}
        said = await zoe.send("hello")
        message = await next_of(came, types.Message)
        while message.id != said["message"]:
            message = await next_of(came, types.Message)
        assert (message.text, message.from_user.bsuid, message.from_user.wa_id) == ("hello", zoe.id, None)
        await asyncio.to_thread(message.mark_as_read)
        await asyncio.to_thread(message.indicate_typing)
        assert (await zoe.screen())["typing"]
        await asyncio.to_thread(message.reply_text, "Hi *Zoe*")
        sent = (await zoe.shown())[-1]
        assert (sent["text"], sent["html"]) == ("Hi Zoe", "Hi <b>Zoe</b>")
        await press_with_pywa(client, came, zoe)
        voice = await asyncio.to_thread(client.send_voice, zoe.id, OPUS, mime_type="audio/ogg; codecs=opus")
        assert voice.id == (await zoe.shown())[-1]["id"]
        assert (await zoe.shown())[-1]["files"][0]["kind"] == "voice"
        with pytest.raises(errors.InvalidParameter):
            await asyncio.to_thread(client.send_text, zoe.id, "x" * 4097)
        await whatsapp.act("later", hours=25)
        with pytest.raises(errors.ReEngagementMessage):
            await asyncio.to_thread(client.send_text, zoe.id, "too late")
        await whatsapp.act("webhook", url="")


async def press_with_pywa(client: Any, came: Queue[Any], zoe: AppUser) -> None:
    go = [types.Button(title="Go", callback_data="a.1"), types.Button(title="Stop", callback_data="d.1")]
    await asyncio.to_thread(client.send_message, zoe.id, "Shall I?", buttons=go)
    card = (await zoe.shown())[-1]
    assert labels(card) == ["Go", "Stop"]
    await zoe.press(card, "Go")
    assert (await next_of(came, types.CallbackButton)).data == "a.1"
    menu = types.SectionList("Choose", [types.Section("All", [types.SectionRow("One", "r.1")])])
    await asyncio.to_thread(client.send_message, zoe.id, "Which?", buttons=menu)
    await zoe.press((await zoe.shown())[-1], "One")
    assert (await next_of(came, types.CallbackSelection)).data == "r.1"
    await asyncio.to_thread(client.send_message, zoe.id, "Thanks")
    assert (await next_of(came, types.MessageStatus)).from_user.bsuid == zoe.id


async def test_what_is_delivered_is_signed_over_its_raw_body(whatsapp: App, ann: AppUser) -> None:
    came: Queue[Any] = Queue()

    class Raw(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            came.put((body, self.headers["X-Hub-Signature-256"]))
            self.send_response(500 if came.qsize() < 2 else 200)
            self.end_headers()

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.path.rpartition("hub.challenge=")[2].encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Raw)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    assert await whatsapp.act("webhook", url=url) == {"verified": True}
    body, said = await asyncio.to_thread(came.get, timeout=WAIT)
    assert said == "sha256=" + hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    again, _ = await asyncio.to_thread(came.get, timeout=WAIT)
    assert json.loads(again)["object"] == "whatsapp_business_account"
    await whatsapp.act("webhook", url="")
    server.shutdown()
    server.server_close()
