"""Slash commands and a plain "stop", whatever the platform made of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.action import Call
from bot.command import arguments, overview, understood
from bot.message import Address, Attachment, ButtonPress, Command, InboundMessage, Kind, Stop
from bot.people import Person
from bot.shortcuts import OWN, SENTENCES, SHORTCUTS
from tests.skill_stage import CATALOGUE

AT = Address(platform="web", tenant="", place="u")
ANN = Person(platform="web", tenant="", id="u")
MESSAGE = InboundMessage(
    delivery="d", at=AT, sender=ANN, ref="r", text="", sent_at=datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
)
COMMAND = Command(delivery="d", at=AT, sender=ANN, name="", text="", sent_at=MESSAGE.sent_at, direct=True)
STOP = Stop(delivery="d", at=AT, sender=ANN)


@pytest.mark.parametrize(
    ("text", "name", "rest"),
    [
        ("/tasks", "tasks", ""),
        (" /Task  buy  milk ", "task", "buy  milk"),
        ("/task\nbuy milk\nand bread", "task", "buy milk\nand bread"),
        ("/task@aurelius_bot buy milk", "task", "buy milk"),
        ("/tasks@aurelius_bot", "tasks", ""),
        ("/remember /etc is a folder", "remember", "/etc is a folder"),
        ("/zone Europe/Berlin", "zone", "Europe/Berlin"),
        ("/nonsense", "nonsense", ""),
        ("/stopwatch", "stopwatch", ""),
    ],
)
def test_a_typed_command_is_a_command(text: str, name: str, rest: str) -> None:
    assert understood(replace(MESSAGE, text=text)) == replace(COMMAND, name=name, text=rest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "hi",
        "/",
        "//",
        "/ task",
        "/24 is a subnet",
        "/usr/bin is full",
        "a /task",
        "/task!",
        "don't stop",
        "stop the clock",
    ],
)
def test_what_only_looks_like_a_command_is_a_message(text: str) -> None:
    message = replace(MESSAGE, text=text)
    assert understood(message) is message


@pytest.mark.parametrize(
    "text", ["stop", "Stop!", "STOP IT", "/stop", "/Stop", "/stop@aurelius_bot", "/stop now", "halt", "arrête"]
)
def test_stop_is_understood_however_it_is_said(text: str) -> None:
    assert understood(replace(MESSAGE, text=text)) == STOP


@pytest.mark.parametrize("name", ["stop", "Stop", "STOP", "stop@aurelius_bot"])
def test_stop_is_understood_as_a_platforms_command(name: str) -> None:
    assert understood(replace(COMMAND, name=name)) == STOP


def test_a_platforms_command_gets_its_plain_name() -> None:
    assert understood(replace(COMMAND, name="Tasks@bot", text="x")) == replace(COMMAND, name="tasks", text="x")


def test_words_beside_a_file_are_no_command() -> None:
    message = replace(MESSAGE, text="/stop", attachments=(Attachment(kind=Kind.FILE, ref="f", mime="a/b", size=1),))
    assert understood(message) is message


def test_what_is_no_text_stays_as_it_is() -> None:
    press = ButtonPress(delivery="d", at=AT, sender=ANN, token="a.stop")
    assert understood(press) is press
    assert understood(STOP) is STOP


def test_the_rest_of_the_line_becomes_the_argument() -> None:
    assert arguments(SHORTCUTS["task"], "buy milk") == {"title": "buy milk"}
    assert arguments(SHORTCUTS["task"], "") is None
    assert arguments(SHORTCUTS["tasks"], "whatever") == {}
    assert arguments(SHORTCUTS["why"], "") == {}
    assert arguments(SHORTCUTS["why"], "the mail") == {"about": "the mail"}
    assert arguments(SHORTCUTS["delete"], "") == {"confirm": "DELETE"}
    assert arguments(SHORTCUTS["delete"], "x") == {"confirm": "DELETE"}


@pytest.mark.parametrize("name", SHORTCUTS)
def test_every_command_is_a_built_in_action_that_takes_its_argument(name: str) -> None:
    shortcut = SHORTCUTS[name]
    example = shortcut.needs.partition(" ")[2] or "x"
    for rest in (example,) if shortcut.needs else (example, ""):
        call = Call(action=shortcut.action, arguments=arguments(shortcut, rest) or {}, key="k")
        assert CATALOGUE.get(call.action) is not None
        assert CATALOGUE.check(call) is None


def test_what_a_command_needs_is_shown_by_an_example_of_itself() -> None:
    for name, shortcut in SHORTCUTS.items():
        assert bool(shortcut.needs) <= bool(shortcut.rest)
        assert shortcut.needs == "" or shortcut.needs.startswith(f"/{name} ")


def test_the_overview_names_every_command_once_in_order() -> None:
    lines = overview().splitlines()
    names = [line.split("`")[1] for line in lines]
    assert names == sorted(f"/{name}" for name in {*SHORTCUTS, *OWN})
    assert all(line.split("` ")[1] for line in lines)
    assert not SHORTCUTS.keys() & OWN.keys()
    assert SENTENCES.keys() <= OWN.keys()
    assert all(sentence.format("x").count("x") for sentence in SENTENCES.values())
