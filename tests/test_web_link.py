"""Linking a chat account on the page: by a form that names it, by the signed-in person alone, and letting it go."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx2
import pytest
import pytest_asyncio

from bot.ids import new_id
from bot.link import WELCOME
from bot.message import Address
from bot.people import Person
from tests.web_browser import HTML, token_in, visit
from tests.web_stage import ANN, TOKEN, Stage, link, stage
from web_oauth.linking import is_code


@pytest_asyncio.fixture(loop_scope="session")
async def playing(migrated_url: str) -> AsyncIterator[Stage]:
    async with stage(migrated_url) as playing:
        yield playing


@pytest_asyncio.fixture(loop_scope="session")
async def ann(playing: Stage) -> AsyncIterator[httpx2.AsyncClient]:
    async with visit(playing) as client:
        client.headers["accept"] = HTML["accept"]
        yield client


def eve() -> Person:
    return Person(platform="telegram", tenant="7", id=new_id(), name="Eve <Lee> (@eve_lee)")


async def code_of(playing: Stage, person: Person, age: timedelta = timedelta()) -> str:
    at = Address(platform=person.platform, tenant=person.tenant, place=person.id)
    async with playing.memory.door() as door:
        return await door.persons.code_for(person, at, datetime.now(UTC) - age) or ""


async def owner_of(playing: Stage, person: Person) -> str | None:
    async with playing.memory.door() as door:
        user = await door.persons.user_of(person)
    return user.id if user else None


async def linked(playing: Stage, ann: httpx2.AsyncClient, person: Person) -> httpx2.Response:
    return await ann.post("/link/account", data={"code": await code_of(playing, person)})


@pytest.mark.parametrize("text", ["ABCD2345", "abcd2345", " ABCD-2345 ", "abcd 2345"])
def test_a_code_is_known_however_it_is_typed(text: str) -> None:
    assert is_code(text)


@pytest.mark.parametrize("text", ["", "ABCD234", "ABCD23456", "x" * 43, "ABCD_234", 'ABC"2345', "ABCD2345\nABCD2345"])
def test_what_is_no_code_is_taken_for_a_sign_in_link(text: str) -> None:
    assert not is_code(text)


async def test_the_form_names_the_account_and_looking_links_nothing(playing: Stage, ann: httpx2.AsyncClient) -> None:
    person = eve()
    code = await code_of(playing, person)
    for _ in range(3):
        page = await ann.get(f"/link?code={code}")
        assert page.status_code == 200
    assert "Link the Telegram account" in page.text
    assert "Eve &lt;Lee&gt; (@eve_lee)" in page.text
    assert person.id in page.text
    assert "Not me" in page.text
    assert await owner_of(playing, person) is None
    assert (await ann.post("/link/account", data={"code": code})).status_code == 303
    assert await owner_of(playing, person) == ANN.id


async def test_the_code_is_spent_and_the_chat_is_told_by_a_job(playing: Stage, ann: httpx2.AsyncClient) -> None:
    person = eve()
    code = await code_of(playing, person)
    await ann.post("/link/account", data={"code": code})
    (job,) = playing.jobs
    assert job.name == "linked"
    async with playing.memory.work(ANN.scope) as work:
        line = await work.messages.get(job.subject.split("/")[2])
    assert line is not None
    assert (line.text, line.at.platform, line.at.place) == (WELCOME, "telegram", person.id)
    assert (await ann.post("/link/account", data={"code": code})).status_code == 404
    assert len(playing.jobs) == 1


async def test_the_terminal_tells_the_chat_too(playing: Stage) -> None:
    code = await code_of(playing, eve())
    headers = {"authorization": f"Bearer {TOKEN}"}
    async with httpx2.AsyncClient(base_url=playing.url, headers=headers) as local:
        answer = await local.post("/local/link-codes/redeem", json={"code": code})
    assert answer.json()["text"] == "Linked: Eve <Lee> (@eve_lee) on Telegram is you."
    assert [job.name for job in playing.jobs] == ["linked"]


@pytest.mark.parametrize("token", ["", "0" * 64])
async def test_without_the_form_token_nothing_is_linked_or_unlinked(
    playing: Stage, ann: httpx2.AsyncClient, token: str
) -> None:
    person, other = eve(), eve()
    await linked(playing, ann, other)
    ann.headers["x-csrf-token"] = token
    assert (await linked(playing, ann, person)).status_code == 403
    assert await owner_of(playing, person) is None
    gone = await ann.post("/unlink/account", data={"platform": other.platform, "tenant": other.tenant, "id": other.id})
    assert gone.status_code == 403
    assert await owner_of(playing, other) == ANN.id


async def test_who_is_not_signed_in_learns_nothing_and_finds_the_form_after_signing_in(playing: Stage) -> None:
    person = eve()
    code = await code_of(playing, person)
    async with httpx2.AsyncClient(base_url=playing.url, headers=HTML) as client:
        page = await client.get(f"/link?code={code}")
        assert "aurelius link" in page.text
        assert "Eve" not in page.text
        refused = await client.post("/link/account", data={"code": code})
        assert refused.status_code == 401
        address = urlsplit(await link(playing))
        page = await client.get(f"{address.path}?{address.query}")
        form = {"csrf": token_in(page.text), "code": address.query.removeprefix("code=")}
        signed_in = await client.post("/link", data=form)
        assert signed_in.headers["location"] == f"/link?code={code}"
        assert "Link the Telegram account" in (await client.get(signed_in.headers["location"])).text
        assert "aurelius-code" not in client.cookies
    assert await owner_of(playing, person) is None


async def test_looking_without_being_signed_in_cannot_lock_the_door(playing: Stage, ann: httpx2.AsyncClient) -> None:
    async with httpx2.AsyncClient(base_url=playing.url, headers=HTML) as nobody:
        for number in range(8):
            assert (await nobody.get(f"/link?code=WRONG{number}AB")).status_code == 200
    assert (await linked(playing, ann, eve())).status_code == 303


async def test_a_wrong_an_expired_and_a_used_code_say_how_to_get_another(
    playing: Stage, ann: httpx2.AsyncClient
) -> None:
    used = await code_of(playing, eve())
    await ann.post("/link/account", data={"code": used})
    for code in ("WRONG234", await code_of(playing, eve(), age=timedelta(hours=1)), used):
        page = await ann.get(f"/link?code={code}")
        assert page.status_code == 404
        assert "fresh code" in page.text


async def test_after_five_wrong_codes_looking_and_linking_wait_an_hour(playing: Stage, ann: httpx2.AsyncClient) -> None:
    code = await code_of(playing, eve())
    statuses = [(await ann.get(f"/link?code=WRONG{number}AB")).status_code for number in range(5)]
    assert statuses == [404] * 5
    for answer in (await ann.get(f"/link?code={code}"), await ann.post("/link/account", data={"code": code})):
        assert answer.status_code == 429
        assert "in an hour" in answer.text


async def test_linked_accounts_are_listed_and_let_go(playing: Stage, ann: httpx2.AsyncClient) -> None:
    person, other = eve(), Person(platform="whatsapp", tenant="1", id="4915112345")
    for each in (person, other):
        await linked(playing, ann, each)
    home = (await ann.get("/")).text
    assert "Eve &lt;Lee&gt; (@eve_lee)" in home
    assert "WhatsApp" in home
    assert f"since {datetime.now(UTC):%-d %B %Y}" in home
    form = {"platform": person.platform, "tenant": person.tenant, "id": person.id}
    gone = await ann.post("/unlink/account", data=form)
    assert gone.status_code == 303
    home = (await ann.get(gone.headers["location"])).text
    assert "Eve" not in home
    assert "Unlinked" in home
    assert await owner_of(playing, person) is None
    assert await owner_of(playing, other) == ANN.id
    assert (await ann.post("/unlink/account", data=form)).status_code == 404


async def test_the_web_cannot_be_unlinked(playing: Stage, ann: httpx2.AsyncClient) -> None:
    web = {"platform": "web", "tenant": "", "id": ANN.id}
    assert (await ann.post("/unlink/account", data=web)).status_code == 400
    assert await owner_of(playing, Person(platform="web", tenant="", id=ANN.id)) == ANN.id


async def test_a_code_of_an_account_that_is_yours_already_leads_home(playing: Stage, ann: httpx2.AsyncClient) -> None:
    person = eve()
    second = await code_of(playing, person)
    await linked(playing, ann, person)
    answer = await ann.get(f"/link?code={second}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/#accounts")
