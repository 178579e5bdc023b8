"""Looks at everything an assistant needs and says what is configured, what is missing, and what is broken."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
import stat
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from aurelius import instance
from aurelius.ground import database
from aurelius.settings import Settings
from aurelius.setup.connections import CHATS, Service
from aurelius.stand_in import offline_model as model_without_key
from aurelius.trouble import Trouble

MEGABYTE = 1_000_000
DEAD_LETTERS = 100  # at most, in one list
CHECK_SECONDS = 20.0  # for a vendor's answer
SECONDS = 70.0  # for one look; the embedded database may take a minute to recover from a crash


class Health(StrEnum):
    OK = "ok"
    MISSING = "missing"  # works without it; `remedy` says how to get it
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    name: str
    health: Health
    about: str
    remedy: str = ""


Look = Callable[[Settings], Awaitable[Finding]]


def ok(name: str, about: str) -> Finding:
    return Finding(name=name, health=Health.OK, about=about)


def missing(name: str, about: str, remedy: str) -> Finding:
    return Finding(name=name, health=Health.MISSING, about=about, remedy=remedy)


def broken(name: str, about: str, remedy: str) -> Finding:
    return Finding(name=name, health=Health.BROKEN, about=about, remedy=remedy)


async def look_everywhere(settings: Settings) -> Sequence[Finding]:
    """Every finding, in a fixed order; one that hangs or fails is a finding too."""
    looks: list[tuple[str, Look]] = [
        ("data folder", data_folder),
        ("disk", disk),
        ("secret keys", secret_keys),
        ("process", process),
        ("database", postgres),
        ("redis", redis),
        ("dead letters", dead_letters),
        ("claude", claude),
        ("offline model", offline_model),
        ("embeddings", embeddings),
        ("speech", speech),
        ("virus scanner", virus_scanner),
        *((service.name, partial(chat_app, service)) for service in CHATS),
    ]
    # One after the other: the database is started from this thread, and nobody waits long for a doctor.
    return [await _bounded(name, look, settings) for name, look in looks]


async def _bounded(name: str, look: Look, settings: Settings) -> Finding:
    try:
        return await asyncio.wait_for(look(settings), SECONDS)
    except TimeoutError:
        return broken(name, f"no answer within {SECONDS:.0f} seconds", "Try again; if it stays so, see the log.")
    except Trouble as trouble:
        return broken(name, str(trouble), "")


async def data_folder(settings: Settings) -> Finding:
    folder = settings.data_dir
    if not folder.exists():
        return ok("data folder", f"{folder} will be made at the first start")
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o077:
        return broken("data folder", f"{folder} is open to other users ({mode:o})", f"chmod 700 {folder}")
    from aurelius.ground import open_data_dir

    open_data_dir(settings)
    return ok("data folder", str(folder))


async def disk(settings: Settings) -> Finding:
    folder = next(place for place in (settings.data_dir, *settings.data_dir.parents) if place.exists())
    free = shutil.disk_usage(folder).free // MEGABYTE
    if free < 200:
        return broken("disk", f"{free} MB free in {folder}", "Make room: the database stops when the disk is full.")
    if free < 2_000:
        return missing("disk", f"only {free} MB free in {folder}", "Make room soon.")
    return ok("disk", f"{free / 1000:.0f} GB free")


async def secret_keys(settings: Settings) -> Finding:
    from memory.vault import KEY_FILE, BadKeys, Vault

    path = settings.data_dir / KEY_FILE
    where = "AURELIUS_SECRET_KEYS" if settings.secret_keys else str(path)
    try:
        if settings.secret_keys is None and not path.exists():
            return ok("secret keys", f"will be made in {path}")
        keys = settings.secret_keys.get_secret_value() if settings.secret_keys else path.read_text()
        Vault(keys)
    except (BadKeys, OSError) as error:
        return broken("secret keys", f"{where}: {error}", "Put the right keys back; without them no secret opens.")
    if settings.secret_keys is None and stat.S_IMODE(path.stat().st_mode) & 0o077:
        return broken("secret keys", f"{path} can be read by other users", f"chmod 600 {path}")
    return ok("secret keys", where)


async def process(settings: Settings) -> Finding:
    running = instance.find(settings.data_dir)
    if running is not None:
        return ok("process", f"runs at {running.url} (process {running.pid})")
    with closing(instance.listen(settings)):
        return ok("process", f"not running; port {settings.port} is free (`aurelius run` starts it)")


async def postgres(settings: Settings) -> Finding:
    if settings.database_url is None and not (settings.data_dir / "postgres").exists():
        return ok("database", "the embedded PostgreSQL will be made at the first start")
    async with database(settings) as url:
        return await _examine(url)


async def _examine(url: str) -> Finding:
    from memory.connect import connect
    from memory.migrate import HEAD, OLDEST

    connection = await connect(url)
    try:
        major = connection.get_server_version().major
        vector = await connection.fetchval("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        known = await connection.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL")
        revision = await connection.fetchval("SELECT version_num FROM alembic_version") if known else None
    finally:
        await connection.close()
    if major < OLDEST:
        return broken("database", f"PostgreSQL {major}", f"PostgreSQL {OLDEST} or newer is needed.")
    if vector is None:
        return broken("database", "the extension vector is missing", "As a superuser: CREATE EXTENSION vector;")
    if revision != HEAD:
        return missing(
            "database", f"tables at {revision or 'none'}, needed {HEAD}", "`aurelius migrate`, or just start."
        )
    return ok("database", f"PostgreSQL {major}, pgvector {vector}, tables at {revision}")


async def dead_letters(settings: Settings) -> Finding:
    running = instance.find(settings.data_dir)
    if running is None:
        return ok("dead letters", "can be seen while Aurelius runs")
    count = len((await asyncio.to_thread(running.ask, "/local/dead-letters"))["letters"])
    if count:
        most = " or more" if count == DEAD_LETTERS else ""
        return missing("dead letters", f"{count}{most} given up on", "`aurelius dead-letters` lists and redrives them.")
    return ok("dead letters", "none")


async def redis(settings: Settings) -> Finding:
    if settings.redis_url is None:
        return ok("redis", "not set; not needed on one machine")
    if importlib.util.find_spec("redis") is None:
        return broken("redis", "REDIS_URL is set, its client is not installed", "pip install 'aurelius[redis]'")
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    client = Redis.from_url(settings.redis_url.get_secret_value(), socket_connect_timeout=5, socket_timeout=5)
    try:
        await client.ping()
    except (RedisError, OSError) as error:
        return broken("redis", f"no answer: {type(error).__name__}", "Check REDIS_URL and that the server runs.")
    finally:
        await client.aclose()
    return ok("redis", "answers")


async def claude(settings: Settings) -> Finding:
    if settings.anthropic_api_key is None:
        return missing(
            "claude",
            "no key in the settings: the offline model answers, by rules (unless a key was pasted on the page)",
            "`aurelius setup claude` tells where to get a key; the settings page takes one without a restart.",
        )
    from adapters.model import check_key

    why = await check_key(settings.anthropic_api_key.get_secret_value(), settings.anthropic_base_url)
    if why is not None:
        return broken("claude", why, "Check ANTHROPIC_API_KEY at https://console.anthropic.com/settings/keys.")
    return ok("claude", f"the key works; {settings.model_fast}, {settings.model_standard}, {settings.model_deep}")


async def speech(settings: Settings) -> Finding:
    if settings.elevenlabs_api_key is None:
        return missing(
            "speech",
            "no key in the settings: voice notes are neither heard nor spoken",
            "Make a key with Text to Speech, Speech to Text and Voices at https://elevenlabs.io/app/settings/api-keys "
            "and set ELEVENLABS_API_KEY.",
        )
    from adapters.speech import check_key

    why = await check_key(settings.elevenlabs_api_key.get_secret_value(), settings.elevenlabs_base_url)
    if why is not None:
        return broken("speech", why, "Check ELEVENLABS_API_KEY at https://elevenlabs.io/app/settings/api-keys.")
    return ok("speech", "the key may listen and speak")


async def virus_scanner(settings: Settings) -> Finding:
    from adapters import scanner

    clamd = scanner.connect(settings.clamd)
    if clamd is None:
        return ok("virus scanner", "not set; what people send in is not scanned")
    try:
        await clamd.ping()
    except scanner.Unscanned as error:
        return broken("virus scanner", str(error), "Start clamd, or correct or remove AURELIUS_CLAMD.")
    return ok("virus scanner", "answers")


async def offline_model(settings: Settings) -> Finding:
    model = model_without_key()
    await model.spawn()
    try:
        await model.ready()
    finally:
        await model.stop()
    return ok("offline model", "starts")


async def embeddings(settings: Settings) -> Finding:
    if settings.embeddings == "none":
        return ok("embeddings", "none: recall goes by words (AURELIUS_EMBEDDINGS=local adds meaning, without a key)")
    from adapters.embeddings import check

    why = await check(settings)
    if why is not None:
        return broken("embeddings", f"{settings.embeddings}: recall goes by words alone", why)
    return ok("embeddings", f"{settings.embeddings} works")


async def chat_app(service: Service, settings: Settings) -> Finding:
    """Whether one chat app is connected, by asking its vendor."""
    if not service.is_begun(settings):
        return missing(service.name, "not connected", f"`aurelius setup {service.name}` tells how.")
    try:
        why = await asyncio.wait_for(service.check(settings), CHECK_SECONDS)
    except TimeoutError:
        why = f"{service.title} did not answer within {CHECK_SECONDS:.0f} seconds"
    if why is not None:
        return broken(service.name, why, f"`aurelius setup {service.name}` goes through it step by step.")
    return ok(service.name, "connected: its settings work")
