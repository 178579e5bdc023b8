"""The lab's page as a server: what it passes on, what it refuses, and `aurelius lab` from its start to its end."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import httpx2
import pytest
import pytest_asyncio

from aurelius import instance
from aurelius.commands.lab import STAND_INS
from bot.message import Address
from lab.__main__ import PAGES, main
from lab.page.people import ANN, GROUP
from lab.page.voice import Unheard, to_voice_note
from tests.app_stand_in import App, stand_in
from tests.talk import WAIT
from tests.test_command_line import alive, clean_environment, descendants
from tests.web_stage import TOKEN, Stage, stage, stranger

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "lab" / "page" / "static"


@pytest_asyncio.fixture
async def telegram() -> AsyncIterator[App]:
    async with stand_in("telegram") as app:
        yield app


@pytest_asyncio.fixture
async def page(telegram: App) -> AsyncIterator[App]:
    """The page in front of Telegram's stand-in, without an assistant."""
    async with stand_in("page", "--telegram", telegram.url) as page:
        yield page


@pytest_asyncio.fixture
async def door(migrated_url: str) -> AsyncIterator[Stage]:
    """Somebody's running assistant, as far as its door."""
    async with stage(migrated_url) as playing:
        yield playing


async def test_the_page_loads_nothing_that_is_not_its_own(page: App) -> None:
    answer = await page.http.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
    named = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert named
    for place in named:
        assert place.startswith("/static/")
        assert (await page.http.get(place)).status_code == 200
    assert "<script>" not in answer.text
    assert "style=" not in answer.text


async def test_it_says_which_apps_there_are(page: App) -> None:
    about = (await page.http.get("/lab.json")).json()
    assert about["apps"] == ["telegram"]
    assert [person["name"] for person in about["people"]] == ["Ann", "Bob"]
    assert about["ears"] is None
    assert about["assistant"] is False


async def test_what_a_person_does_on_the_page_happens_in_the_app(page: App, telegram: App) -> None:
    said = await page.http.post("/app/telegram/say", json={"user": ANN, "text": "hello"})
    assert said.status_code == 200
    screen = (await page.http.get("/app/telegram/screen", params={"user": ANN["id"]})).json()
    assert [message["text"] for message in screen["messages"]] == ["hello"]
    assert screen == (await telegram.http.get("/lab/screen", params={"user": ANN["id"]})).json()
    group = {"user": ANN["id"], "chat": GROUP["id"]}
    await page.http.post("/app/telegram/say", json={"user": ANN, "chat": GROUP, "text": "all"})
    assert (await page.http.get("/app/telegram/screen", params=group)).json()["messages"][0]["text"] == "all"


async def test_a_stand_ins_refusal_reaches_the_page_in_its_words(page: App) -> None:
    answer = await page.http.post("/app/telegram/press", json={"user": ANN, "message": "99", "button": "Approve"})
    assert answer.status_code == 400
    assert "no such message" in answer.json()["description"]


@pytest.mark.parametrize(
    "path", ["slack/screen", "telegram/..%2Fbot", "telegram/%2e%2e/%2e%2e/events", "..%2Ftelegram"]
)
async def test_nothing_but_the_apps_person_side_is_reached(page: App, path: str) -> None:
    assert (await page.http.get(f"/app/{path}")).status_code == 404


async def test_a_stand_in_that_is_gone_is_told(telegram: App) -> None:
    async with stand_in("page", "--telegram", "http://127.0.0.1:9") as page:
        answer = await page.http.get("/app/telegram/screen", params={"user": "1"})
        assert answer.status_code == 502
        assert "does not answer" in answer.json()["error"]


async def test_foreign_pages_cannot_use_it(page: App) -> None:
    """A name that was made to point here, and a form that is sent from elsewhere."""
    body = {"user": ANN, "text": "hello"}
    foreign = await page.http.get("/app/telegram/events", headers={"host": "evil.example:80"})
    assert foreign.status_code == 403
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        sent = await page.http.post("/app/telegram/say", content=json.dumps(body), headers={"content-type": kind})
        assert sent.status_code == 403
    assert (await page.http.get("/app/telegram/events")).json() == []


async def test_a_file_is_looked_at_and_runs_nothing(page: App) -> None:
    evil = {"kind": "document", "name": "x.html", "mime": "text/html", "base64": "PHNjcmlwdD4xPC9zY3JpcHQ+"}
    await page.http.post("/app/telegram/say", json={"user": ANN, "file": evil})
    screen = (await page.http.get("/app/telegram/screen", params={"user": ANN["id"]})).json()
    answer = await page.http.get(f"/app/telegram/file/{screen['messages'][0]['files'][0]['id']}")
    assert answer.content == b"<script>1</script>"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_more_than_any_app_takes_is_refused(page: App) -> None:
    json_kind = {"content-type": "application/json"}
    big = await page.http.post("/app/telegram/say", content=b" " * 40_000_001, headers=json_kind)
    assert big.status_code == 413


async def news(page: App, count: int, **headers: str) -> list[tuple[str, Any]]:
    """The next `count` pieces of news, each with the id to go on from."""
    found: list[tuple[str, Any]] = []
    seen = ""
    async with asyncio.timeout(WAIT), page.http.stream("GET", "/events", headers=headers) as answer:
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            seen = value if name == "id" else seen
            if name == "data":
                found.append((seen, json.loads(value)))
            if len(found) == count:
                break
    return found


async def test_the_page_hears_what_happens_and_goes_on_where_it_was(page: App) -> None:
    (_, first), *_ = await news(page, 1)
    assert first == {"app": "telegram", "events": [], "fresh": True}
    await page.http.post("/app/telegram/say", json={"user": ANN, "text": "one"})
    [(seen, heard)] = await news(page, 1)
    assert "one" in json.dumps(heard["events"])
    await page.http.post("/app/telegram/say", json={"user": ANN, "text": "two"})
    [(_, later)] = await news(page, 1, **{"last-event-id": seen})
    assert "two" in json.dumps(later["events"])
    assert "one" not in json.dumps(later["events"])
    assert later["fresh"] is False


async def test_a_stand_in_that_comes_back_begins_anew_for_the_page() -> None:
    first = await started_telegram("0")
    async with stand_in("page", "--telegram", first.url) as page:
        await page.http.post("/app/telegram/say", json={"user": ANN, "text": "one"})
        async with asyncio.timeout(WAIT), page.http.stream("GET", "/events") as answer:
            lines = answer.aiter_lines()
            heard = [await next_news(lines)]
            await first.end()
            heard.append(await next_news(lines))
            second = await started_telegram(first.url.rpartition(":")[2])
            heard.append(await next_news(lines))
        await second.end()
    assert [each.get("gone", each.get("fresh")) for each in heard] == [True, True, True]
    assert "one" in json.dumps(heard[0]["events"])
    assert heard[1] == {"app": "telegram", "events": [], "gone": True}
    assert heard[2] == {"app": "telegram", "events": [], "fresh": True}


async def next_news(lines: AsyncIterator[str]) -> Any:
    async for line in lines:
        if line.startswith("data: "):
            return json.loads(line.removeprefix("data: "))
    raise AssertionError("the stream ended")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mortal:
    """A stand-in that a test ends."""

    url: str
    process: asyncio.subprocess.Process

    async def end(self) -> None:
        self.process.kill()
        await self.process.wait()


async def started_telegram(port: str) -> Mortal:
    command = (sys.executable, "-m", "lab", "telegram", "--port", port)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert process.stdout is not None
    return Mortal(url=(await process.stdout.readline()).decode().split()[-1], process=process)


async def test_told_to_stop_it_lets_its_listeners_go(telegram: App) -> None:
    command = (sys.executable, "-m", "lab", "page", "--telegram", telegram.url)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().split()[-1]
    async with httpx2.AsyncClient(timeout=WAIT) as http, http.stream("GET", f"{url}/events") as answer:
        lines = answer.aiter_lines()
        await next_news(lines)
        process.terminate()
        assert [line async for line in lines if line] == []
    _, complaints = await asyncio.wait_for(process.communicate(), WAIT)
    assert complaints == b""


def recorded(codec: str, container: str, seconds: float) -> bytes:
    """What a browser records."""
    out = io.BytesIO()
    with av.open(out, "w", format=container) as target:
        stream: Any = target.add_stream(codec, rate=48_000)
        stream.layout = "mono"
        for start in range(0, int(48_000 * seconds), 960):
            frame = av.AudioFrame(format="s16", layout="mono", samples=960)
            frame.planes[0].update(bytes(1920))
            frame.sample_rate, frame.pts = 48_000, start
            for part in av.AudioResampler(format=stream.format, layout="mono", rate=48_000).resample(frame):
                target.mux(stream.encode(part))
        target.mux(stream.encode(None))
    return out.getvalue()


@pytest.mark.parametrize(("codec", "container"), [("libopus", "webm"), ("libopus", "ogg"), ("aac", "mp4")])
async def test_a_recording_of_any_browser_becomes_a_voice_note(page: App, codec: str, container: str) -> None:
    answer = await page.http.post(
        "/voice", content=recorded(codec, container, 2), headers={"content-type": f"audio/{container}"}
    )
    assert answer.status_code == 200
    assert answer.headers["x-duration"] == "2"
    with av.open(io.BytesIO(answer.content)) as note:
        assert note.format.name == "ogg"
        assert [stream.codec_context.name for stream in note.streams] == ["opus"]


async def test_what_is_no_recording_is_told(page: App) -> None:
    answer = await page.http.post("/voice", content=b"no sound", headers={"content-type": "audio/webm"})
    assert answer.status_code == 422
    assert "no recording" in answer.json()["error"]


def test_a_recording_without_sound_is_told() -> None:
    with pytest.raises(Unheard):
        to_voice_note((STATIC / "mark.svg").read_bytes())


async def test_a_code_is_redeemed_at_the_local_door(telegram: App, door: Stage, tmp_path: Path) -> None:
    file = tmp_path / "instance.json"
    async with stand_in("page", "--telegram", telegram.url, "--instance", str(file)) as page:
        assert (await page.http.get("/assistant")).json() == {"ready": False}
        early = await page.http.post("/assistant/link", json={"code": "AAAAAAAA"})
        assert (early.status_code, "not running" in early.json()["error"]) == (503, True)
        file.write_text(json.dumps({"pid": os.getpid(), "url": door.url, "token": TOKEN}))
        assert (await page.http.get("/assistant")).json() == {"ready": True}
        async with door.memory.door() as opened:
            at = Address(platform="telegram", tenant="", place="4242", thread="")
            code = await opened.persons.code_for(stranger(), at, datetime.now(UTC))
        wrong = await page.http.post("/assistant/link", json={"code": "AAAAAAAA"})
        assert (wrong.status_code, "no such code" in wrong.json()["error"]) == (404, True)
        linked = await page.http.post("/assistant/link", json={"code": code})
        assert (linked.status_code, linked.json()["name"]) == (200, "Ann on Telegram")
        own = await page.http.post("/assistant/sign-in", json={})
        assert own.json()["url"].startswith(f"{door.url}/link?code=")


async def test_without_an_assistant_linking_says_so(page: App) -> None:
    answer = await page.http.post("/assistant/link", json={"code": "AAAAAAAA"})
    assert (answer.status_code, "without an assistant" in answer.json()["error"]) == (503, True)


def test_only_places_on_this_machine_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["page", "--slack", "https://slack.com"])
    assert "not on this machine" in capsys.readouterr().err


def test_the_page_knows_every_stand_in_that_the_command_starts() -> None:
    assert set(STAND_INS) <= set(PAGES)


@contextmanager
def running(folder: Path, *arguments: str, **more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`aurelius lab`, and where its page is."""
    command = [sys.executable, "-m", "aurelius", "lab", "--data-dir", str(folder / "lab"), *arguments]
    environment = clean_environment(folder / "data", **more)
    with (folder / "stderr").open("w") as errors:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True)
    with process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://[\d.:]+", process.stdout.readline())
            assert found is not None, (folder / "stderr").read_text()
            yield process, found[0]
        finally:
            process.kill()


async def test_the_lab_begins_linked_where_that_is_wished_and_ends_with_all_its_children(tmp_path: Path) -> None:
    decoy = {"TELEGRAM_BOT_TOKEN": "1:somebody-elses-real-token", "DATABASE_URL": "postgresql://real@127.0.0.1:1/data"}
    with running(tmp_path, "--linked", **decoy) as (process, url):
        async with httpx2.AsyncClient(base_url=url, timeout=WAIT) as http:
            apps = (await http.get("/lab.json")).json()["apps"]
            assert set(apps) == STAND_INS.keys() - {"elevenlabs"}
            async with asyncio.timeout(60):
                for app in apps:
                    await _is_linked(http, app)
        children = descendants(process.pid)
        assert len(children) > len(STAND_INS)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert [pid for pid in children if alive(pid)] == []
    assert instance.find(tmp_path / "lab") is None
    assert not (tmp_path / "data" / "postgres").exists()


async def _is_linked(http: httpx2.AsyncClient, app: str) -> None:
    after = -1
    while True:
        screen = (await http.get(f"/app/{app}/screen", params={"user": ANN["id"]})).json()
        if any("You are linked" in message["text"] for message in screen["messages"]):
            return
        events = (await http.get(f"/app/{app}/events", params={"after": after, "wait": 5})).json()
        after = events[-1]["n"] if events else after
