"""Work that runs beside, and what is remembered for a while: pieces that all chat platforms use."""

from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from adapters.chat.background import Background
from adapters.chat.bounded import remember


async def test_no_work_outlives_its_stop() -> None:
    background, ended = Background("a chat"), asyncio.Event()
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    background.run(work())
    await begun.wait()
    await background.stop()
    assert ended.is_set()


async def test_work_that_breaks_off_is_told_in_the_log_and_stops_nothing_else() -> None:
    background, done = Background("a chat"), asyncio.Event()

    async def breaks() -> None:
        raise ValueError("a mistake of ours")

    async def goes_on() -> None:
        done.set()

    with capture_logs() as logs:
        background.run(breaks())
        background.run(goes_on())
        await done.wait()
        await background.stop()
    (told,) = logs
    assert (told["event"], told["work"]) == ("background_work_broke_off", "a chat")
    assert "a mistake of ours" in str(told["exc_info"])


def test_only_so_much_is_remembered_and_the_oldest_goes_first() -> None:
    kept: dict[str, int] = {}
    for number in range(5):
        remember(kept, str(number), number, 3)
    remember(kept, "2", 20, 3)
    assert kept == {"2": 20, "3": 3, "4": 4}
