"""The operator's view of what was given up on, through a running assistant: the command, and what the doctor says."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from aurelius import checkup, instance
from aurelius.__main__ import main
from aurelius.checkup import Health
from aurelius.settings import load
from bot.ports import DeadLetter
from tests.web_stage import TOKEN, Stage, stage

LETTER = DeadLetter(job="j1", name="turn", subject="s", why="the disk was full", at=datetime(2026, 11, 20, tzinfo=UTC))


@pytest_asyncio.fixture(loop_scope="session")
async def playing(migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """One that runs and has given up on something, found by its file as every command finds it."""
    async with stage(migrated_url) as playing:
        playing.letters.letters.append(LETTER)
        found = {"pid": os.getpid(), "url": playing.url, "token": TOKEN}
        (tmp_path / instance.FILE).write_text(json.dumps(found))
        monkeypatch.setenv("AURELIUS_DATA_DIR", str(tmp_path))
        yield playing


async def test_what_was_given_up_on_is_listed_with_its_reason(
    playing: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await asyncio.to_thread(main, ["dead-letters"]) == 0
    assert capsys.readouterr().out == "j1  2026-11-20T00:00:00  turn: the disk was full\n"


async def test_it_is_redriven_once(playing: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert await asyncio.to_thread(main, ["dead-letters", "redrive", "j1"]) == 0
    assert playing.letters.letters == []
    assert await asyncio.to_thread(main, ["dead-letters", "redrive", "j1"]) == 1
    assert "There is no such dead letter. List them again" in capsys.readouterr().err


async def test_the_doctor_says_how_many_there_are(playing: Stage, tmp_path: Path) -> None:
    settings = load({"AURELIUS_DATA_DIR": str(tmp_path)}, tmp_path)[0]
    told = await checkup.dead_letters(settings)
    assert (told.health, told.about) == (Health.MISSING, "1 given up on")
    playing.letters.letters.clear()
    assert (await checkup.dead_letters(settings)).health is Health.OK


def test_nobody_can_be_asked_where_none_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AURELIUS_DATA_DIR", str(tmp_path))
    assert main(["dead-letters"]) == 1
    assert "aurelius run" in capsys.readouterr().err
