"""Talking in a terminal: line by line with somebody who watches, or one message and its answer."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager

import httpx2

from adapters.chat.terminal.connection import Connection, Failed, Refused, connected
from adapters.chat.terminal.screen import Screen, plain
from bot.action import Json

ANSWER_SECONDS = 300.0
QUIET_SECONDS = 5.0  # after an answer: news that the turn is over may be lost
GREETING = "Talk to me; a number answers a card; Ctrl-C stops me, Ctrl-D ends.\n"
PROMPT = "› "


async def chat(base_url: str, token: str, message: str | None, *, read: Callable[[str], str] = input) -> int:
    """With `message`: sends it, prints the answer and any card. Without: until Ctrl-D. Returns the exit status."""
    try:
        async with AsyncExitStack() as stack:
            connection = await stack.enter_async_context(connected(base_url, token))
            past = await connection.get("/local/messages?limit=1")
            events = await stack.enter_async_context(connection.events(past["seq"]))
            talk = Talk(connection, Screen(_write, sys.stdout.isatty()), read)
            listening = asyncio.create_task(talk.listen(events))
            try:
                return await (talk.loop() if message is None else talk.once(message))
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
    except (Failed, httpx2.HTTPError) as error:
        _complain(str(error) or "The connection to Aurelius was lost.")
        return 1


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")


class Talk:
    """One conversation: what was said last, what may be answered by a number, whether a turn is under way."""

    def __init__(self, connection: Connection, screen: Screen, read: Callable[[str], str]) -> None:
        self._connection, self._screen, self._read = connection, screen, read
        self._changed = asyncio.Event()
        self._waiting_for = ""  # the line of ours that is to be answered
        self._begun = self._answered = self._idle = self._lost = False
        self._answerable: Json = None  # the last message with choices
        self.at_prompt = False

    async def listen(self, events: AsyncIterator[tuple[str, Json]]) -> None:
        try:
            async for kind, data in events:
                self._hear(kind, data)
                self._changed.set()
        finally:
            self._lost = True
            self._changed.set()

    def _hear(self, kind: str, data: Json) -> None:
        if kind == "growing":
            self._screen.grow(data["text"])
        elif kind == "idle":
            self._idle = self._begun
        elif kind == "message":
            self._hear_message(data)

    def _hear_message(self, message: Json) -> None:
        if message["author"] == "user":
            if message["id"] == self._waiting_for:
                self._begun = not message["state"].startswith("queued")
        else:
            self._answered = self._answered or self._begun
            self._answerable = message if message["choices"] else self._answerable
        if self.at_prompt:
            self._screen.write("\n")
        self._screen.show(message)
        if self.at_prompt:
            self._screen.write(PROMPT)

    async def once(self, text: str) -> int:
        if not await self.say(text):
            _complain("There is no answer yet. It will be in the conversation: “aurelius chat”.")
            return 1
        if self._answerable is not None and self._answerable["state"] == "open":
            self._screen.write('Answer it in “aurelius chat”, or with: aurelius chat -m "approve"\n')
        return 0

    async def say(self, text: str) -> bool:
        """Sends it and waits for the end of its turn; False when that did not come in time."""
        self._begun = self._answered = self._idle = False
        self._waiting_for = await self._connection.send(text)
        if not self._waiting_for:
            return True
        return await self._turn_over()

    async def _turn_over(self) -> bool:
        loop = asyncio.get_running_loop()
        end = loop.time() + ANSWER_SECONDS
        while not (self._idle or self._lost) and loop.time() < end:
            try:
                async with asyncio.timeout(QUIET_SECONDS):
                    await self._changed.wait()
            except TimeoutError:
                if self._answered:
                    break
            self._changed.clear()
        self._screen.end()
        if self._lost:
            raise Failed("The connection to Aurelius was lost. Nothing you wrote is lost.")
        return self._idle or self._answered

    async def loop(self) -> int:
        if self._screen.live:
            self._screen.write(GREETING)
        with _editing(), _interruptible():
            await self._lines()
        if self._screen.live:
            self._screen.write("\n")
        return 0

    async def _lines(self) -> None:
        while (line := await self._line()) is not None:
            if not line.strip():
                continue
            try:
                await self._answer(line.strip())
            except Refused as refused:
                self._screen.write(f"{refused}\n")
            except asyncio.CancelledError:
                _uncancel()
                await self._connection.stop()
                self._screen.write("\n(stopped)\n")

    async def _line(self) -> str | None:
        self.at_prompt = self._screen.live
        try:
            return await read_line(self._read, PROMPT if self._screen.live else "")
        except asyncio.CancelledError:
            _uncancel()  # Ctrl-C at the prompt ends the chat
            return None
        finally:
            self.at_prompt = False

    async def _answer(self, line: str) -> None:
        choices = self._answerable["choices"] if self._answerable is not None else []
        if not (line.isascii() and line.isdigit() and 0 < int(line[:3]) <= len(choices)):
            await self.say(line)
            return
        message, token = self._answerable, choices[int(line[:3]) - 1]["token"]
        values = None
        if token.startswith("e."):
            form = await self._connection.get(f"/local/cards/{message['id']}")
            token, values = form["token"], await self._fill(form)
        await self._connection.press(token, values)
        await self._changed_since(message["seq"], message["id"])

    async def _fill(self, form: Json) -> dict[str, str]:
        """Asks for each field; an empty line keeps what stands there."""
        values: dict[str, str] = {}
        for each in form["fields"]:
            old = plain(each["value"]).replace("\n", " ")
            new = await read_line(self._read, f"  {each['label']} [{old}]: ")
            values[each["name"]] = new if new and new.strip() else each["value"]
        return values

    async def _changed_since(self, seq: int, id: str) -> None:
        """Until the card that was answered shows it, for a while."""
        try:
            async with asyncio.timeout(QUIET_SECONDS * 2):
                while self._screen.seq_of(id) <= seq and not self._lost:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            self._screen.write("(It takes a moment; the card will show it.)\n")


async def read_line(read: Callable[[str], str], prompt: str) -> str | None:
    """A line of the person, None at the end. In a daemon thread: who leaves does not have to press Enter first."""
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str | None] = loop.create_future()

    def settle(got: str | None) -> None:
        if not line.done():
            line.set_result(got)

    def reading() -> None:
        try:
            got: str | None = read(prompt)
        except (EOFError, KeyboardInterrupt):
            got = None
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, got)

    threading.Thread(target=reading, daemon=True).start()
    return await line


def _uncancel() -> None:
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C cancels this task at once, even while another thread sits in the system's line editor."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    if task is None or sys.platform == "win32":
        yield
        return
    loop.add_signal_handler(signal.SIGINT, task.cancel)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)


@contextmanager
def _editing() -> Iterator[None]:
    """Arrow keys and history where the system has them; the terminal is left as it was found."""
    try:
        import readline
        import termios
    except ImportError:
        yield
        return
    readline.set_history_length(500)
    before = termios.tcgetattr(sys.stdin) if sys.stdin.isatty() else None
    try:
        yield
    finally:
        if before is not None:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
