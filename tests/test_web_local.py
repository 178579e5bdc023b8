"""What programs on the same machine may do with the local token, and nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx2
import pytest
import pytest_asyncio

from bot.message import Address
from bot.ports import DeadLetter
from tests.web_stage import ANN, TOKEN, Stage, stage, stranger


@pytest_asyncio.fixture(loop_scope="session")
async def playing(migrated_url: str) -> AsyncIterator[Stage]:
    async with stage(migrated_url) as playing:
        yield playing


@pytest_asyncio.fixture(loop_scope="session")
async def local(playing: Stage) -> AsyncIterator[httpx2.AsyncClient]:
    headers = {"authorization": f"Bearer {TOKEN}"}
    async with httpx2.AsyncClient(base_url=playing.url, headers=headers) as client:
        yield client


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", "Bearer ü"])
async def test_without_the_token_nothing_is_done(playing: Stage, token: str) -> None:
    async with httpx2.AsyncClient(base_url=playing.url) as client:
        headers = {b"authorization": token.encode()}
        assert (await client.get("/local/messages", headers=headers)).status_code == 401
        assert (await client.post("/local/sign-in-links", headers=headers)).status_code == 401


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "x-real-ip"])
async def test_what_a_proxy_passes_on_is_not_local(local: httpx2.AsyncClient, header: str) -> None:
    assert (await local.get("/local/messages", headers={header: "127.0.0.1"})).status_code == 403


async def test_a_code_links_the_account_that_was_given_it_once(playing: Stage, local: httpx2.AsyncClient) -> None:
    person = stranger()
    at = Address(platform="telegram", tenant="", place="4242")
    async with playing.memory.door() as door:
        code = await door.persons.code_for(person, at, datetime.now(UTC))
    assert code is not None
    answer = await local.post("/local/link-codes/redeem", json={"code": code.lower()})
    assert (answer.json()["platform"], answer.json()["name"]) == ("telegram", "Ann on Telegram")
    async with playing.memory.door() as door:
        linked = await door.persons.user_of(person)
    assert linked is not None
    assert linked.id == ANN.id
    again = await local.post("/local/link-codes/redeem", json={"code": code})
    assert again.status_code == 404
    assert "fresh code" in again.json()["advice"]


async def test_guessing_codes_is_locked(local: httpx2.AsyncClient) -> None:
    statuses = [
        (await local.post("/local/link-codes/redeem", json={"code": f"WRONG{n}AB"})).status_code for n in range(7)
    ]
    assert statuses[0] == 404
    assert statuses[-1] == 429


async def test_dead_letters_are_listed_and_redriven(playing: Stage, local: httpx2.AsyncClient) -> None:
    letter = DeadLetter(job="j1", name="turn", subject="s", why="the model was down", at=datetime.now(UTC))
    playing.letters.letters.append(letter)
    listed = (await local.get("/local/dead-letters")).json()["letters"]
    assert [(each["job"], each["why"]) for each in listed] == [("j1", "the model was down")]
    assert (await local.post("/local/dead-letters", json={"job": "j1"})).status_code == 200
    assert (await local.post("/local/dead-letters", json={"job": "j1"})).status_code == 404


async def test_a_sign_in_link_leads_to_the_public_address_when_there_is_one(migrated_url: str) -> None:
    async with stage(migrated_url, public_url="https://aurelius.example/") as public:
        headers = {"authorization": f"Bearer {TOKEN}"}
        async with httpx2.AsyncClient(base_url=public.url, headers=headers) as client:
            url = (await client.post("/local/sign-in-links")).json()["url"]
    assert url.startswith("https://aurelius.example/link?code=")
