"""What is connected and what there is to connect; with a name, step by step how, and the keys are checked and kept."""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from aurelius.commands.arguments import parser_of, read_settings
from aurelius.ground import open_data_dir
from aurelius.settings import Settings, load
from aurelius.settings_file import read_settings_file, write_setting
from aurelius.setup.connections import SERVICES, Ask, Service, is_secret, value_of
from aurelius.trouble import Trouble

SECONDS = 30.0  # for one check
LONGEST = 1000  # characters of one value
AFTER_TROUBLE = (
    "\nEnter: check again (after changing it there).  a: ask me again.  k: keep it as it is.  Ctrl-C: leave. "
)


def main(argv: list[str]) -> int:
    parser = parser_of(__name__, __doc__)
    parser.add_argument("service", nargs="?", choices=[*SERVICES], metavar="NAME", help=", ".join(SERVICES))
    parser.add_argument("--keep", action="store_true", help="keep what is entered even when the check finds fault")
    parser.add_argument(
        "--claude-key", action="store_true", help="ask for Claude's key (or read it from stdin) and keep it"
    )
    chosen = parser.parse_args(argv)
    settings = read_settings()
    if chosen.claude_key:
        return _keep(settings, dict(_values(SERVICES["claude"].asks, settings)))
    if chosen.service is None:
        print(overview(settings))
        return 0
    return _walk(SERVICES[chosen.service], settings, keep=chosen.keep)


def overview(settings: Settings) -> str:
    """Every service in a line: whether it is connected, and how to."""
    lines = ["The page (`aurelius link`) and the terminal (`aurelius chat`) work at once, without any account.", ""]
    for service in SERVICES.values():
        state = "connected" if service.is_begun(settings) else f"`aurelius setup {service.name}`"
        lines.append(f"  {service.title + ':':<10} {state:<27} {service.reach}")
    public = f"PUBLIC_URL is {settings.public_url}." if settings.public_url else "PUBLIC_URL is not set."
    return "\n".join([*lines, "", f"{public} `aurelius doctor` tells what works; the README lists all settings."])


def _walk(service: Service, settings: Settings, *, keep: bool) -> int:
    made = service.missing(settings)
    if made:
        for name, value in made.items():
            write_setting(open_data_dir(settings) / ".env", name, value)
        settings = read_settings()
    print(service.guide(settings))
    if service.is_begun(settings):
        print("It is connected; what you leave empty stays as it is.\n")
    while True:
        entered = dict(_values(service.asks, settings))
        if keep or not entered or _works(service, entered):
            return _keep(settings, entered)


def _values(asks: tuple[Ask, ...], settings: Settings) -> Iterator[tuple[str, str]]:
    """Setting and value of what is entered, one after the other; empty ones are left out. Raises Trouble."""
    for ask in asks:
        there = bool(value_of(settings, ask.setting)) or ask.optional
        words = f"{ask.words}, {ask.setting}{' (Enter: leave it)' if there else ''}: "
        value = _said(words, hidden=is_secret(ask.setting)).strip()
        if not value:
            continue
        if not value.isprintable() or not value.isascii() or " " in value:
            raise Trouble(f"That does not look like {ask.setting}. Copy it whole, without spaces.")
        yield ask.setting, value


def _said(words: str, *, hidden: bool) -> str:
    """A line from the person, or the next one of what is piped in; a secret does not show."""
    if not sys.stdin.isatty():
        return sys.stdin.readline(LONGEST)
    return getpass.getpass(words) if hidden else input(words)


def _works(service: Service, entered: Mapping[str, str]) -> bool:
    """Whether to keep it; False: ask again. Raises Trouble when nobody is there to be asked."""
    while True:
        print(f"Asking {service.title} ...", flush=True)
        why = asyncio.run(_check(service, load({**os.environ, **entered})[0]))
        if why is None:
            print("It works.")
            return True
        if not sys.stdin.isatty():
            raise Trouble(f"{why}\nNothing was kept. With --keep it is kept all the same.")
        print(why)
        answer = input(AFTER_TROUBLE).strip().lower()
        if answer[:1] in ("a", "k"):
            return answer.startswith("k")


async def _check(service: Service, settings: Settings) -> str | None:
    try:
        return await asyncio.wait_for(service.check(settings), SECONDS)
    except TimeoutError:
        return f"{service.title} did not answer within {SECONDS:.0f} seconds: check the network."


def _keep(settings: Settings, entered: Mapping[str, str]) -> int:
    if not entered:
        print("Nothing was changed.")
        return 0
    path = open_data_dir(settings) / ".env"
    for name, value in entered.items():
        write_setting(path, name, value)
        if (stronger := _stronger(name, value)) is not None:
            print(f"Careful: {name} also stands in {stronger}, with another value, which goes before this one.")
    print(f"Kept in {path}. Start again to use it: `aurelius run`.")
    return 0


def _stronger(name: str, value: str) -> str | None:
    """Where another value stands that counts more than the data folder's."""
    local = Path.cwd() / ".env"
    if os.environ.get(name, value) not in ("", value):
        return "the environment"
    return str(local) if read_settings_file(local).get(name, value) not in ("", value) else None
