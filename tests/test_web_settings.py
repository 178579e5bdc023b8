"""The settings page: zone, key, data."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio

from bot.ids import new_id
from bot.records import Note
from tests.web_browser import HTML, visit
from tests.web_stage import ANN, KEY_NAME, Clock, Stage, stage

KEY = "sk-ant-api03-" + "x" * 40


@pytest_asyncio.fixture(loop_scope="session")
async def playing(migrated_url: str) -> AsyncIterator[Stage]:
    async with stage(migrated_url) as playing:
        yield playing


@pytest_asyncio.fixture(loop_scope="session")
async def ann(playing: Stage) -> AsyncIterator[httpx2.AsyncClient]:
    async with visit(playing) as client:
        client.headers["accept"] = HTML["accept"]
        yield client


async def stored_key(playing: Stage) -> str | None:
    async with playing.memory.door() as door:
        return await door.secrets.get(ANN.scope, KEY_NAME)


async def test_name_and_zone_are_kept(playing: Stage, ann: httpx2.AsyncClient) -> None:
    answer = await ann.post("/settings/you", data={"name": "Ann <Lee>", "zone": "America/New_York"})
    assert answer.status_code == 303
    page = await ann.get("/settings")
    assert "Ann &lt;Lee&gt;" in page.text
    assert 'value="America/New_York"' in page.text


@pytest.mark.parametrize(
    "data",
    [
        {"name": ""},
        {"name": "x" * 81},
        {"name": "a\nb"},
        {"name": "Ann", "zone": "Mars/Base"},
        {"name": "Ann", "zone": "../../etc/passwd"},
        {"name": "Ann", "zone": "Europe/Berlin\x00"},
    ],
)
async def test_what_is_no_name_or_zone_is_not_kept(
    playing: Stage, ann: httpx2.AsyncClient, data: dict[str, str]
) -> None:
    answer = await ann.post("/settings/you", data=data)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    async with playing.memory.work(ANN.scope) as work:
        assert await work.profile.get() == ANN


async def test_the_zone_of_the_browser_can_be_taken_over(playing: Stage, ann: httpx2.AsyncClient) -> None:
    assert (await ann.post("/settings/zone", data={"zone": "Europe/Berlin"})).status_code == 204
    assert (await ann.post("/settings/zone", data={"zone": "nonsense"})).status_code == 400
    async with playing.memory.work(ANN.scope) as work:
        assert (await work.profile.get()).zone == "Europe/Berlin"


async def test_a_key_that_works_is_used_and_kept_and_never_shown(playing: Stage, ann: httpx2.AsyncClient) -> None:
    assert (await ann.post("/settings/key", data={"key": f" {KEY} "})).status_code == 303
    assert playing.keys == [KEY]
    assert await stored_key(playing) == KEY
    page = await ann.get("/settings")
    assert "A key is in use" in page.text
    assert KEY not in page.text


@pytest.mark.parametrize("key", ["", "short", "sk-ant-ключ-ключ", "x" * 401])
async def test_what_is_no_key_does_not_reach_the_vendor(playing: Stage, ann: httpx2.AsyncClient, key: str) -> None:
    assert (await ann.post("/settings/key", data={"key": key})).status_code == 400
    assert playing.keys == []


async def test_a_key_that_the_vendor_refuses_is_not_kept(playing: Stage, ann: httpx2.AsyncClient) -> None:
    answer = await ann.post("/settings/key", data={"key": "wrong-key-of-somebody"})
    assert answer.status_code == 400
    assert "the vendor says it is unknown" in answer.text
    assert "wrong-key" not in answer.text
    assert await stored_key(playing) is None


async def test_a_removed_key_is_gone_and_no_longer_used(playing: Stage, ann: httpx2.AsyncClient) -> None:
    await ann.post("/settings/key", data={"key": KEY})
    assert (await ann.post("/settings/key/remove")).status_code == 303
    assert await stored_key(playing) is None
    assert playing.keys == [KEY, ""]


async def note_down(playing: Stage) -> None:
    async with playing.memory.work(ANN.scope) as work:
        await work.notes.put(Note(id=new_id(), title="t", text="the plumber ❤", created_at=Clock().now()))


async def test_everything_can_be_taken_along(playing: Stage, ann: httpx2.AsyncClient) -> None:
    await note_down(playing)
    answer = await ann.get("/settings/export")
    assert answer.headers["content-disposition"].startswith('attachment; filename="aurelius-')
    assert "the plumber ❤" in answer.text
    assert answer.json()


async def test_everything_is_deleted_only_after_the_word_was_typed(playing: Stage, ann: httpx2.AsyncClient) -> None:
    await note_down(playing)
    for wrong in ("", "delete", "DELETE!"):
        assert (await ann.post("/settings/delete", data={"confirm": wrong})).status_code == 400
    async with playing.memory.work(ANN.scope) as work:
        assert len(await work.notes.list()) == 1
    assert (await ann.post("/settings/delete", data={"confirm": "DELETE"})).status_code == 303
    async with playing.memory.work(ANN.scope) as work:
        assert await work.notes.list() == []
    assert (await ann.get("/chat/messages", headers={"accept": "application/json"})).status_code == 401
