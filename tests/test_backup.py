"""Backup and restore: what was there is there again, in one private file, all of it or nothing."""

from __future__ import annotations

import stat
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aurelius.archive import backup, restore, without_password
from aurelius.commands import rotate_keys
from aurelius.settings import Settings, load
from aurelius.trouble import Trouble
from bot.ids import new_id
from bot.people import Scope, User
from bot.records import Note
from memory.database import Database
from memory.vault import Vault, keys_in

SCOPE = Scope(org=new_id(), user=new_id())


def settings_of(folder: Path, url: str) -> Settings:
    return load({"AURELIUS_DATA_DIR": str(folder), "DATABASE_URL": url}, folder)[0]


async def remember(folder: Path, url: str, text: str) -> None:
    """One person with one note and one secret."""
    memory = Database(url, Vault(keys_in(folder)))
    async with memory.door() as door:
        await door.persons.add_user(User(id=SCOPE.user, org=SCOPE.org, name="Ann"))
        await door.secrets.put(SCOPE, "token", text)
    async with memory.work(SCOPE) as work:
        await work.notes.put(Note(id=new_id(), title="", text=text, created_at=datetime.now(UTC)))
    await memory.close()


async def remembered(folder: Path, url: str) -> tuple[list[str], str | None]:
    memory = Database(url, Vault(keys_in(folder)))
    async with memory.work(SCOPE) as work:
        notes = [note.text for note in await work.notes.list()]
    async with memory.door() as door:
        secret = await door.secrets.get(SCOPE, "token")
    await memory.close()
    return notes, secret


async def test_a_backup_brings_everything_back_on_another_machine(
    tmp_path: Path, migrated_url: str, database_url: str
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    await remember(here, migrated_url, "the code is 17; DROP TABLE notes; \\! ls ü")
    made = await backup(settings_of(here, migrated_url), tmp_path / "backups")
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert [path.name for path in made.parent.iterdir()] == [made.name]
    await restore(settings_of(there, database_url), made)
    assert await remembered(there, database_url) == await remembered(here, migrated_url)
    assert (await remembered(there, database_url))[1] == "the code is 17; DROP TABLE notes; \\! ls ü"


async def test_a_restore_replaces_what_was_there_and_keeps_the_old_keys_beside(
    tmp_path: Path, migrated_url: str
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    await remember(here, migrated_url, "before")
    made = await backup(settings_of(here, migrated_url), tmp_path)
    memory = Database(migrated_url, Vault(keys_in(here)))
    async with memory.work(SCOPE) as work:
        await work.notes.put(Note(id=new_id(), title="", text="after", created_at=datetime.now(UTC)))
    await memory.close()
    keys_in(there)
    await restore(settings_of(there, migrated_url), made)
    assert await remembered(there, migrated_url) == (["before"], "before")
    assert (there / "secret-keys.before-restore").exists()


async def test_a_file_that_is_no_backup_changes_nothing(tmp_path: Path, migrated_url: str) -> None:
    await remember(tmp_path, migrated_url, "kept")
    settings = settings_of(tmp_path, migrated_url)
    made = await backup(settings, tmp_path)
    bad = tmp_path / "bad.tar.gz"
    for content in (b"", b"hello", made.read_bytes()[:-2000]):
        bad.write_bytes(content)
        with pytest.raises(Trouble, match="not a backup"):
            await restore(settings, bad)
    with tarfile.open(bad, "w:gz") as archive:
        (tmp_path / "sql").write_text("CREATE TABLE half (a int);\nDROP TABLE notes;\nSELECT nonsense;\n")
        archive.add(tmp_path / "sql", "database.sql")
    with pytest.raises(Trouble, match="psql failed"):
        await restore(settings, bad)
    assert await remembered(tmp_path, migrated_url) == (["kept"], "kept")


async def test_a_backup_folder_that_cannot_be_written_is_told(tmp_path: Path, migrated_url: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Trouble, match="Choose another folder"):
        await backup(settings_of(tmp_path, migrated_url), tmp_path / "file")


async def test_after_a_rotation_secrets_open_under_the_new_key_alone(tmp_path: Path, migrated_url: str) -> None:
    await remember(tmp_path, migrated_url, "hush")
    before = keys_in(tmp_path)
    count = await rotate_keys.renew(settings_of(tmp_path, migrated_url))
    assert count == 1
    assert keys_in(tmp_path) != before
    assert "," not in keys_in(tmp_path)
    assert await remembered(tmp_path, migrated_url) == (["hush"], "hush")


async def test_a_rotation_without_the_old_key_changes_nothing(tmp_path: Path, migrated_url: str) -> None:
    await remember(tmp_path, migrated_url, "hush")
    kept = keys_in(tmp_path)
    (tmp_path / "secret-keys").unlink()
    with pytest.raises(Trouble, match="Nothing was changed"):
        await rotate_keys.renew(settings_of(tmp_path, migrated_url))
    (tmp_path / "secret-keys").write_text(kept)
    assert await remembered(tmp_path, migrated_url) == (["hush"], "hush")


@pytest.mark.parametrize(
    ("address", "shown", "password"),
    [
        ("postgresql://ann:p%40ss@db:5433/x?sslmode=require", "postgresql://ann@db:5433/x?sslmode=require", "p@ss"),
        ("postgresql://aurelius@/aurelius?host=/tmp/s", "postgresql://aurelius@/aurelius?host=/tmp/s", None),
        ("postgresql:///x", "postgresql:///x", None),
    ],
)
def test_a_password_never_stands_on_a_command_line(address: str, shown: str, password: str | None) -> None:
    assert without_password(address) == (shown, password)
