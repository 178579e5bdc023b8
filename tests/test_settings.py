"""Settings: where they come from, what is said about a bad one, and that a secret is never shown."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from aurelius.settings import Settings, load, names, table
from aurelius.settings_file import SettingsError, read_settings_file, write_setting


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    settings, warnings = load({}, tmp_path)
    assert (settings.port, settings.host, settings.database_url, settings.offline) == (8765, "127.0.0.1", None, True)
    assert settings.data_dir == Path("~/.local/share/aurelius").expanduser()
    assert warnings == []


def test_the_environment_wins_over_the_working_directory_and_that_over_the_data_folder(tmp_path: Path) -> None:
    here, data = tmp_path / "here", tmp_path / "data"
    here.mkdir()
    data.mkdir()
    written(here / ".env", f"AURELIUS_DATA_DIR={data}\nAURELIUS_PORT=2\nAURELIUS_MODEL_FAST=here\n")
    written(data / ".env", "AURELIUS_PORT=1\nAURELIUS_MODEL_FAST=data\nAURELIUS_MODEL_DEEP=data\n")
    settings, _ = load({"AURELIUS_PORT": "3"}, here)
    assert (settings.port, settings.model_fast, settings.model_deep) == (3, "here", "data")


def test_an_empty_value_is_as_good_as_none(tmp_path: Path) -> None:
    assert load({"ANTHROPIC_API_KEY": "", "AURELIUS_PORT": ""}, tmp_path)[0].offline


def test_an_unknown_setting_warns_and_names_where_it_stands(tmp_path: Path) -> None:
    written(tmp_path / ".env", "AURELIUS_PROT=9\n")
    _, warnings = load({"AURELIUS_COLOUR": "red", "HOME": "x"}, tmp_path)
    assert warnings == [
        "AURELIUS_COLOUR (in the environment) is not a setting; it is ignored.",
        f"AURELIUS_PROT (in {tmp_path}/.env) is not a setting; it is ignored.",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AURELIUS_PORT", "eighty"),
        ("AURELIUS_PORT", "70000"),
        ("AURELIUS_MODE", "crowd"),
        ("ANTHROPIC_BASE_URL", "api.example.com"),
        ("AURELIUS_ALLOW_PLAIN_LAN", "perhaps"),
    ],
)
def test_a_bad_value_is_named_with_its_place_and_not_shown(tmp_path: Path, name: str, value: str) -> None:
    written(tmp_path / ".env", f"{name}={value}\n")
    with pytest.raises(SettingsError) as error:
        load({}, tmp_path)
    assert f"{name} (in {tmp_path}/.env)" in str(error.value)
    assert value not in str(error.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("AURELIUS_PORT=1\n\n# a remark\nhello there\n", 4),
        ("\n\nAURELIUS_MODE='owner\nAURELIUS_PORT=1\n", 3),
        ("AURELIUS_PORT\n", 1),
    ],
)
def test_a_malformed_file_is_named_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    path = written(tmp_path / ".env", text)
    with pytest.raises(SettingsError, match=f"{path}, line {line} is not NAME=value"):
        read_settings_file(path)


def test_a_file_that_is_no_text_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(b"\xff\xfe\x00A")
    with pytest.raises(SettingsError, match="not UTF-8"):
        read_settings_file(path)


def test_an_unreadable_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()  # for root every file is readable, but a folder is nobody's file
    with pytest.raises(SettingsError, match="cannot be read"):
        load({}, tmp_path)


def test_an_enormous_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / ".env").open("wb") as stream:
        stream.truncate(2_000_000)
    with pytest.raises(SettingsError, match="larger"):
        load({}, tmp_path)


def test_quotes_remarks_and_export_are_understood(tmp_path: Path) -> None:
    path = written(tmp_path / ".env", "export A='x y' # why\nB=\"1#2\"\n# C=3\n")
    assert read_settings_file(path) == {"A": "x y", "B": "1#2"}


def test_a_written_setting_is_read_back_and_private(tmp_path: Path) -> None:
    path = tmp_path / "data" / ".env"
    for value in ("old", "it's a \\ key #1"):
        write_setting(path, "ANTHROPIC_API_KEY", value)
        write_setting(path, "AURELIUS_PORT", "1")
    assert read_settings_file(path) == {"ANTHROPIC_API_KEY": "it's a \\ key #1", "AURELIUS_PORT": "1"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [left.name for left in path.parent.iterdir()] == [".env"]


def test_secrets_do_not_show(tmp_path: Path) -> None:
    settings, _ = load({"ANTHROPIC_API_KEY": "sk-hush", "SKILL_NOTION_CLIENT_SECRET": "sk-hush"}, tmp_path)
    assert "hush" not in repr(settings) + str(settings)
    assert settings.skill_values["SKILL_NOTION_CLIENT_SECRET"].get_secret_value() == "sk-hush"


def test_every_key_token_and_password_is_kept_as_a_secret() -> None:
    for field in Settings.model_fields.values():
        name = str(field.validation_alias)
        if name.endswith(("_KEY", "_KEYS", "_TOKEN", "_SECRET")) or name in ("DATABASE_URL", "REDIS_URL"):
            assert field.annotation == SecretStr | None, name


def test_every_setting_is_explained_once() -> None:
    assert len(names()) == len(set(names()))
    assert all(field.description for field in Settings.model_fields.values() if field.validation_alias)
    assert len(table().splitlines()) == len(names()) + 2


def test_the_address_shown_is_one_that_a_browser_can_open(tmp_path: Path) -> None:
    assert load({"AURELIUS_HOST": "0.0.0.0"}, tmp_path)[0].url == "http://127.0.0.1:8765"
    assert load({"PUBLIC_URL": "https://me.example/"}, tmp_path)[0].url == "https://me.example"
