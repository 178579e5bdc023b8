"""What the parts stand on: the data folder, PostgreSQL and the offline model, started first and stopped last."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aurelius.settings import Settings
from aurelius.stand_in import offline_model
from aurelius.trouble import Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Given to `wiring.assemble`. `database_url` is for SQLAlchemy with asyncpg; `offline_url` is the base address of
    the offline model, None where no model is needed or Claude's key stands in the settings; `local_token` guards the
    door that commands on this machine use."""

    settings: Settings
    database_url: str
    offline_url: str | None
    local_token: str


def open_data_dir(settings: Settings) -> Path:
    """The data folder, made when missing, closed to others. Raises Trouble."""
    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / ".writable").touch()
        (folder / ".writable").unlink()
    except OSError as error:
        raise Trouble(
            f"Cannot write to the data folder {folder} ({error.strerror}). "
            "Make it a folder that is yours, or set AURELIUS_DATA_DIR to another one."
        ) from None
    return folder


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[str]:
    """The address of a PostgreSQL that runs: DATABASE_URL, or the embedded one, which is started. Raises Trouble."""
    if settings.database_url is not None:
        url = for_asyncpg(settings.database_url.get_secret_value())
        await _reach(url)
        yield url
        return
    from memory import embedded

    try:
        server = await embedded.start(open_data_dir(settings))
    except embedded.NotStarted as error:
        raise Trouble(str(error)) from None
    try:
        yield server.url
    finally:
        await server.stop()


async def _reach(url: str) -> None:
    import asyncpg  # type: ignore[import-untyped]

    from memory.connect import connect

    try:
        connection = await connect(url)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Trouble(
            f"Cannot connect to the database in DATABASE_URL: {error or type(error).__name__}. "
            "Check it and that the server runs, or leave it unset to use the embedded database."
        ) from None
    await connection.close()


@asynccontextmanager
async def prepared(settings: Settings, *, local_token: str, model: bool) -> AsyncIterator[Ground]:
    """Everything under the parts. `model`: whether this process asks a language model. Raises Trouble."""
    async with AsyncExitStack() as stack:
        offline = offline_model() if model and settings.offline else None
        if offline is not None:
            stack.push_async_callback(offline.stop)
            await offline.spawn()  # it comes up while the database does
        url = await stack.enter_async_context(database(settings))
        offline_url = None if offline is None else await offline.ready()
        yield Ground(settings=settings, database_url=url, offline_url=offline_url, local_token=local_token)


def for_asyncpg(url: str) -> str:
    """The address with the driver's name in it, however the person wrote the scheme. Raises Trouble."""
    scheme, mark, rest = url.partition("://")
    if not mark or scheme.partition("+")[0] not in ("postgres", "postgresql"):
        raise Trouble("DATABASE_URL must look like postgresql://user:password@host:5432/database.")
    return f"postgresql+asyncpg://{rest}"
