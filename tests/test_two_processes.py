"""A process for the pages and one that works, on one database: what is done in one counts in the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from aurelius.lifetime import _plainly
from aurelius.roles import Role
from aurelius.trouble import Trouble
from aurelius.wiring import System
from bot.model import Prompt, Said, Tier
from tests.talk import WAIT, Lab, offline_model, whole
from tests.web_browser import HTML, token_in

KEY = "sk-ant-pasted-on-the-page"
OFFLINE, CLAUDE = "offline-rules-1", "claude-haiku-5-5"


@asynccontextmanager
async def owner(system: System) -> AsyncIterator[httpx2.AsyncClient]:
    """The owner, signed in at this system's door."""
    transport = httpx2.ASGITransport(system.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost", timeout=WAIT) as client:
        address = urlsplit(await system.sign_in_link())
        page = await client.get(f"{address.path}?{address.query}", headers=HTML)
        form = {"csrf": token_in(page.text), "code": parse_qs(address.query)["code"][0]}
        assert (await client.post("/link", data=form, headers=HTML)).status_code == 303
        client.headers["x-csrf-token"] = token_in((await client.get("/settings", headers=HTML)).text)
        yield client


async def asked_as(system: System, lab: Lab) -> str:
    """The model that a question put to this system's model goes to."""
    question = Prompt(purpose="turn", tier=Tier.FAST, system="", messages=(Said(role="user", texts=("hi",)),))
    await system.ports.model.ask(system.owner.scope, question)
    return str((await lab.requests())[-1]["body"]["model"])


async def becomes(system: System, lab: Lab, model: str) -> None:
    async with asyncio.timeout(WAIT):
        while await asked_as(system, lab) != model:
            pass


async def test_a_key_pasted_in_one_process_is_used_by_all(migrated_url: str, tmp_path: Path) -> None:
    async with (
        offline_model() as lab,
        whole(migrated_url, lab, tmp_path, [Role.WORKER], anthropic_base_url=lab.url) as worker,
        whole(migrated_url, lab, tmp_path, [], anthropic_base_url=lab.url) as pages,
        owner(pages) as client,
    ):
        assert await asked_as(worker, lab) == OFFLINE
        assert (await client.post("/settings/key", data={"key": KEY})).status_code == 303
        await becomes(worker, lab, CLAUDE)
        assert (await client.post("/settings/key/remove")).status_code == 303
        await becomes(worker, lab, OFFLINE)


async def test_without_the_pasted_key_the_one_in_the_settings_counts_again(migrated_url: str, tmp_path: Path) -> None:
    async with (
        offline_model() as lab,
        whole(migrated_url, lab, tmp_path, [], anthropic_base_url=lab.url, anthropic_api_key="sk-ant-set") as pages,
        owner(pages) as client,
    ):
        assert (await client.post("/settings/key", data={"key": KEY})).status_code == 303
        assert (await client.post("/settings/key/remove")).status_code == 303
        assert await asked_as(pages, lab) == CLAUDE


async def test_a_process_that_cannot_open_the_vault_says_what_to_do(migrated_url: str, tmp_path: Path) -> None:
    async with offline_model() as lab:
        one = whole(migrated_url, lab, tmp_path / "one", [], anthropic_base_url=lab.url)
        async with one as pages, owner(pages) as client:
            assert (await client.post("/settings/key", data={"key": KEY})).status_code == 303
        with pytest.raises(Trouble, match="AURELIUS_SECRET_KEYS, or share the data folder"), _plainly():
            async with whole(migrated_url, lab, tmp_path / "two", []):
                raise AssertionError("it started")
