"""The chat over HTTP: nothing doubled, nothing missed, nothing let in that should stay out."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from bot.message import Attachment, ButtonPress, InboundMessage, Kind, Stop
from bot.people import User
from bot.receive import topic
from bot.web import web_address
from tests.web_browser import HTML, listen, send, visit
from tests.web_stage import ANN, Stage, stage

SOUND = b"\x1aE\xdf\xa3" + bytes(range(20))  # the beginning of WebM
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest_asyncio.fixture(loop_scope="session")
async def playing(migrated_url: str) -> AsyncIterator[Stage]:
    async with stage(migrated_url) as playing:
        yield playing


@pytest_asyncio.fixture(loop_scope="session")
async def ann(playing: Stage) -> AsyncIterator[httpx2.AsyncClient]:
    async with visit(playing) as client:
        yield client


async def lines(client: httpx2.AsyncClient, **query: object) -> list[dict[str, Any]]:
    answer = await client.get("/chat/messages", params={k: str(v) for k, v in query.items()})
    assert answer.status_code == 200
    return list(answer.json()["messages"])


async def test_a_message_sent_twice_under_one_delivery_counts_once(playing: Stage, ann: httpx2.AsyncClient) -> None:
    delivery = uuid.uuid4().hex
    first = await send(ann, "hello", delivery=delivery)
    second = await send(ann, "hello", delivery=delivery)
    assert first.status_code == second.status_code == 202
    assert first.json() == second.json()
    assert len(playing.received) == 1
    assert [(line["id"], line["text"]) for line in await lines(ann)] == [(first.json()["id"], "hello")]


async def test_a_plain_stop_is_no_line(playing: Stage, ann: httpx2.AsyncClient) -> None:
    assert (await send(ann, "stop")).json() == {"id": ""}
    assert isinstance(playing.received[0], Stop)
    assert await lines(ann) == []


async def test_history_comes_in_pages_from_the_end(playing: Stage, ann: httpx2.AsyncClient) -> None:
    for number in range(60):
        await playing.say(str(number))
    newest = (await ann.get("/chat/messages")).json()
    assert [line["text"] for line in newest["messages"]] == [str(n) for n in range(10, 60)]
    assert newest["more"] is True
    older = (await ann.get(f"/chat/messages?before={newest['messages'][0]['position']}")).json()
    assert [line["text"] for line in older["messages"]] == [str(n) for n in range(10)]
    assert older["more"] is False


@pytest.mark.parametrize("before", ["x", "-1", "1e9", "9" * 30, "١"])
async def test_a_position_that_is_no_number_is_refused(ann: httpx2.AsyncClient, before: str) -> None:
    assert (await ann.get("/chat/messages", params={"before": before})).status_code == 400


async def test_whoever_listens_sees_what_was_said_and_what_is_said(playing: Stage, ann: httpx2.AsyncClient) -> None:
    await playing.say("before")
    async with listen(ann) as events:
        kind, _, data = await anext(events)
        assert (kind, data["text"]) == ("message", "before")
        await playing.tell("typing", turn="t")
        assert (await anext(events))[0] == "typing"
        await playing.tell("growing", turn="t", text="**gr")
        kind, seq, data = await anext(events)
        assert (kind, seq, data["html"]) == ("growing", "", "<p>**gr</p>\n")
        await playing.say("**grown**")
        kind, seq, data = await anext(events)
        assert (kind, data["html"]) == ("message", "<p><strong>grown</strong></p>\n")
        assert seq == str(data["seq"])
        await playing.tell("idle", turn="t")
        assert (await anext(events))[0] == "idle"


async def test_a_reconnecting_page_gets_the_rest_and_only_the_rest(playing: Stage, ann: httpx2.AsyncClient) -> None:
    for text in ("one", "two", "three"):
        await playing.say(text)
    async with listen(ann) as events:
        seen = [await anext(events) for _ in range(2)]
    await playing.say("four")
    async with listen(ann, headers={"last-event-id": seen[-1][1]}) as events:
        rest = [(await anext(events))[2]["text"] for _ in range(2)]
        assert rest == ["three", "four"]
        await playing.say("five")
        assert (await anext(events))[2]["text"] == "five"


async def test_lost_news_are_made_up_for(playing: Stage, ann: httpx2.AsyncClient) -> None:
    async with listen(ann) as events:
        playing.bus.listeners.clear()  # the news of this get lost
        await playing.say("unheard")
        assert (await anext(events))[2]["text"] == "unheard"


async def test_a_changed_message_comes_again_under_its_id(playing: Stage, ann: httpx2.AsyncClient) -> None:
    card = await playing.card(to="bob@example.com", text="hi")
    async with listen(ann, params={"after": card.seq}) as events:
        press = {"delivery": uuid.uuid4().hex, "token": card.choices[0].token}
        assert (await ann.post("/chat/press", json=press)).status_code == 202
        _, _, data = await anext(events)
    assert (data["id"], data["state"], data["position"]) == (card.id, "done", card.position)
    assert data["seq"] > card.seq


async def test_the_stream_ends_when_the_person_signs_out(ann: httpx2.AsyncClient) -> None:
    async with ann.stream("GET", "/chat/events") as answer:
        assert (await ann.post("/sign-out")).status_code == 303
        async for _ in answer.aiter_lines():
            pass  # it ends by itself


async def test_the_stream_ends_after_signing_out_however_much_is_going_on(
    playing: Stage, ann: httpx2.AsyncClient
) -> None:
    async def chatter() -> None:
        while True:
            await playing.bus.publish(topic(web_address(ANN)), {"kind": "growing", "turn": "t", "text": "word"})
            await asyncio.sleep(0.01)

    chatting = asyncio.create_task(chatter())
    async with asyncio.timeout(10), ann.stream("GET", "/chat/events") as answer:
        assert (await ann.post("/sign-out")).status_code == 303
        async for _ in answer.aiter_lines():
            pass  # it ends by itself
    chatting.cancel()


async def test_one_person_cannot_hold_endless_streams(ann: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web_oauth.stream.STREAMS", 1)
    async with listen(ann):
        assert (await ann.get("/chat/events")).status_code == 429


async def test_the_form_of_a_card_holds_its_arguments(playing: Stage, ann: httpx2.AsyncClient) -> None:
    card = await playing.card(to="bob@example.com", text="hi", priority="low")
    form = (await ann.get(f"/chat/cards/{card.id}")).json()
    assert form["title"] == "Send a mail to bob@example.com"
    by_name = {field["name"]: field for field in form["fields"]}
    assert by_name["to"]["value"] == "bob@example.com"
    assert by_name["priority"]["options"] == ["low", "normal", "high"]
    values = {"to": "ann@example.com", "text": "hello"}
    answer = await ann.post(
        "/chat/press", json={"delivery": uuid.uuid4().hex, "token": form["token"], "values": values}
    )
    assert answer.status_code == 202
    pressed = playing.received[-1]
    assert isinstance(pressed, ButtonPress)
    assert dict(pressed.values) == values


@pytest.mark.parametrize("path", ["/chat/cards/none", "/chat/files/none", "/conversations/messages/none"])
async def test_what_is_not_there_is_said_so(ann: httpx2.AsyncClient, path: str) -> None:
    assert (await ann.get(path)).status_code == 404


async def test_a_message_without_a_card_has_no_form(playing: Stage, ann: httpx2.AsyncClient) -> None:
    line = await playing.say("hi")
    assert (await ann.get(f"/chat/cards/{line.id}")).status_code == 404


async def test_a_picture_is_kept_and_shown_and_a_page_is_only_saved(playing: Stage, ann: httpx2.AsyncClient) -> None:
    evil = b"<script>alert(1)</script>"
    files = [("p.png", PNG, "image/png"), ("e.html", evil, "text/html")]
    assert (await send(ann, "", files=files)).status_code == 202
    message = playing.received[0]
    assert isinstance(message, InboundMessage)
    picture, page = message.attachments
    shown = await ann.get(f"/chat/files/{picture.ref}")
    assert (shown.content, shown.headers["content-type"]) == (PNG, "image/png")
    saved = await ann.get(f"/chat/files/{page.ref}")
    assert saved.headers["content-type"] == "application/octet-stream"
    assert saved.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in saved.headers["content-security-policy"]


async def test_a_recording_is_a_voice_note_that_plays_in_the_page(playing: Stage, ann: httpx2.AsyncClient) -> None:
    answer = await send(ann, "", files=[("voice note.webm", SOUND, "audio/webm;codecs=opus")], recorded="7.26")
    assert answer.status_code == 202
    message = playing.received[0]
    assert isinstance(message, InboundMessage)
    voice = message.attachments[0]
    assert (voice.kind, voice.mime, voice.duration) == (Kind.VOICE, "audio/webm", 7.3)
    line = (await lines(ann))[0]
    assert line["files"] == [
        {
            "id": voice.ref,
            "name": "voice note.webm",
            "mime": "audio/webm",
            "size": len(SOUND),
            "kind": "voice",
            "duration": 7.3,
        }
    ]
    played = await ann.get(f"/chat/files/{voice.ref}")
    assert (played.content, played.headers["content-type"]) == (SOUND, "audio/webm")
    assert played.headers["content-disposition"].startswith("inline")
    assert played.headers["accept-ranges"] == "bytes"
    assert played.headers["x-content-type-options"] == "nosniff"


async def test_a_voice_note_without_a_name_can_be_opened_in_the_history(
    playing: Stage, ann: httpx2.AsyncClient
) -> None:
    note = Attachment(kind=Kind.VOICE, ref="f", mime="audio/ogg", size=3, duration=7.0)
    said = await playing.say("", files=(note,))
    page = await ann.get(f"/conversations/messages/{said.id}", headers=HTML)
    assert '<a href="/chat/files/f">Voice note</a>' in page.text


async def test_a_sound_that_was_not_recorded_here_is_a_file(playing: Stage, ann: httpx2.AsyncClient) -> None:
    assert (await send(ann, "", files=[("song.webm", SOUND, "audio/webm")])).status_code == 202
    message = playing.received[0]
    assert isinstance(message, InboundMessage)
    assert [(file.kind, file.mime) for file in message.attachments] == [(Kind.FILE, "audio/webm")]


async def test_a_recording_that_is_none_is_refused_and_nothing_is_sent(playing: Stage, ann: httpx2.AsyncClient) -> None:
    answer = await send(ann, "", files=[("voice note.webm", PNG, "audio/webm")], recorded="7")
    assert (answer.status_code, "no sound" in answer.json()["advice"]) == (415, True)
    assert playing.received == []


async def test_endless_recordings_are_slowed_down(ann: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web_oauth.files.RECORDINGS_PER_MINUTE", 1)
    note = [("voice note.webm", SOUND, "audio/webm")]
    assert (await send(ann, "", files=note, recorded="7")).status_code == 202
    refused = await send(ann, "", files=note, recorded="7")
    assert (refused.status_code, "retry-after" in refused.headers) == (429, True)


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-", 0, 24),
        ("bytes=4-7", 4, 8),
        ("bytes=20-99", 20, 24),
        ("bytes=-4", 20, 24),
        ("bytes=-99", 0, 24),
        ("bytes=23-23", 23, 24),
    ],
)
async def test_a_part_of_a_sound_is_given_out_so_that_it_can_be_sought_in(
    ann: httpx2.AsyncClient, asked: str, start: int, stop: int
) -> None:
    await send(ann, "", files=[("song.webm", SOUND, "audio/webm")])
    path = f"/chat/files/{(await lines(ann))[0]['files'][0]['id']}"
    part = await ann.get(path, headers={"range": asked})
    assert (part.status_code, part.content) == (206, SOUND[start:stop])
    assert part.headers["content-range"] == f"bytes {start}-{stop - 1}/24"
    assert part.headers["content-length"] == str(stop - start)


@pytest.mark.parametrize("asked", ["bytes=-", "bytes=7-4", "bytes=0-1,4-5", "lines=1-2", "bytes=x-", "bytes=1", ""])
async def test_a_part_that_makes_no_sense_is_the_whole(ann: httpx2.AsyncClient, asked: str) -> None:
    await send(ann, "", files=[("song.webm", SOUND, "audio/webm")])
    path = f"/chat/files/{(await lines(ann))[0]['files'][0]['id']}"
    whole = await ann.get(path, headers={"range": asked})
    assert (whole.status_code, whole.content) == (200, SOUND)


@pytest.mark.parametrize("asked", ["bytes=24-", "bytes=99-100", "bytes=-0"])
async def test_a_part_behind_the_end_is_refused_with_the_size(ann: httpx2.AsyncClient, asked: str) -> None:
    await send(ann, "", files=[("song.webm", SOUND, "audio/webm")])
    path = f"/chat/files/{(await lines(ann))[0]['files'][0]['id']}"
    none = await ann.get(path, headers={"range": asked})
    assert (none.status_code, none.headers["content-range"]) == (416, "bytes */24")


async def test_a_file_of_the_wrong_kind_is_refused_and_nothing_is_sent(playing: Stage, ann: httpx2.AsyncClient) -> None:
    answer = await send(ann, "look", files=[("run.exe", b"MZ\x90\x00", "image/png")])
    assert answer.status_code == 415
    assert "run.exe" in answer.json()["advice"]
    assert playing.received == []


async def test_a_megabyte_of_text_is_taken_and_more_is_refused_in_words(
    playing: Stage, ann: httpx2.AsyncClient
) -> None:
    assert (await send(ann, "x" * 1024 * 1024)).status_code == 202
    refused = await send(ann, "x" * (1024 * 1024 + 1))
    assert refused.status_code == 400
    assert "1 MB" in refused.json()["advice"]
    assert len(playing.received) == 1


async def test_a_malformed_form_is_refused(ann: httpx2.AsyncClient) -> None:
    broken = {"content-type": "multipart/form-data; boundary=x"}
    assert (await ann.post("/chat/messages", content=b"--y\r\nnonsense", headers=broken)).status_code == 400
    for body in (b"{", b"[]", b"\xff", b'{"delivery": 5}', b"[" * 100_000):
        answer = await ann.post("/chat/press", content=body)
        assert answer.status_code == 400, body[:20]
        assert answer.json()["advice"]


async def test_another_person_sees_nothing_of_it(playing: Stage, ann: httpx2.AsyncClient) -> None:
    bob = User(id="0190bbbb-0000-7000-8000-000000000001", org="0190bbbb-0000-7000-8000-0000000000ff", name="Bob")
    await send(ann, "my secret", files=[("p.png", PNG, "image/png")])
    card = await playing.card(to="x@example.com")
    message = playing.received[0]
    assert isinstance(message, InboundMessage)
    async with playing.memory.door() as door:
        await door.persons.add_user(bob)
        session = await door.sessions.open(bob.scope, message.sent_at)
    async with httpx2.AsyncClient(base_url=playing.url, cookies={"aurelius": session}) as client:
        assert await lines(client) == []
        for path in (f"/chat/files/{message.attachments[0].ref}", f"/chat/cards/{card.id}"):
            assert (await client.get(path)).status_code == 404
        assert (await client.get(f"/conversations/messages/{card.id}")).status_code == 404
        place = {"platform": "web", "tenant": "", "place": message.at.place, "thread": ""}
        assert (await client.get("/conversations/one", params=place)).status_code == 404
        assert "secret" not in (await client.get("/conversations?q=secret")).text


async def test_past_conversations_can_be_read_and_searched(playing: Stage, ann: httpx2.AsyncClient) -> None:
    await send(ann, "the plumber <b>comes</b>")
    said = await playing.say("**On Friday**, the plumber said. <img src=x onerror=alert(1)>")
    found = (await ann.get("/conversations", params={"q": "plumber"})).json()
    assert {hit["id"] for hit in found["hits"]} >= {said.id}
    page = await ann.get(f"/conversations/messages/{said.id}", headers=HTML)
    assert "<strong>On Friday</strong>" in page.text
    assert "&lt;b&gt;comes&lt;/b&gt;" in page.text
    assert "<img src=x" not in page.text
    everything = await ann.get("/conversations", headers=HTML)
    assert "Web and terminal" in everything.text
    href = (await ann.get("/conversations")).json()["conversations"][0]["href"]
    assert "On Friday" in (await ann.get(href, headers=HTML)).text


@pytest.mark.parametrize("query", ["%", "'; drop table messages; --", "\x00", "a" * 5000, "<script>", "&|!():*"])
async def test_a_strange_search_finds_nothing_and_breaks_nothing(ann: httpx2.AsyncClient, query: str) -> None:
    answer = await ann.get("/conversations", params={"q": query}, headers=HTML)
    assert answer.status_code == 200
    assert "<script>" not in answer.text


async def test_the_page_tells_its_data_without_scripts(ann: httpx2.AsyncClient) -> None:
    page = (await ann.get("/chat", headers=HTML)).text
    assert 'role="log"' in page
    assert 'aria-live="polite"' in page
    assert json.dumps(ann.headers["x-csrf-token"])[1:-1] in page
