"""Start the assistant and keep it running until it is told to stop."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

from aurelius import instance
from aurelius.commands.arguments import parser_of, read_settings
from aurelius.ground import open_data_dir
from aurelius.roles import Role


def main(argv: list[str]) -> int:
    parser = parser_of(__name__, __doc__)
    parser.add_argument("--only", action="append", choices=[*Role], help="start only this part (may be repeated)")
    parser.add_argument("--until-stdin-closes", action="store_true", help="stop when the starting program is gone")
    chosen = parser.parse_args(argv)
    settings = read_settings()
    roles = frozenset(Role(name) for name in chosen.only or Role)
    folder = open_data_dir(settings)
    if Role.WEB in roles and (running := instance.find(folder)) is not None:
        print(instance.already_running(running))
        return 0
    from aurelius import logging
    from aurelius.lifetime import serve

    logging.set_up(settings.log_level, folder)
    with asyncio.Runner(loop_factory=_event_loop()) as runner:
        runner.run(serve(settings, roles, until_stdin_closes=chosen.until_stdin_closes))
    return 0


def _event_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """A loop in C, which takes a quarter less of the processor for a message; None for Python's own."""
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop
