"""The bytes of a file that somebody sent: from our own memory, or from the platform where it lies."""

from __future__ import annotations

from bot.message import Address, Attachment
from bot.people import Scope
from bot.ports import Ports, Unsent


async def content_of(ports: Ports, scope: Scope, at: Address, file: Attachment, most: int) -> bytes | None:
    """None when it has more than `most` bytes or is gone. A platform that is busy raises Unsent: try the step again."""
    if file.size > most:
        return None
    platform = ports.platforms[at.platform]
    if platform.reads_rows:
        async with ports.memory.work(scope) as work:
            kept = await work.files.get(file.ref)
        return kept[1] if kept else None
    try:
        content = await platform.download(file)
    except Unsent as error:
        if error.again:
            raise
        return None
    return content if len(content) <= most else None
