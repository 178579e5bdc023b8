"""Write the database and its secret key into one file that only you can read. The assistant may go on running."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aurelius.commands.arguments import parser_of, read_settings


def main(argv: list[str]) -> int:
    parser = parser_of(__name__, __doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="where to (default: `backups` in the data folder)")
    chosen = parser.parse_args(argv)
    settings = read_settings()
    from aurelius.archive import backup

    path = asyncio.run(backup(settings, chosen.folder or settings.data_dir / "backups"))
    print(path)
    if settings.secret_keys is None:
        print("It holds the key that opens your stored secrets: keep it as you keep a password.")
    else:
        print("AURELIUS_SECRET_KEYS is not in it: keep that safe yourself, stored secrets do not open without it.")
    return 0
