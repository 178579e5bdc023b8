"""The stand-in of Slack refuses what the real one refuses, in its words; and another client than ours can use it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from lab.slack import blocks
from lab.slack.app import APP_TOKEN, CLIENT_ID, CLIENT_SECRET, SIGNING_SECRET, TOKEN
from lab.slack.refusal import Refusal
from tests.app_stand_in import App, AppUser, group, stand_in
from tests.talk import WAIT

Call = Callable[..., Awaitable[Any]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def slack() -> AsyncIterator[App]:
    async with stand_in("slack") as slack:
        yield slack


@pytest_asyncio.fixture
async def ann(slack: App) -> AppUser:
    return slack.person("Ann")


@pytest_asyncio.fixture
async def call(slack: App) -> Call:
    """Call a method with JSON, as SDKs do; returns the answer."""

    async def call(method: str, token: str = TOKEN, **given: Any) -> Any:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        answer = await slack.http.post(f"/api/{method}", json=given, headers=headers)
        assert answer.status_code == 200
        return answer.json()

    return call


async def channel_of(call: Call, person: AppUser) -> str:
    """The person's direct conversation with the app."""
    await person.send("hello")
    return str((await call("conversations.open", users=f"U{person.id}"))["channel"]["id"])


def button(**more: Any) -> dict[str, Any]:
    label = {"type": "plain_text", "text": "Go"}
    return {"type": "button", "text": label, "action_id": "a.0", "value": "a.1"} | more


def actions(*buttons: Any) -> list[Any]:
    return [{"type": "actions", "elements": list(buttons)}]


def rich(*pieces: Any, kind: str = "rich_text_section") -> list[Any]:
    return [{"type": "rich_text", "elements": [{"type": kind, "elements": list(pieces)}]}]


@pytest.mark.parametrize(
    ("method", "given", "why"),
    [
        ("auth.test", {"token": ""}, "not_authed"),
        ("auth.test", {"token": "xoxb-wrong"}, "invalid_auth"),
        ("auth.test", {"token": APP_TOKEN}, "not_allowed_token_type"),
        ("apps.connections.open", {}, "not_allowed_token_type"),
        ("apps.connections.open", {"token": "xapp-wrong"}, "invalid_auth"),
        ("chat.fly", {}, "unknown_method"),
        ("users.info", {"user": "U404"}, "user_not_found"),
        ("conversations.open", {"users": "U404"}, "user_not_found"),
        ("chat.postMessage", {"channel": "D404", "text": "hi"}, "channel_not_found"),
        ("chat.postMessage", {"text": ""}, "no_text"),
        ("chat.postMessage", {"text": "x" * 40_001}, "msg_too_long"),
        ("chat.postMessage", {"text": "hi", "thread_ts": "1.1"}, "thread_not_found"),
        ("chat.postMessage", {"text": "hi", "metadata": {"event_type": "x"}}, "invalid_metadata_format"),
        ("chat.postMessage", {"blocks": "{"}, "invalid_arguments"),
        ("chat.update", {"text": "hi"}, "invalid_arguments"),
        ("chat.update", {"text": "hi", "ts": "1.1"}, "message_not_found"),
        ("chat.delete", {"ts": "1.1"}, "message_not_found"),
        ("chat.startStream", {"markdown_text": "hi"}, "invalid_arguments"),
        ("chat.appendStream", {"markdown_text": "hi", "ts": "1.1"}, "message_not_found"),
        ("views.open", {"trigger_id": "1.2.3", "view": {}}, "invalid_trigger_id"),
        ("views.publish", {"user_id": "U404", "view": {}}, "user_not_found"),
        ("files.getUploadURLExternal", {"filename": "a"}, "invalid_arguments"),
        ("files.completeUploadExternal", {"files": [{"id": "F404"}]}, "file_not_found"),
        ("oauth.v2.access", {"client_id": "1"}, "invalid_client_id"),
        ("oauth.v2.access", {"client_id": CLIENT_ID, "client_secret": "x"}, "bad_client_secret"),
        ("oauth.v2.access", {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "code": "x"}, "invalid_code"),
    ],
)
async def test_what_the_real_one_refuses_is_refused(
    call: Call, ann: AppUser, method: str, given: dict[str, Any], why: str
) -> None:
    channel = await channel_of(call, ann)
    answer = await call(method, **({"channel": channel} | given))
    assert (answer["ok"], answer["error"]) == (False, why)


@pytest.mark.parametrize(
    "wrong",
    [
        "nothing",
        [{"type": "unheard_of"}],
        [{"type": "divider"}] * 51,
        [{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}],
        rich(),
        rich({"type": "text", "text": ""}),
        rich({"type": "text", "text": "x", "style": {"shiny": True}}),
        rich({"type": "text", "text": "x", "style": {"bold": True}}, kind="rich_text_preformatted"),
        rich({"type": "link", "url": "javascript:x", "text": "x"}),
        rich({"type": "text", "text": "x"}, kind="rich_text_list"),
        [{"type": "section"}],
        [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}],
        [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
        [{"type": "input"}],
        actions(),
        actions(*(button(action_id=str(number)) for number in range(26))),
        actions(button(), button()),
        actions(button(style="pink")),
        actions(button(action_id="")),
        actions(button(value="x" * 2001)),
        actions(button(text={"type": "plain_text", "text": "x" * 76})),
        actions(button(text={"type": "mrkdwn", "text": "x"})),
    ],
)
def test_blocks_of_a_wrong_shape_are_refused(wrong: Any) -> None:
    with pytest.raises(Refusal, match="invalid_blocks"):
        blocks.check(wrong)


def test_blocks_that_say_too_much_together_are_refused() -> None:
    with pytest.raises(Refusal, match="msg_blocks_too_long"):
        blocks.check([{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}] * 5)


async def test_a_trigger_is_good_once_and_for_three_seconds(call: Call, ann: AppUser, slack: App) -> None:
    channel = await channel_of(call, ann)
    sent = await call("chat.postMessage", channel=channel, text="card", blocks=actions(button()))
    trigger = (await ann.press({"id": sent["ts"]}, "Go"))["event"]
    title = {"type": "plain_text", "text": "Form"}
    view = {"type": "modal", "title": title, "blocks": [{"type": "divider"}]}
    wrong = await call("views.open", trigger_id=trigger, view=view | {"title": title | {"text": "x" * 25}})
    assert wrong["error"] == "invalid_arguments"
    again = await call("views.open", trigger_id=trigger, view=view)
    assert again["error"] == "exchanged_trigger_id"
    late = (await ann.press({"id": sent["ts"]}, "Go"))["event"]
    await slack.act("later", seconds=3.1)
    assert (await call("views.open", trigger_id=late, view=view))["error"] == "expired_trigger_id"


async def test_a_stream_is_added_to_until_it_is_stopped_and_edited_after(call: Call, ann: AppUser) -> None:
    channel = await channel_of(call, ann)
    root = (await ann.send("question"))["message"]
    begun = await call("chat.startStream", channel=channel, thread_ts=root, markdown_text="one ")
    where = {"channel": channel, "ts": begun["ts"]}
    assert (await call("chat.update", text="x", **where))["error"] == "streaming_state_conflict"
    assert (await call("chat.delete", **where))["error"] == "cant_delete_message"
    assert (await call("chat.appendStream", **where))["error"] == "no_text"
    assert (await call("chat.appendStream", markdown_text="x" * 12_001, **where))["error"] == "msg_too_long"
    assert (await call("chat.appendStream", markdown_text="two ", **where))["ok"]
    assert [m["text"] for m in (await ann.screen())["messages"] if m["growing"]] == ["one two "]
    assert (await call("chat.stopStream", markdown_text="three", blocks=actions(button()), **where))["ok"]
    assert [(m["text"], len(m["buttons"])) for m in await ann.shown()] == [("one two three", 1)]
    assert (await call("chat.appendStream", markdown_text="x", **where))["error"] == "message_not_in_streaming_state"
    assert (await call("chat.update", text="x", blocks=[], **where))["ok"]
    assert (await call("chat.update", text="x" * 4001, **where))["error"] == "msg_too_long"


async def test_a_stream_in_a_channel_is_for_somebody_and_only_where_we_are(
    call: Call, ann: AppUser, slack: App
) -> None:
    here = ann.at(group())
    root = (await here.send("question"))["message"]
    where: dict[str, Any] = {"channel": f"CLAB{(here.chat or {})['id']}", "thread_ts": root, "markdown_text": "x"}
    assert (await call("chat.startStream", **where))["error"] == "missing_recipient_team_id"
    where |= {"recipient_team_id": "T0LAB"}
    assert (await call("chat.startStream", **where))["error"] == "missing_recipient_user_id"
    for about, why in (({"member": False}, "not_in_channel"), ({"archived": True}, "is_archived")):
        await slack.act("channel", chat=here.chat, **about)
        assert (await call("chat.postMessage", channel=where["channel"], text="x"))["error"] == why


async def test_a_scope_that_was_not_given_is_named(call: Call, slack: App) -> None:
    await slack.act("scopes", scopes=["users:read"])
    answer = await call("chat.postMessage", channel="D1", text="x")
    assert (answer["error"], answer["needed"], answer["provided"]) == ("missing_scope", "chat:write", "users:read")
    await slack.act("scopes", scopes=["chat:write", "im:write", "users:read", "files:write"])


async def test_a_file_is_uploaded_shown_and_private(call: Call, ann: AppUser, slack: App) -> None:
    channel = await channel_of(call, ann)
    address = await call("files.getUploadURLExternal", filename="a.txt", length=5)
    early = await call("files.completeUploadExternal", files=[{"id": address["file_id"]}])
    assert early["error"] == "file_upload_incomplete"
    assert (await slack.http.post(address["upload_url"], content=b"four")).status_code == 400
    assert (await slack.http.post(address["upload_url"], content=b"bytes")).status_code == 200
    done = await call("files.completeUploadExternal", files=[{"id": address["file_id"]}], channel_id=channel)
    private = done["files"][0]["url_private_download"]
    assert (await slack.http.get(private)).headers["content-type"].startswith("text/html")
    assert (await slack.http.get(private, headers={"authorization": f"Bearer {TOKEN}"})).content == b"bytes"
    shown = (await ann.shown())[-1]["files"][0]
    assert (shown["name"], await slack.file(shown["id"])) == ("a.txt", b"bytes")


async def test_a_revoked_token_is_refused_until_it_is_valid_again(call: Call, slack: App) -> None:
    await slack.revoke()
    assert (await call("auth.test"))["error"] == "token_revoked"
    await slack.restore()
    assert (await call("auth.test"))["team_id"] == "T0LAB"


async def test_a_fault_strikes_as_often_as_it_was_told_and_names_the_pause(call: Call, slack: App) -> None:
    await slack.fault("auth.test", status=429, retry_after=7, skip=1)
    assert (await call("auth.test"))["ok"]
    answer = await slack.http.post("/api/auth.test", headers={"authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["error"]) == (429, "7", "ratelimited")
    assert (await call("auth.test"))["ok"]


# Deliveries


async def test_a_ticket_opens_one_connection(call: Call, slack: App) -> None:
    import aiohttp

    url = (await call("apps.connections.open", token=APP_TOKEN))["url"]
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as line:
            assert (await line.receive_json())["type"] == "hello"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


async def test_what_is_not_acknowledged_comes_again_and_says_so(call: Call, slack: App, ann: AppUser) -> None:
    import aiohttp

    url = (await call("apps.connections.open", token=APP_TOKEN))["url"]
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as line:
        await line.receive_json()
        told = await ann.send("are you there?")
        envelopes = [await _envelope(line, told["event"]) for _ in range(2)]
        assert [e.get("retry_attempt") for e in envelopes] == [None, 1]
        assert envelopes[0]["envelope_id"] != envelopes[1]["envelope_id"]
        await line.send_json({"envelope_id": envelopes[1]["envelope_id"]})
        await slack.until(
            lambda events: [e for e in events if (e.get("event"), e.get("outcome")) == (told["event"], "acknowledged")]
        )


async def _envelope(line: Any, event: str) -> Any:
    """The next delivery of the event; what waited for a connection is acknowledged on the way."""
    while True:
        envelope = await asyncio.wait_for(line.receive_json(), WAIT)
        if envelope["payload"].get("event_id") == event:
            return envelope
        await line.send_json({"envelope_id": envelope["envelope_id"]})


async def test_bolt_is_served_over_socket_mode(slack: App, ann: AppUser) -> None:
    """Slack's own framework as a second client: events, presses and answers through its eyes."""
    authorized = AuthorizeResult(
        enterprise_id=None, team_id="T0LAB", bot_token=TOKEN, bot_id="B00LAB", bot_user_id="U0BOT0LAB"
    )

    async def authorize(**_: Any) -> AuthorizeResult:
        return authorized

    client = AsyncWebClient(base_url=f"{slack.url}/api/")
    app = AsyncApp(client=client, signing_secret=SIGNING_SECRET, authorize=authorize)

    @app.event("message")
    async def heard(event: Any, say: Any) -> None:
        await say(text=f"you said {event['text']}", blocks=actions(button()))

    @app.action("a.0")
    async def pressed(ack: Any, body: Any, client: Any) -> None:
        await ack()
        await client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="pressed", blocks=[])

    handler: Any = AsyncSocketModeHandler(app, APP_TOKEN)
    await handler.connect_async()
    try:
        said = await ann.say("hello")
        await ann.press(said, "Go")
        await ann.becomes(said, "pressed")
    finally:
        await handler.close_async()


async def test_an_address_that_does_not_answer_the_challenge_is_not_taken(slack: App) -> None:
    answer = await slack.http.post("/lab/request_url", json={"url": "http://127.0.0.1:9/"})
    assert (answer.status_code, "challenge" in answer.json()["error"]) == (400, True)


async def test_the_page_of_oauth_asks_only_for_the_right_app_and_known_scopes(slack: App) -> None:
    asked = {"client_id": CLIENT_ID, "scope": "chat:write", "redirect_uri": "https://a.example/back", "state": "s"}
    assert (await slack.http.get("/oauth/v2/authorize", params=asked | {"client_id": "1"})).status_code == 400
    assert (await slack.http.get("/oauth/v2/authorize", params=asked | {"scope": "root"})).status_code == 400
    page = await slack.http.get("/oauth/v2/authorize", params=asked)
    assert (page.status_code, "allow Second" in page.text) == (200, True)
    allowed = await slack.http.get("/oauth/v2/allow", params=asked | {"team": "T0TWO"})
    code = httpx2.URL(allowed.headers["location"]).params["code"]
    form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "code": code}
    for redirect, why in ((None, "bad_redirect_uri"), (asked["redirect_uri"], None), (None, "code_already_used")):
        data = form | ({"redirect_uri": redirect} if redirect else {})
        got = (await slack.http.post("/api/oauth.v2.access", data=data)).json()
        assert got.get("error") == why, json.dumps(got)
