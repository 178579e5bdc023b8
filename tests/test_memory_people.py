"""Getting in: accounts, codes, links, sessions, secrets, leases."""

from __future__ import annotations

import asyncio
import base64
import os
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, text, update

from bot.ids import new_id
from bot.people import Person, Scope, User
from bot.repositories import Locked
from memory import vault as vaults
from memory.database import Database
from memory.keyring import SealedSecrets
from memory.persons import ALPHABET
from memory.tables import secrets, wrong_codes
from memory.vault import BadKeys, Unreadable, Vault, new_key, open_vault
from tests.memory_world import NOW, account_of, chat_of


@pytest.fixture(autouse=True)
async def _no_wrong_codes(database: Database) -> None:
    async with database.door() as door:
        await door.tx.execute(delete(wrong_codes))


def stranger() -> Person:
    return Person(platform="telegram", tenant="", id=new_id(), name="Eve")


async def test_an_account_belongs_to_whom_it_was_linked_last(database: Database, ann: Scope, bob: Scope) -> None:
    person = stranger()
    async with database.door() as door:
        assert await door.persons.user_of(person) is None
        for scope in (ann, bob):
            user = await door.persons.get(scope)
            assert user is not None
            await door.persons.link(person, user)
            assert await door.persons.user_of(person) == user
        hers, his = door.enter(ann).accounts, door.enter(bob).accounts
        assert person not in [each.person for each in await hers.list()]
        assert person in [each.person for each in await his.list()]
        assert not await hers.unlink(person)
        assert await door.persons.user_of(person) is not None
        assert await his.unlink(person)
        assert await door.persons.user_of(person) is None


async def test_adding_a_user_twice_changes_nothing(database: Database) -> None:
    user = User(id=new_id(), org=new_id(), name="Kim", zone="Asia/Seoul", dollars_per_day=1.5)
    async with database.door() as door:
        await door.persons.add_user(user)
        await door.persons.add_user(replace(user, name="Other"))
        assert await door.persons.get(user.scope) == user
        assert await door.persons.get(Scope(org=new_id(), user=user.id)) is None
        assert await door.persons.owner() is not None


async def test_processes_that_start_together_agree_on_one_owner(migrated_url: str) -> None:
    empty = Database(migrated_url, Vault(new_key()))

    async def start() -> User:
        async with empty.door() as door:
            owner = await door.persons.owner()
            if owner is None:
                owner = User(id=new_id(), org=new_id(), name="")
                await door.persons.add_user(owner)
            return owner

    assert len({owner.id for owner in await asyncio.gather(*(start() for _ in range(5)))}) == 1
    await empty.close()


async def test_a_code_is_good_once_however_it_is_typed(database: Database) -> None:
    person, at = stranger(), chat_of(Scope(org="", user="x"))
    async with database.door() as door:
        code = await door.persons.code_for(person, at, NOW)
        assert code is not None
        assert len(code) == 8
        assert set(code) <= set(ALPHABET)
        typed = f" {code[:4].lower()}-{code[4:]} "
        assert await door.persons.redeem(typed, NOW) == (person, at)
        assert await door.persons.redeem(typed, NOW) is None


async def test_looking_a_code_up_does_not_spend_it_but_wrong_ones_count(database: Database) -> None:
    person, at = stranger(), chat_of(Scope(org="", user="x"))
    async with database.door() as door:
        code = await door.persons.code_for(person, at, NOW) or ""
        assert await door.persons.look_up(code, NOW) == (person, at)
        assert await door.persons.look_up(code.lower(), NOW) == (person, at)
        for _ in range(4):
            assert await door.persons.look_up("WRONG234", NOW) is None
        assert await door.persons.look_up(code, NOW + timedelta(hours=1, minutes=-1)) == (person, at)
        assert await door.persons.redeem("WRONG234", NOW) is None
    async with database.door() as door:
        with pytest.raises(Locked):
            await door.persons.look_up(code, NOW)
        later = NOW + timedelta(hours=1)
        assert await door.persons.look_up(code, later) is None, "an expired one"


async def test_a_code_is_good_for_an_hour_and_three_may_wait(database: Database) -> None:
    person, at = stranger(), chat_of(Scope(org="", user="x"))
    async with database.door() as door:
        codes = [await door.persons.code_for(person, at, NOW) for _ in range(4)]
        assert all(codes[:3])
        assert codes[3] is None
        later = NOW + timedelta(hours=1)
        assert await door.persons.redeem(codes[0] or "", later) is None
        assert await door.persons.code_for(person, at, later) is not None
        stored = (await door.tx.execute(text("SELECT link_codes::text FROM link_codes"))).scalars().all()
    assert stored
    assert not any(code in row for row in stored for code in codes if code)


async def test_a_person_who_asks_many_times_at_once_still_gets_three_codes(database: Database) -> None:
    person, at = stranger(), chat_of(Scope(org="", user="x"))

    async def ask() -> str | None:
        async with database.door() as door:
            return await door.persons.code_for(person, at, NOW)

    assert len([code for code in await asyncio.gather(*(ask() for _ in range(8))) if code]) == 3


async def test_after_five_wrong_codes_even_the_right_one_must_wait_an_hour(database: Database) -> None:
    person, at = stranger(), chat_of(Scope(org="", user="x"))

    async def redeem(code: str, minutes: int) -> object:
        async with database.door() as door:
            return await door.persons.redeem(code, NOW + timedelta(minutes=minutes))

    async with database.door() as door:
        code = await door.persons.code_for(person, at, NOW + timedelta(minutes=30))
    tries = await asyncio.gather(*(redeem("WRONG234", 0) for _ in range(8)), return_exceptions=True)
    assert [type(result) for result in tries].count(Locked) == 3
    with pytest.raises(Locked):
        await redeem(code or "", 59)
    assert await redeem(code or "", 61) == (person, at)


async def test_a_sign_in_link_is_good_once_and_for_a_quarter_of_an_hour(database: Database, ann: Scope) -> None:
    async with database.door() as door:
        first, second = [await door.sessions.new_link(ann, NOW) for _ in range(2)]
        assert await door.sessions.redeem_link(first, NOW) == ann
        assert await door.sessions.redeem_link(first, NOW) is None
        assert await door.sessions.redeem_link(second, NOW + timedelta(minutes=15)) is None
        assert await door.sessions.redeem_link("\ud800", NOW) is None


async def test_a_session_lives_as_long_as_it_is_used(database: Database, ann: Scope) -> None:
    day = timedelta(days=1)
    async with database.door() as door:
        session = await door.sessions.open(ann, NOW)
        assert await door.sessions.get(session, NOW + 29 * day) == ann
        assert await door.sessions.get(session, NOW + 58 * day) == ann
        assert await door.sessions.get(session, NOW + 89 * day) is None
        await door.sessions.close(session)
        assert await door.sessions.get(session, NOW) is None


async def test_a_lease_has_one_holder_until_it_ends_or_is_released(database: Database) -> None:
    name = new_id()
    async with database.door() as door:
        leases = door.leases
        assert await leases.take(name, "a", NOW, 10)
        assert not await leases.take(name, "b", NOW, 10)
        assert await leases.take(name, "a", NOW + timedelta(seconds=5), 10)
        assert not await leases.take(name, "b", NOW + timedelta(seconds=14), 10)
        assert await leases.take(name, "b", NOW + timedelta(seconds=15), 10)
        await leases.release(name, "a")
        assert not await leases.take(name, "a", NOW + timedelta(seconds=15), 10)
        await leases.release(name, "b")
        assert await leases.take(name, "a", NOW + timedelta(seconds=15), 10)


async def test_a_secret_is_unreadable_in_the_table_and_bound_to_its_owner(
    database: Database, ann: Scope, bob: Scope
) -> None:
    async with database.door() as door:
        for scope, value in ((ann, "old"), (ann, "sk-ant-secret"), (bob, "his")):
            await door.secrets.put(scope, "claude", value)
        assert await door.secrets.get(ann, "claude") == "sk-ant-secret"
        rows = (await door.tx.execute(text("SELECT secrets::text FROM secrets"))).scalars().all()
        assert not any("sk-ant" in row or b"sk-ant".hex() in row for row in rows)
        hers = (await door.tx.execute(secrets.select().where(secrets.c.user_id == ann.user))).one()
        moved = update(secrets).where(secrets.c.user_id == bob.user)
        await door.tx.execute(moved.values(sealed=hers.sealed, key_id=hers.key_id))
        with pytest.raises(Unreadable):
            await door.secrets.get(bob, "claude")
        await door.secrets.remove(ann, "claude")
        await door.secrets.remove(bob, "claude")
        assert await door.secrets.get(ann, "claude") is None


async def test_rotation_seals_everything_under_the_first_key(database: Database, ann: Scope) -> None:
    old, new = new_key(), new_key()
    async with database.door() as door:
        await door.tx.execute(delete(secrets))
        await SealedSecrets(door.tx, Vault(old)).put(ann, "claude", "value")
        both = SealedSecrets(door.tx, Vault(f"{new}, {old}"))
        assert await both.get(ann, "claude") == "value"
        assert await both.rotate() == 1
        assert await both.rotate() == 0
        assert await SealedSecrets(door.tx, Vault(new)).get(ann, "claude") == "value"
        with pytest.raises(Unreadable, match="is not in AURELIUS_SECRET_KEYS"):
            await SealedSecrets(door.tx, Vault(old)).get(ann, "claude")


@pytest.mark.parametrize("place", [0, 12, -1])
def test_a_changed_byte_is_noticed(place: int) -> None:
    vault = Vault(new_key())
    sealed = vault.seal("value", "org|user|name")
    changed = bytearray(sealed.data)
    changed[place] ^= 1
    with pytest.raises(Unreadable):
        vault.open(replace(sealed, data=bytes(changed)), "org|user|name")
    with pytest.raises(Unreadable):
        vault.open(replace(sealed, data=b""), "org|user|name")
    with pytest.raises(Unreadable):
        vault.open(sealed, "org|user|other name")


def test_another_key_of_the_same_id_does_not_open() -> None:
    one, other = (f"k:{base64.b64encode(os.urandom(32)).decode()}" for _ in range(2))
    with pytest.raises(Unreadable):
        Vault(other).open(Vault(one).seal("value", "c"), "c")


@pytest.mark.parametrize("keys", ["", ",", "abc", "a:!!!", "a:c2hvcnQ=", f":{base64.b64encode(bytes(32)).decode()}"])
def test_bad_keys_are_refused_without_being_repeated(keys: str) -> None:
    with pytest.raises(BadKeys) as refused:
        Vault(keys)
    assert "c2hvcnQ" not in str(refused.value)


def test_keys_are_made_once_and_readable_by_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    sealed = open_vault(None, folder).seal("value", "c")
    assert open_vault("", folder).open(sealed, "c") == "value"
    assert [path.name for path in folder.iterdir()] == [vaults.KEY_FILE]
    assert stat.S_IMODE((folder / vaults.KEY_FILE).stat().st_mode) == 0o600


async def test_a_group_of_first_starts_agrees_on_one_key(tmp_path: Path) -> None:
    found = await asyncio.gather(*(asyncio.to_thread(vaults.keys_in, tmp_path) for _ in range(16)))
    assert len(set(found)) == 1


async def test_the_accounts_of_a_person_are_listed_in_the_order_of_linking(database: Database, ann: Scope) -> None:
    async with database.door() as door:
        user = await door.persons.get(ann)
        assert user is not None
        for platform in ("slack", "discord"):
            await door.persons.link(account_of(ann, platform), user)
        await door.tx.execute(
            text("UPDATE persons SET linked_at = linked_at - interval '1 h' WHERE platform = 'discord'")
        )
        linked = await door.enter(ann).accounts.list()
        assert [each.person.platform for each in linked] == ["discord", "web", "slack"]
        assert linked[2].since - linked[0].since == timedelta(hours=1)
