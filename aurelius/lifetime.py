"""A running assistant from its start to its orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import secrets
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from aurelius import garbage, instance
from aurelius.ground import prepared
from aurelius.roles import Role
from aurelius.settings import Settings
from aurelius.trouble import Trouble

if TYPE_CHECKING:
    from starlette.applications import Starlette

log = structlog.get_logger(__name__)

STOP_SECONDS = 5.0  # from the signal to the end, whatever hangs
OTHER_KEYS = "Processes that share a database need the same keys: set AURELIUS_SECRET_KEYS, or share the data folder."
DRAIN_SECONDS = 1  # for requests that are being answered


async def serve(settings: Settings, roles: frozenset[Role], *, until_stdin_closes: bool = False) -> None:
    """Start the parts, say where to find them, and stop everything in order when told to. Raises Trouble."""
    stop = _stop_signals()
    if until_stdin_closes:
        _watch_stdin(stop)
    async with AsyncExitStack() as stack:
        listener, token = _door(stack, settings, roles)
        if listener is not None:
            settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        loading = asyncio.create_task(asyncio.to_thread(importlib.import_module, "aurelius.wiring"))
        ground = await stack.enter_async_context(prepared(settings, local_token=token, model=Role.WORKER in roles))
        wiring = await loading
        with _plainly():
            system = await stack.enter_async_context(wiring.assemble(ground, roles=roles))
            await system.start()
        if listener is not None:
            await stack.enter_async_context(_served(system.app, listener))
        link = await system.sign_in_link() if Role.WEB in roles else None
        print(_welcome(settings, roles, link, offline=ground.offline_url is not None), flush=True)
        garbage.settle()
        log.info("started", roles=sorted(roles))
        await stop.wait()
        log.info("stopping")
    log.info("stopped")


def _door(stack: AsyncExitStack, settings: Settings, roles: frozenset[Role]) -> tuple[socket.socket | None, str]:
    """Our listening socket and the token of local commands; the data folder's door is claimed by who serves pages."""
    if Role.WEB not in roles:
        return None, secrets.token_urlsafe(32)
    listener = stack.enter_context(contextlib.closing(instance.listen(settings)))
    claimed = stack.enter_context(instance.claim(settings.data_dir, instance.loopback_url(listener)))
    return listener, claimed.token


@contextlib.contextmanager
def _plainly() -> Iterator[None]:
    """What a person can put right is told in words."""
    from memory.migrate import Unusable
    from memory.vault import BadKeys, Unreadable
    from skills.manifest import Unfit

    try:
        yield
    except (Unusable, BadKeys, Unfit) as error:
        raise Trouble(str(error)) from None
    except Unreadable as error:
        raise Trouble(f"{error}. {OTHER_KEYS}") from None


@asynccontextmanager
async def _served(app: Starlette, listener: socket.socket) -> AsyncIterator[None]:
    """The application behind uvicorn, whose signal handling is replaced by ours."""
    import uvicorn

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    config = uvicorn.Config(
        app,
        access_log=False,
        interface="asgi3",
        lifespan="off",
        log_config=None,
        ws="none",
        timeout_graceful_shutdown=DRAIN_SECONDS,
        server_header=False,
    )
    server = Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]), name="uvicorn")
    while not server.started and not running.done():  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.005)
    try:
        yield
    finally:
        app.state.closing.set()  # open pages let go, so that nothing has to be cut
        server.should_exit = True
        await running


def _stop_signals() -> asyncio.Event:
    """Set by SIGTERM or SIGINT; a second one ends the process at once (its children end with it)."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def on_signal(number: signal.Signals) -> None:
        log.info("told_to_stop", signal=number.name)
        if stop.is_set():
            os._exit(1)
        _stop_soon(stop)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    return stop


def _watch_stdin(stop: asyncio.Event) -> None:
    """Whoever started us holds the other end: it closes when they want us gone, or are gone themselves."""
    loop = asyncio.get_running_loop()

    def on_input() -> None:
        if not os.read(0, 4096):
            loop.remove_reader(0)
            _stop_soon(stop)

    loop.add_reader(0, on_input)


def _stop_soon(stop: asyncio.Event) -> None:
    """Begin to stop; whatever hangs, we are gone after STOP_SECONDS."""

    def leave() -> None:
        log.error("stop_took_too_long", seconds=STOP_SECONDS)
        os._exit(1)

    stop.set()
    asyncio.get_running_loop().call_later(STOP_SECONDS, leave)


def _welcome(settings: Settings, roles: frozenset[Role], link: str | None, *, offline: bool) -> str:
    if link is None:
        return f"Aurelius runs: {', '.join(sorted(roles))}."
    lines = [
        "Aurelius is ready.",
        "",
        f"  Sign in:  {link}",
        f"  Talk:     {_command()} chat   (in another terminal)",
        "",
    ]
    if offline:
        lines.append(
            f"No Claude key is set: the built-in offline model answers, by rules. `{_command()} setup` tells more."
        )
    lines.append(f"Data: {settings.data_dir}.  Stop with Ctrl-C.")
    return "\n".join(lines)


def _command() -> str:
    """How this program is called from where it was started."""
    ours = Path(sys.argv[0])
    return "aurelius" if shutil.which("aurelius") or ours.name != "aurelius" else os.path.relpath(ours)
