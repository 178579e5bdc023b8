"""What people send in is looked at by the virus scanner before it is opened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from adapters.scanner.clamd import Scanner, Unscanned

FOUND = "the virus scanner found something harmful in it"
SILENT = "the virus scanner does not answer, so nobody could look at it"
log = structlog.get_logger()


def screen(scanner: Scanner | None) -> Callable[[bytes], Awaitable[str | None]]:
    """A function that says why a content must not be opened; None when it may, as everything may without a scanner."""

    async def look(content: bytes) -> str | None:
        if scanner is None:
            return None
        try:
            found = await scanner.scan(content)
        except Unscanned as error:
            log.warning("file_not_scanned", why=str(error))
            return SILENT
        if found is not None:
            log.warning("file_infected", found=found)
        return FOUND if found is not None else None

    return look
