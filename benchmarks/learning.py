"""What learning from a conversation costs: calls and tokens for 100 messages, read in batches and one by one.

Counted with the offline model, whose tokens are letters divided by four: the sizes, not the times, are what counts.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from benchmarks.table import Row
from memory import embedded
from tests.learning_stage import known, learned, wrote
from tests.talk import Talk, new_talk, offline_model, whole
from tests.test_learning_life import LIFE, QUESTIONS

TALK = ("Good morning!", "Thanks a lot.", "Remind me to call Ann at four.", "ok", "That was quite a day at the lake.")
MESSAGES = 100
BURST = 10  # messages of the person in ten minutes of talking


def conversation() -> list[str]:
    """100 messages: things told, questions and small talk, mixed as they come in a day."""
    told = [each.said for each in LIFE]
    lines = [line for group in zip(told, (*QUESTIONS, *TALK * 3), strict=False) for line in group]
    return [*lines, *TALK * MESSAGES][:MESSAGES]


async def measure(folder: Path) -> list[Row]:
    server = await embedded.start(folder / "database", durable=False)
    try:
        async with (
            offline_model() as lab,
            whole(await server.create_database("learning"), lab, folder, []) as system,
        ):
            return [
                await _cost(await new_talk(system.ports), BURST, f"in batches of {BURST}"),
                await _cost(await new_talk(system.ports), 1, "one by one"),
            ]
    finally:
        await server.stop()


async def _cost(talk: Talk, burst: int, how: str) -> Row:
    ports, begin = talk.ports, talk.ports.clock.now()
    for number, text in enumerate(conversation(), 1):
        await wrote(talk, text, begin + timedelta(minutes=number))
        if number % burst == 0:
            await learned(talk)
    async with ports.memory.work(talk.user.scope) as work:
        spent = await work.usage.since(begin)
    calls, most = spent.calls, MESSAGES // burst
    return Row(
        what=f"learning from {MESSAGES} messages {how}: calls; tokens in / out; facts kept",
        measured=f"{calls}; {spent.input_tokens:,} / {spent.output_tokens:,}; {len(await known(talk))}",
        bar=f"at most {most} calls",
        passed=calls <= most,
    )
