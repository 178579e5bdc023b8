"""What reaches Slack's adapter from outside: signed requests, installs of other workspaces, tokens that are refused."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
import pytest_asyncio

from adapters.chat import slack as adapter
from adapters.chat.slack.inbound import PLATFORM
from bot.ports import Ports
from lab.slack.app import APP_TOKEN, SIGNING_SECRET, TOKEN
from lab.slack.delivery import signed
from lab.slack.world import SCOPES
from tests.app_stand_in import App, AppUser
from tests.path_stage import Running, lab, ports, running  # noqa: F401 - fixtures
from tests.slack_stage import ann, settings_for, slack  # noqa: F401 - fixtures
from tests.talk import WAIT, Lab

SECOND = "T0TWO"


@pytest.fixture(scope="module")
def settings(slack: App) -> dict[str, Any]:
    return settings_for(slack, public_url="https://aurelius.example")


@pytest_asyncio.fixture
async def door(running: Running) -> AsyncIterator[httpx2.AsyncClient]:
    """Us, as Slack and browsers reach us."""
    transport = httpx2.ASGITransport(running.system.app)
    async with httpx2.AsyncClient(transport=transport, base_url="https://aurelius.example", timeout=WAIT) as client:
        yield client


def event_of(ann: AppUser, ts: str, text: str) -> bytes:
    event = {"type": "message", "channel": f"DLAB{ann.id}", "channel_type": "im", "user": f"U{ann.id}", "ts": ts}
    body = {"type": "event_callback", "team_id": "T0LAB", "event_id": f"Ev{ts}", "event": event | {"text": text}}
    return json.dumps(body).encode()


async def posted(door: httpx2.AsyncClient, body: bytes, headers: Any, kind: str = "application/json") -> Any:
    return await door.post("/webhooks/slack", content=body, headers={"content-type": kind, **headers})


# Signed requests


async def test_only_what_slack_signed_a_moment_ago_is_taken(door: httpx2.AsyncClient, ann: AppUser) -> None:
    body = event_of(ann, "1764.000001", "add buy cress to my list")
    right = signed(SIGNING_SECRET, body)
    old = str(int(time.time()) - 301)
    for headers in (
        {},
        signed("another secret", body),
        signed(SIGNING_SECRET, body + b" "),
        right | {"X-Slack-Request-Timestamp": old},
        right | {"X-Slack-Request-Timestamp": "yesterday"},
        right | {"X-Slack-Signature": "v0=ä".encode()},
    ):
        assert (await posted(door, body, headers)).status_code == 401
    assert "cress" not in (await ann.say("/tasks"))["text"]


async def test_a_signed_event_is_kept_and_its_retry_is_recognised(door: httpx2.AsyncClient, ann: AppUser) -> None:
    body = event_of(ann, "1764.000002", "add buy dill to my list")
    for retry in ({}, {"x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"}):
        assert (await posted(door, body, signed(SIGNING_SECRET, body) | retry)).status_code == 200
    await ann.until(lambda shown: "dill" in shown[-1]["text"])
    assert (await ann.say("/tasks"))["text"].count("dill") == 1


async def test_an_event_that_is_older_than_the_one_before_is_taken_too(door: httpx2.AsyncClient, ann: AppUser) -> None:
    for ts, what in (("1764.000005", "later"), ("1764.000004", "earlier")):
        body = event_of(ann, ts, f"/task do it {what}")
        assert (await posted(door, body, signed(SIGNING_SECRET, body))).status_code == 200
    await ann.until(lambda shown: "earlier" in shown[-1]["text"])
    tasks = (await ann.say("/tasks"))["text"]
    assert ("earlier" in tasks, "later" in tasks) == (True, True)


async def test_slack_finds_out_whether_the_address_is_ours(door: httpx2.AsyncClient) -> None:
    body = json.dumps({"type": "url_verification", "token": "x", "challenge": "ch1"}).encode()
    answer = await posted(door, body, signed(SIGNING_SECRET, body))
    assert (answer.status_code, answer.json()) == (200, {"challenge": "ch1"})
    form = b"ssl_check=1&token=x"
    kind = "application/x-www-form-urlencoded"
    assert (await posted(door, form, signed(SIGNING_SECRET, form), kind)).status_code == 200


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b"payload=%7B"])
async def test_what_is_no_delivery_is_refused(door: httpx2.AsyncClient, body: bytes) -> None:
    kind = "application/x-www-form-urlencoded" if body.startswith(b"payload") else "application/json"
    headers = signed(SIGNING_SECRET, body)
    assert (await posted(door, body, headers, kind)).status_code in (400, 401)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "message"},
        {"type": "message", "channel": "D1", "user": "U1", "text": "hi", "ts": "soon"},
        {"type": "message", "subtype": "message_changed", "channel": "D1"},
        {"type": "reaction_added", "user": "U1", "item": {}},
        {"type": "from_the_future", "what": 1},
    ],
)
async def test_an_event_that_is_not_understood_is_acknowledged(door: httpx2.AsyncClient, event: Any) -> None:
    body = json.dumps({"type": "event_callback", "team_id": "T0LAB", "event_id": "Ev1", "event": event}).encode()
    assert (await posted(door, body, signed(SIGNING_SECRET, body))).status_code == 200


async def test_a_slash_command_over_http_is_a_form(door: httpx2.AsyncClient, ann: AppUser) -> None:
    fields = {"command": "/aurelius", "text": "task buy leek", "user_id": f"U{ann.id}", "team_id": "T0LAB"}
    body = urlencode(fields | {"channel_id": "C1", "trigger_id": "1.2.3"}).encode()
    answer = await posted(door, body, signed(SIGNING_SECRET, body), "application/x-www-form-urlencoded")
    assert answer.json()["response_type"] == "ephemeral"
    await ann.until(lambda shown: "leek" in shown[-1]["text"])


async def test_an_event_of_a_workspace_that_we_are_not_in_is_dropped(door: httpx2.AsyncClient, ann: AppUser) -> None:
    body = json.dumps(json.loads(event_of(ann, "1764.000009", "hi")) | {"team_id": "T0NONE"}).encode()
    assert (await posted(door, body, signed(SIGNING_SECRET, body))).status_code == 200


# Installing


async def begun(door: httpx2.AsyncClient) -> str:
    """Where the browser is sent, with its cookie set."""
    answer = await door.get("/slack/install")
    assert answer.status_code == 302
    assert {"HttpOnly", "Secure", "SameSite=Lax"} <= set(answer.headers["set-cookie"].replace(";", "").split())
    return str(answer.headers["location"])


async def decided(slack: App, address: str, answer: str, team: str = SECOND) -> str:
    """Somebody reads Slack's page and decides; where the browser comes back to."""
    page = (await slack.http.get(address)).text
    links = [unescape(link) for link in re.findall(r'href="([^"]+)"', page)]
    link = next(link for link in links if f"/{answer}?" in link and f"team={team}" in link)
    back = urlsplit((await slack.http.get(link)).headers["location"])
    assert back.path == "/slack/oauth_redirect"
    return f"{back.path}?{back.query}"


async def test_a_second_workspace_installs_us_and_is_answered_with_its_own_token(
    running: Running, lab: Lab, ports: Ports, slack: App, door: httpx2.AsyncClient
) -> None:
    await lab.reset()
    back = await decided(slack, await begun(door), "allow")
    page = await door.get(back)
    assert (page.status_code, "Aurelius is now in Second" in page.text) == (200, True)
    bob = Elsewhere(slack, {"id": "7", "name": "Bob", "team": SECOND})
    await running.restart()  # what was installed is kept
    before = len(await slack.events())
    shown = await bob.say("hello")
    assert "code is" in shown["text"]
    calls = [e for e in (await slack.events())[before:] if e["what"] == "call" and e["method"] == "chat.postMessage"]
    assert [call["team"] for call in calls] == [SECOND]
    async with ports.memory.door() as memory:
        assert await memory.installations.get(PLATFORM, SECOND) is not None
    await slack.act("revoke", team=SECOND)
    await slack.until(lambda events: acknowledged(events, "app_uninstalled"))
    async with ports.memory.door() as memory:
        assert await memory.installations.get(PLATFORM, SECOND) is None


def acknowledged(events: list[Any], kind: str) -> bool:
    happened = {event["event"] for event in events if event["what"] == "event" and event["kind"] == kind}
    return any(event.get("event") in happened and event.get("outcome") == "acknowledged" for event in events)


async def test_installing_that_is_denied_says_what_to_do(slack: App, door: httpx2.AsyncClient) -> None:
    page = await door.get(await decided(slack, await begun(door), "deny"))
    assert (page.status_code, "access_denied" in page.text, "Try again" in page.text) == (400, True, True)


async def test_a_way_back_works_once_and_in_its_own_browser_only(slack: App, door: httpx2.AsyncClient) -> None:
    back = await decided(slack, await begun(door), "allow")
    cookies = dict(door.cookies)
    door.cookies.clear()
    for strange in ({}, {"aurelius_slack_state": "1.2.3"}):
        assert (await door.get(back, headers=_cookie(strange))).status_code == 400
    assert (await door.get(back, headers=_cookie(cookies))).status_code == 200
    for again in (back, back.replace("state=", "state=0")):
        page = await door.get(again, headers=_cookie(cookies))
        assert (page.status_code, "Try again" in page.text) == (400, True)


def _cookie(cookies: dict[str, str]) -> dict[str, str]:
    return {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}


async def test_a_code_that_was_used_is_told_in_words(slack: App, door: httpx2.AsyncClient) -> None:
    code = parse_qs(urlsplit(await decided(slack, await begun(door), "allow")).query)["code"][0]
    state = parse_qs(urlsplit(await begun(door)).query)["state"][0]
    first = await door.get(f"/slack/oauth_redirect?{urlencode({'code': code, 'state': state})}")
    assert first.status_code == 200
    state = parse_qs(urlsplit(await begun(door)).query)["state"][0]
    page = await door.get(f"/slack/oauth_redirect?{urlencode({'code': code, 'state': state})}")
    assert (page.status_code, "code_already_used" in page.text) == (400, True)


class Elsewhere(AppUser):
    """Somebody in another workspace than ours."""

    async def screen(self) -> Any:
        where = {"user": self.id, "team": str(self.user["team"])}
        return (await self.app.http.get("/lab/screen", params=where)).json()


# Tokens


async def test_a_refused_token_stops_nothing_else_and_works_again_by_itself(
    running: Running, slack: App, ann: AppUser
) -> None:
    await slack.revoke()
    await ann.send("/task while it is refused")
    await slack.until(lambda events: [e for e in events if e.get("status") == "token_revoked"])
    await running.end()
    await running.begin()  # it starts all the same
    assert (await running.system.ready())["database"]
    await slack.called("auth.test", status="token_revoked")  # type: ignore[arg-type]
    await slack.restore()
    await ann.until(lambda shown: "while it is refused" in shown[-1]["text"])
    assert "while it is refused" in (await ann.say("/tasks"))["text"]


async def checked(slack: App, **more: Any) -> str | None:
    given: dict[str, Any] = {"token": TOKEN, "app_token": APP_TOKEN, "signing_secret": None} | more
    return await adapter.check(**given, root=f"{slack.url}/api/")


async def test_settings_are_checked_in_words(slack: App) -> None:
    assert await checked(slack) is None
    assert "SLACK_BOT_TOKEN (invalid_auth)" in str(await checked(slack, token="xoxb-wrong"))
    assert "SLACK_APP_TOKEN (not_allowed_token_type)" in str(await checked(slack, app_token=TOKEN))
    assert "Nothing can arrive" in str(await checked(slack, app_token=None))
    await slack.act("scopes", scopes=["chat:write"])
    assert "lacks the scopes app_mentions:read, channels:history, commands" in str(await checked(slack))
    await slack.act("scopes", scopes=SCOPES)
    nowhere = await adapter.check(token=TOKEN, app_token=None, signing_secret="x", root="http://127.0.0.1:9/api/")
    assert "does not answer" in str(nowhere)
