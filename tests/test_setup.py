"""`aurelius setup`: its guides name only what exists; what it is given is checked and kept, and nothing else is."""

from __future__ import annotations

import io
import json
import re
import socket
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from adapters.chat.slack.inbound import ASKS
from adapters.chat.slack.install import SCOPES
from aurelius.__main__ import main
from aurelius.commands import setup
from aurelius.settings import load, names
from aurelius.setup.connections import CHATS, SERVICES, Service, is_secret, value_of
from aurelius.setup.slack_manifest import manifest
from lab.telegram.app import TOKEN

SETTING = re.compile(r"\b(?:AURELIUS|ANTHROPIC|ELEVENLABS|SLACK|DISCORD|TELEGRAM|WHATSAPP|PUBLIC)_[A-Z_]+\b")
PUBLIC = "https://aurelius.example"
ROOT = Path(__file__).parents[1]
WRONG = "4242424242:AAhush-hush-hush-hush-hush-hush-hush"


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A data folder and a working directory with no settings of anybody's."""
    for name in names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AURELIUS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Any:
    def piped(*lines: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))

    piped()
    return piped


@pytest.fixture(scope="module")
def bot_api() -> Iterator[str]:
    """Telegram's stand-in, which knows TOKEN."""
    command = [sys.executable, "-m", "lab", "telegram"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip().removeprefix("listening on ")
        process.terminate()


@pytest.fixture
def telegram(bot_api: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TELEGRAM_BASE_URL", bot_api)
    yield bot_api
    act(bot_api, "restore")


def act(url: str, what: str) -> None:
    request = urllib.request.Request(f"{url}/lab/{what}", b"{}", {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=10):
        pass


@pytest.mark.parametrize("service", SERVICES.values(), ids=list(SERVICES))
def test_a_guide_names_only_settings_that_exist_and_all_that_it_asks_for(service: Service) -> None:
    told = service.guide(load({"PUBLIC_URL": PUBLIC}, Path("/nowhere"))[0])
    named = set(SETTING.findall(told))
    assert named <= set(names())
    assert {ask.setting for ask in service.asks} <= named
    assert "{" not in re.sub(r"(?s)\n\{\n.*?\n\}\n", "", told)
    assert all(re.search(rf"^  {number}\. ", told, re.M) for number in (1, 2, 3)) or service.name == "claude"


@pytest.mark.parametrize("service", CHATS, ids=[service.name for service in CHATS])
def test_a_chat_app_is_tied_by_a_code_and_its_guide_says_so(service: Service) -> None:
    assert "`aurelius link CODE`" in service.guide(load({}, Path("/nowhere"))[0])


def test_the_slack_manifest_has_what_the_adapter_needs() -> None:
    made = json.loads(manifest(""))
    assert set(made["oauth_config"]["scopes"]["bot"]) == set(SCOPES)
    assert {shortcut["callback_id"] for shortcut in made["features"]["shortcuts"]} == set(ASKS)
    assert made["settings"]["socket_mode_enabled"] is True
    assert made["settings"]["interactivity"] == {"is_enabled": True}
    assert made["features"]["app_home"]["home_tab_enabled"] is True
    assert made["features"]["app_home"]["messages_tab_read_only_enabled"] is False
    assert [command["command"] for command in made["features"]["slash_commands"]] == ["/aurelius"]
    assert "http" not in json.dumps(made)


def test_the_slack_manifest_keeps_within_slacks_limits() -> None:
    """https://docs.slack.dev/reference/app-manifest"""
    made = json.loads(manifest(PUBLIC))
    about, features = made["display_information"], made["features"]
    assert len(about["name"]) <= 35
    assert len(about["description"]) <= 140
    assert all(len(shortcut["name"]) <= 24 for shortcut in features["shortcuts"])
    assert all(len(shortcut["description"]) <= 150 for shortcut in features["shortcuts"])
    assert len(features["bot_user"]["display_name"]) <= 80
    assert len(features["slash_commands"][0]["description"]) <= 2000


def test_with_a_public_address_the_slack_manifest_names_where_slack_delivers() -> None:
    made = json.loads(manifest(PUBLIC))
    hook = f"{PUBLIC}/webhooks/slack"
    assert made["settings"]["event_subscriptions"]["request_url"] == hook
    assert made["settings"]["interactivity"]["request_url"] == hook
    assert made["features"]["slash_commands"][0]["url"] == hook
    assert made["oauth_config"]["redirect_urls"] == [f"{PUBLIC}/slack/oauth_redirect"]


def test_every_event_that_slack_sends_us_has_its_scope() -> None:
    """https://docs.slack.dev/reference/events names the scope of each."""
    needed = {"message.channels": "channels:history", "message.groups": "groups:history", "message.im": "im:history"}
    needed |= {"message.mpim": "mpim:history", "app_mention": "app_mentions:read", "reaction_added": "reactions:read"}
    free = {"app_home_opened", "app_uninstalled", "tokens_revoked"}
    events = set(json.loads(manifest(""))["settings"]["event_subscriptions"]["bot_events"])
    assert events == needed.keys() | free
    assert set(needed.values()) <= set(SCOPES)


def test_setup_alone_shows_what_is_connected_and_what_there_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "4242:hush")
    assert main(["setup"]) == 0
    told = capsys.readouterr().out
    lines = {line.split(":")[0].strip(): line for line in told.splitlines() if line.startswith("  ")}
    assert set(lines) == {service.title for service in SERVICES.values()}
    assert "connected" in lines["Telegram"]
    assert "`aurelius setup slack`" in lines["Slack"]
    assert "public https address" in lines["WhatsApp"]
    assert "hush" not in told


def test_a_guide_needs_nothing_and_without_input_nothing_changes(
    alone: Path, say: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in SERVICES:
        assert main(["setup", name]) == 0
    told = capsys.readouterr().out
    assert told.count("Nothing was changed.") == len(SERVICES)
    assert "WHATSAPP_VERIFY_TOKEN" in (alone / ".env").read_text()


def test_what_works_is_kept_where_only_the_owner_reads_it(
    alone: Path, say: Any, telegram: str, capsys: pytest.CaptureFixture[str]
) -> None:
    say(TOKEN, "")
    assert main(["setup", "telegram"]) == 0
    assert stat.S_IMODE((alone / ".env").stat().st_mode) == 0o600
    kept = load({"AURELIUS_DATA_DIR": str(alone)})[0]
    assert value_of(kept, "TELEGRAM_BOT_TOKEN") == TOKEN
    assert value_of(kept, "TELEGRAM_WEBHOOK_SECRET") == ""
    told = capsys.readouterr().out
    assert "It works." in told
    assert "Start again" in told
    assert TOKEN not in told


def test_what_the_vendor_refuses_is_said_in_words_and_not_kept(
    alone: Path, say: Any, telegram: str, capsys: pytest.CaptureFixture[str]
) -> None:
    say(WRONG)
    assert main(["setup", "telegram"]) == 1
    told = capsys.readouterr().err
    assert "@BotFather" in told
    assert WRONG not in told
    assert not (alone / ".env").exists()
    say(WRONG)
    assert main(["setup", "telegram", "--keep"]) == 0
    assert WRONG in (alone / ".env").read_text()


def test_a_vendor_that_never_answers_is_not_waited_for(
    say: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup, "SECONDS", 0.3)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        monkeypatch.setenv("TELEGRAM_BASE_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        say(TOKEN)
        assert main(["setup", "telegram"]) == 1
    assert "did not answer" in capsys.readouterr().err


def test_a_key_with_spaces_is_not_taken(alone: Path, say: Any, capsys: pytest.CaptureFixture[str]) -> None:
    say("not a key")
    assert main(["setup", "claude"]) == 1
    assert "ANTHROPIC_API_KEY" in capsys.readouterr().err
    assert not (alone / ".env").exists()


def test_the_verify_token_is_made_once(alone: Path, say: Any, capsys: pytest.CaptureFixture[str]) -> None:
    main(["setup", "whatsapp"])
    token = value_of(load({"AURELIUS_DATA_DIR": str(alone)})[0], "WHATSAPP_VERIFY_TOKEN")
    assert len(token) >= 32
    main(["setup", "whatsapp"])
    assert capsys.readouterr().out.count(token) == 2


def test_a_value_that_counts_more_is_named(
    alone: Path, say: Any, telegram: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", WRONG)
    say(TOKEN)
    assert main(["setup", "telegram"]) == 0
    assert "TELEGRAM_BOT_TOKEN also stands in the environment" in capsys.readouterr().out


class Keyboard:
    """Somebody at a terminal, who does something elsewhere before they answer."""

    def __init__(self, *answers: tuple[str, Callable[[], None]]) -> None:
        self.answers = iter(answers)

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        answer, does = next(self.answers)
        does()
        return f"{answer}\n"


def test_at_a_keyboard_trouble_can_be_put_right_and_checked_again(
    alone: Path, telegram: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = iter([WRONG, "", TOKEN, ""])
    monkeypatch.setattr("getpass.getpass", lambda words: next(typed))
    act(telegram, "revoke")
    keyboard = Keyboard(("a", lambda: None), ("", lambda: None), ("", lambda: act(telegram, "restore")))
    monkeypatch.setattr("sys.stdin", keyboard)
    assert main(["setup", "telegram"]) == 0
    assert capsys.readouterr().out.count("Asking Telegram") == 4
    assert TOKEN in (alone / ".env").read_text()


def test_secrets_do_not_show_while_they_are_typed_and_ids_do() -> None:
    hidden = {ask.setting: is_secret(ask.setting) for service in SERVICES.values() for ask in service.asks}
    assert {name for name, secret in hidden.items() if not secret} == {"WHATSAPP_PHONE_NUMBER_ID", "WHATSAPP_TEMPLATE"}
