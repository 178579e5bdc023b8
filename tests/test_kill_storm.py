"""Workers are killed with -9 at random instants, and PostgreSQL once, while 50 people write 500 messages: nothing is
lost, nothing out of order, nothing done twice, and no model call that was written down is paid again."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from bot.ids import new_id
from bot.message import Address, InboundMessage
from bot.people import Person, User
from bot.ports import Ports
from bot.receive import receive
from bot.records import Author
from memory import embedded
from memory.bus import PostgresBus
from memory.database import Database
from memory.embedded import Embedded
from memory.migrate import migrate
from memory.vault import Vault, new_key
from scheduler.engine import Engine
from tests.talk import Lab, offline_model

PEOPLE, EACH, WORKERS, KILLS = 50, 10, 2, 8
BOUND = 240.0  # seconds for the whole storm
SEED = int(os.environ.get("AURELIUS_STORM_SEED", "20261120"))


@dataclass
class Storm:
    """What the people see and what the killer does."""

    ports: Ports
    server: Embedded
    lab: Lab
    folder: Path
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    sent: dict[str, list[str]] = field(default_factory=dict)  # texts by user, in order
    workers: list[asyncio.subprocess.Process] = field(default_factory=list)
    killed: int = 0

    async def start_worker(self) -> asyncio.subprocess.Process:
        environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": self.server.url.replace("+asyncpg", ""),
            "ANTHROPIC_API_KEY": "loopback",
            "ANTHROPIC_BASE_URL": self.lab.url,
            "AURELIUS_DATA_DIR": str(self.folder / "data"),
            "AURELIUS_SECRET_KEYS": os.environ["AURELIUS_STORM_KEYS"],
        }
        command = (sys.executable, "-m", "aurelius", "run", "--only", "worker", "--only", "clock")
        with (self.folder / f"worker-{new_id()}.log").open("wb") as log:
            return await asyncio.create_subprocess_exec(
                *command, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    async def kill(self) -> None:
        """One worker, chosen by chance, dies without a word; another takes its place."""
        place = self.chance.randrange(len(self.workers))
        with suppress(ProcessLookupError):
            os.killpg(self.workers[place].pid, signal.SIGKILL)
        await self.workers[place].wait()
        self.killed += 1
        self.workers[place] = await self.start_worker()

    async def say(self, user: User, text: str) -> None:
        """As a platform does: the same delivery again and again until it is acknowledged."""
        delivery = new_id()
        message = InboundMessage(
            delivery=delivery, at=Address(platform="web", tenant="", place=user.id), ref=delivery, text=text,
            sender=Person(platform="web", tenant="", id=user.id), sent_at=self.ports.clock.now(),
        )  # fmt: skip
        for _ in range(200):
            try:
                await receive(self.ports, message)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(self.chance.uniform(0.05, 0.3))  # a platform's pause before its next try
            else:
                self.sent.setdefault(user.id, []).append(text)
                return
        raise AssertionError("never acknowledged")

    async def person(self, number: int, user: User) -> None:
        for message in range(EACH):
            await self.say(user, f"add call client {number:02d}x{message} to my list")
            if self.chance.random() < 0.7:  # else the next one follows at once, and the two become one turn
                await asyncio.sleep(self.chance.expovariate(1 / 0.8))


@asynccontextmanager
async def storm(folder: Path) -> AsyncIterator[Storm]:
    server = await embedded.start(folder / "postgres", durable=False)
    os.environ["AURELIUS_STORM_KEYS"] = keys = new_key()
    await migrate(server.url)
    memory, bus = Database(server.url, Vault(keys)), PostgresBus(server.url)
    engine = Engine(server.url)
    try:
        await bus.start()
        await engine.start(())
        async with offline_model("--latency", "0.1") as lab:
            yield Storm(ports=_ports(memory, bus, engine), server=server, lab=lab, folder=folder)
    finally:
        await engine.stop()
        await bus.stop()
        await memory.close()
        await server.stop()


def _ports(memory: Database, bus: PostgresBus, engine: Engine) -> Ports:
    """What `receive` needs; the mind itself works in the workers."""
    from aurelius.clock import SystemClock

    nothing: Any = None
    return Ports(
        clock=SystemClock(), memory=memory, engine=engine, bus=bus, model=nothing, actions=nothing, platforms={},
        speech=nothing, screen=nothing, read=nothing, sees=nothing, system="", public_url="",
    )  # fmt: skip


async def test_nothing_is_lost_reordered_or_done_twice_when_everything_is_killed(tmp_path: Path) -> None:
    async with storm(tmp_path) as it:
        users = await _people(it.ports.memory)
        it.workers = [await it.start_worker() for _ in range(WORKERS)]
        try:
            async with asyncio.timeout(BOUND):
                killing = asyncio.create_task(_killer(it))
                await asyncio.gather(*(it.person(number, user) for number, user in enumerate(users)))
                await killing
                await _until_all_answered(it)
        finally:
            for worker in it.workers:
                with suppress(ProcessLookupError):
                    os.killpg(worker.pid, signal.SIGKILL)
                await worker.wait()
        assert it.killed == KILLS
        await _check(it, users)


async def _killer(it: Storm) -> None:
    for number in range(KILLS):
        await asyncio.sleep(it.chance.uniform(0.3, 3.0))  # a random instant
        await it.kill()
        if number == KILLS // 2:
            os.kill(it.server.pid, signal.SIGKILL)


async def _people(memory: Any) -> list[User]:
    users = [User(id=new_id(), org=new_id(), name=f"Person {n}") for n in range(PEOPLE)]
    async with memory.door() as door:
        for user in users:
            await door.persons.add_user(user)
    return users


async def _sql(it: Storm, statement: str) -> list[Any]:
    connection = await asyncpg.connect(it.server.url.replace("+asyncpg", ""), timeout=10)
    try:
        return list(await connection.fetch(statement))
    finally:
        await connection.close()


async def _until_all_answered(it: Storm) -> None:
    """Looks four times a second; the storm's bound ends it."""
    open_ones = "SELECT count(*) AS n FROM inbound WHERE state IN ('received', 'working')"
    while (await _sql(it, open_ones))[0]["n"]:
        await asyncio.sleep(0.25)


async def _check(it: Storm, users: list[User]) -> None:
    states = Counter(row["state"] for row in await _sql(it, "SELECT state FROM inbound"))
    assert sum(states.values()) == PEOPLE * EACH
    assert set(states) <= {"answered", "merged"}, states
    for user in users:
        await _check_person(it, user)
    again, unwritten = await _paid_again(it)
    merged = (await _sql(it, "SELECT count(*) AS n FROM messages WHERE state = 'merged'"))[0]["n"]
    print(f"\n{it.killed} kills, {merged} merged; model calls made again because no checkpoint was left: {unwritten}")
    assert again == []


async def _check_person(it: Storm, user: User) -> None:
    sent = it.sent[user.id]
    async with it.ports.memory.work(user.scope) as work:
        lines = await work.messages.before(Address(platform="web", tenant="", place=user.id), None, limit=200)
        tasks = await work.tasks.list()
    said = [line.text for line in lines if line.author is Author.USER]
    answers = [line for line in lines if line.author is Author.ASSISTANT]
    assert said == sent, "lost or out of order"
    wanted = [re.search(r"\d\dx\d", text)[0] for text in sent]  # type: ignore[index]
    found = Counter(re.search(r"\d\dx\d", task.title)[0] for task in tasks)  # type: ignore[index]
    assert found == Counter(wanted), "a task is missing or was made twice"
    turns = [line for line in lines if line.author is Author.USER and line.state != "merged"]
    assert len(answers) == len(turns), "one answer for each turn, and no visible repeat"
    for turn, answer in zip(turns, answers, strict=True):
        assert answer.position > turn.position


async def _paid_again(it: Storm) -> tuple[list[str], int]:
    """Model calls begun after the checkpoint of the same call; and how many were made twice for want of one."""
    steps = await _sql(
        it,
        "SELECT i.payload->>'text' AS text, o.function_name AS step, o.completed_at_epoch_ms / 1000.0 AS at"
        " FROM dbos.operation_outputs o JOIN inbound i ON i.id::text = o.workflow_uuid"
        " WHERE o.function_name LIKE 'think:%'",
    )
    written = {(row["text"], int(row["step"].partition(":")[2])): float(row["at"]) for row in steps}
    made = Counter[tuple[str, int]]()
    again = []
    for request in await it.lab.requests():
        if request["path"] != "/v1/messages" or request["completed"] is None:
            continue
        call = _call(request["body"])
        made[call] += 1
        if call in written and request["started"] > written[call]:
            again.append(f"{call} at {request['started']}, written at {written[call]}")
    assert set(written) <= set(made)
    return again, sum(count - 1 for count in made.values())


def _call(body: Any) -> tuple[str, int]:
    """(the first message of the turn, how many thoughts came before), from what was sent to the model."""
    messages = body["messages"]
    last = max(n for n, m in enumerate(messages) if m["role"] == "user" and "<context>" in json.dumps(m))
    text = next(block["text"] for block in messages[last]["content"] if block["type"] == "text")
    return text.partition("\n\n")[0], (len(messages) - 1 - last) // 2
