"""Bring the database to the tables of this version. `aurelius run` does it too, at its start."""

from __future__ import annotations

import asyncio

from aurelius.commands.arguments import parser_of, read_settings
from aurelius.ground import database
from aurelius.settings import Settings
from aurelius.trouble import Trouble


def main(argv: list[str]) -> int:
    parser_of(__name__, __doc__).parse_args(argv)
    asyncio.run(bring_up_to_date(read_settings()))
    print("The database is up to date.")
    return 0


async def bring_up_to_date(settings: Settings) -> None:
    from memory.migrate import Unusable, migrate

    async with database(settings) as url:
        try:
            await migrate(url)
        except Unusable as error:
            raise Trouble(str(error)) from None
