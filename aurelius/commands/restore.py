"""Put a backup in the place of everything that is in the database: all of it or, if that fails, nothing."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from aurelius import instance
from aurelius.commands.arguments import parser_of, read_settings
from aurelius.ground import open_data_dir
from aurelius.trouble import Trouble


def main(argv: list[str]) -> int:
    parser = parser_of(__name__, __doc__)
    parser.add_argument("file", type=Path, help="what `aurelius backup` wrote")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    chosen = parser.parse_args(argv)
    settings = read_settings()
    with instance.claim(open_data_dir(settings), ""):  # nobody starts in the middle of it; raises when one runs
        if not chosen.yes and not _sure():
            print("Nothing was changed.")
            return 1
        from aurelius.archive import restore
        from aurelius.commands.migrate import bring_up_to_date

        asyncio.run(restore(settings, chosen.file))
        asyncio.run(bring_up_to_date(settings))
    print("Restored. Start with `aurelius run`.")
    return 0


def _sure() -> bool:
    if not sys.stdin.isatty():
        raise Trouble("This replaces everything that is there. Say --yes to do it.")
    return input("This replaces everything that is there. Type RESTORE to do it: ").strip() == "RESTORE"
